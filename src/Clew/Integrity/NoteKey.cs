using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Clew.Events;

namespace Clew.Integrity;

/// <summary>
/// A public key with a name, by which signatures of a <see cref="SignedNote"/> are checked: the verifier key of c2sp.org/signed-note.
/// </summary>
/// <remarks>As text it is <c>name+id+key</c>: the id in hexadecimal digits, the key with its signature type in base64.</remarks>
public sealed record NoteKey
{
    /// <summary>The type of plain Ed25519 signatures.</summary>
    public const byte Ed25519Type = 0x01;

    private const int IdDigits = 8;
    private const byte CosignatureEd25519Type = 0x04;
    private const byte CosignatureMlDsaType = 0x06;

    private readonly byte[] material;

    /// <summary>A key of one's own.</summary>
    /// <param name="name">Whose key it is, by custom a URL without its scheme; without white space, control characters and <c>+</c>.</param>
    /// <param name="signatureType">The type of its signatures, as c2sp.org/signed-note assigns them.</param>
    /// <param name="publicKey">Its bytes.</param>
    /// <exception cref="ArgumentException">The name cannot be one, or the key has no bytes.</exception>
    public NoteKey(string name, byte signatureType, ReadOnlySpan<byte> publicKey)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (NameFault(name) is { } fault)
            throw new ArgumentException($"{Names.Shown(name)} cannot be the name of a key: {fault}.", nameof(name));
        if (publicKey.IsEmpty)
            throw new ArgumentException("The key has no bytes.", nameof(publicKey));

        Name = name;
        material = [signatureType, .. publicKey];
        Id = IdOf(name, material);
    }

    private NoteKey(string name, uint id, byte[] material)
    {
        Name = name;
        Id = id;
        this.material = material;
    }

    /// <summary>Whose key it is.</summary>
    public string Name { get; }

    /// <summary>Tells keys of one name apart: the first four bytes of SHA-256 over name, line end, type and key. No proof of anything.</summary>
    public uint Id { get; }

    /// <summary>The type of its signatures, as c2sp.org/signed-note assigns them.</summary>
    public byte SignatureType => material[0];

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => material.AsMemory(1);

    /// <summary>Takes a key written as <c>name+id+key</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="key">The key.</param>
    /// <param name="fault">What is wrong with the text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out NoteKey? key, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = null;
        fault = FaultOf(text, ref key);
        return fault is null;
    }

    /// <inheritdoc/>
    public bool Equals(NoteKey? other) =>
        other is not null && Name == other.Name && Id == other.Id && material.AsSpan().SequenceEqual(other.material);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Id);

    /// <summary>The key as <c>name+id+key</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}+{Id:x8}+{Convert.ToBase64String(material)}");

    /// <returns>Why this cannot be the name of a key; null where it can.</returns>
    internal static string? NameFault(string name)
    {
        if (name.Length == 0)
            return "it is empty";
        if (name.Length > SignedNote.BytesMax)
            return "it is longer than a note may be";
        if (!Canonical.TryUtf8(name, out _))
            return "it holds half of a surrogate pair, which UTF-8 cannot carry";

        foreach (var letter in name)
        {
            if (letter == '+' || char.IsWhiteSpace(letter) || letter < ' ')
                return $"it holds {Shown(letter)}, and names have no white space, control characters or +";
        }

        return null;
    }

    private static string Shown(char letter) => letter == '+' ? "a +" : $"the character U+{(int)letter:X4}";

    private static string? FaultOf(string text, ref NoteKey? key)
    {
        // A name has no +, and the base64 behind the second one may have any.
        if (text.Length > SignedNote.BytesMax)
            return "it is longer than a note may be";
        if (text.Split('+', 3) is not [var name, var digits, var letters])
            return "it is not written as name+id+key";
        if (NameFault(name) is { } nameFault)
            return $"its name is none: {nameFault}";
        if (digits.Length != IdDigits || !digits.All(char.IsAsciiHexDigitLower))
            return $"its id has not {IdDigits} hexadecimal digits in lower case";
        if (!Canonical.TryUtf8(letters, out var utf8) || !Canonical.TryBase64(utf8, out var material))
            return "its last part is not base64";
        if (material.Length < 2)
            return "its last part is too short for a type and a key";

        var id = uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (HasKnownId(material[0]) && id != IdOf(name, material))
            return $"its id is not the one that name and key have ({IdOf(name, material):x8}): one of the three was changed";

        key = new(name, id, material);
        return null;
    }

    // Other types may number their keys as they like.
    private static bool HasKnownId(byte type) => type is Ed25519Type or CosignatureEd25519Type or CosignatureMlDsaType;

    private static uint IdOf(string name, byte[] material)
    {
        var hashed = Digest.Of([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. material]);
        return BinaryPrimitives.ReadUInt32BigEndian(hashed);
    }
}
