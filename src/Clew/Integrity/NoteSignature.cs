using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Clew.Events;

namespace Clew.Integrity;

/// <summary>One signature of a <see cref="SignedNote"/>: a line that begins with an em dash, names its key, and holds bytes in base64.</summary>
public sealed record NoteSignature
{
    private const int IdBytes = sizeof(uint);

    private static ReadOnlySpan<byte> Start => "— "u8;

    /// <summary>A signature.</summary>
    /// <param name="keyName">The name of the key that made it.</param>
    /// <param name="keyId">The key's id.</param>
    /// <param name="signature">The bytes that the key made; one at least.</param>
    /// <exception cref="ArgumentException">The name cannot be one, or there are no bytes.</exception>
    public NoteSignature(string keyName, uint keyId, ReadOnlySpan<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(keyName);
        if (NoteKey.NameFault(keyName) is { } fault)
            throw new ArgumentException($"{Names.Shown(keyName)} cannot be the name of a key: {fault}.", nameof(keyName));
        if (signature.IsEmpty)
            throw new ArgumentException("The signature has no bytes.", nameof(signature));

        KeyName = keyName;
        KeyId = keyId;
        Bytes = signature.ToArray();
    }

    /// <summary>The name of the key that made it, as the line says.</summary>
    public string KeyName { get; }

    /// <summary>The id of the key that made it, as the line says.</summary>
    public uint KeyId { get; }

    /// <summary>The bytes that the key made.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Takes a line, such as somebody sends who countersigned a seal.</summary>
    /// <param name="line">With or without its end.</param>
    /// <param name="signature">The signature.</param>
    /// <param name="fault">What is wrong with the line.</param>
    public static bool TryParse(string line, [NotNullWhen(true)] out NoteSignature? signature, [NotNullWhen(false)] out string? fault)
    {
        ArgumentNullException.ThrowIfNull(line);
        signature = null;
        if (line.Length > SignedNote.BytesMax)
            fault = "it is longer than a note may be";
        else if (!Canonical.TryUtf8(line.EndsWith('\n') ? line[..^1] : line, out var bytes))
            fault = "it holds half of a surrogate pair, which UTF-8 cannot carry";
        else
            fault = FaultOf(bytes, ref signature);
        return fault is null;
    }

    /// <inheritdoc/>
    public bool Equals(NoteSignature? other) =>
        other is not null && KeyName == other.KeyName && KeyId == other.KeyId && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(KeyName, KeyId, Bytes.Length);

    /// <summary>The line, without its end.</summary>
    public override string ToString()
    {
        var bytes = new byte[IdBytes + Bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
        Bytes.Span.CopyTo(bytes.AsSpan(IdBytes));
        return $"— {KeyName} {Convert.ToBase64String(bytes)}";
    }

    internal static bool IsStartOfLine(ReadOnlySpan<byte> line) => line.StartsWith(Start);

    internal static NoteSignature By(INoteSigner signer, ReadOnlySpan<byte> message) =>
        new(signer.Key.Name, signer.Key.Id, signer.Sign(message));

    internal bool NamesKey(NoteKey key) => KeyName == key.Name && KeyId == key.Id;

    /// <returns>What is wrong with a line of valid UTF-8; null where it is a signature.</returns>
    internal static string? FaultOf(ReadOnlySpan<byte> line, ref NoteSignature? signature)
    {
        if (!IsStartOfLine(line))
            return "it does not begin with an em dash and a space";

        var rest = line[Start.Length..];
        var space = rest.IndexOf((byte)' ');
        if (space < 0)
            return "it has no signature behind the name";

        var name = Encoding.UTF8.GetString(rest[..space]);
        if (NoteKey.NameFault(name) is { } nameFault)
            return $"its key's name is none: {nameFault}";
        if (!Canonical.TryBase64(rest[(space + 1)..], out var bytes))
            return "what follows the name is not base64";
        if (bytes.Length <= IdBytes)
            return "what follows the name is too short for a key's id and a signature";

        signature = new(name, BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsSpan(IdBytes));
        return null;
    }
}
