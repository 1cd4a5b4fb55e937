using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Clew.Integrity;

// A note that both keys sign, with these lines of text:
//
//   clew/key-rotation/v1
//   origin of the log
//   old key               as name+id+key
//   new key               as name+id+key
//   size                  of the last seal that the old key signed
//   root                  of that seal, in base64

/// <summary>A log goes over to a new key: the old key and the new one both sign that the new one seals from here on.</summary>
/// <remarks>Whoever trusts the old key learns from it that the new one is meant, and where the old one's time ended.</remarks>
public sealed record KeyRotation
{
    internal const string FirstLine = "clew/key-rotation/v1";

    private KeyRotation(string origin, NoteKey oldKey, NoteKey newKey, TreeHead last, SignedNote note)
    {
        Origin = origin;
        OldKey = oldKey;
        NewKey = newKey;
        Last = last;
        Note = note;
    }

    /// <summary>Which log it is; see <see cref="SealOrigin"/>.</summary>
    public string Origin { get; }

    /// <summary>The key that seals no more.</summary>
    public NoteKey OldKey { get; }

    /// <summary>The key that seals from here on.</summary>
    public NoteKey NewKey { get; }

    /// <summary>What the old key's last seal says.</summary>
    public TreeHead Last { get; }

    /// <summary>Its text and signatures.</summary>
    public SignedNote Note { get; }

    /// <summary>Goes over to a new key.</summary>
    /// <param name="origin">Which log it is; see <see cref="SealOrigin"/>.</param>
    /// <param name="last">What the old key's last seal says.</param>
    /// <param name="oldSigner">The key that sealed so far.</param>
    /// <param name="newSigner">The key that seals from here on.</param>
    /// <exception cref="ArgumentException">Both keys are one, the origin is no line, or the size is below 0.</exception>
    public static KeyRotation Sign(string origin, TreeHead last, INoteSigner oldSigner, INoteSigner newSigner)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(oldSigner);
        ArgumentNullException.ThrowIfNull(newSigner);
        ArgumentOutOfRangeException.ThrowIfNegative(last.Size, nameof(last));
        if (SealText.OriginFault(origin) is { } fault)
            throw new ArgumentException($"The origin is none: {fault}.", nameof(origin));
        if (oldSigner.Key == newSigner.Key)
            throw new ArgumentException("The new key is the old one.", nameof(newSigner));

        var text = $"{FirstLine}\n{origin}\n{oldSigner.Key}\n{newSigner.Key}\n{SealText.Of(last)}";
        return new(origin, oldSigner.Key, newSigner.Key, last, SignedNote.Sign(text, oldSigner).SignedBy(newSigner));
    }

    /// <summary>Takes a rotation apart.</summary>
    /// <param name="bytes">All of it, and nothing else.</param>
    /// <param name="rotation">The rotation.</param>
    /// <param name="fault">What is wrong with the bytes.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out KeyRotation? rotation, [NotNullWhen(false)] out string? fault)
    {
        rotation = null;
        if (SignedNote.TryParse(bytes, out var note, out fault))
            fault = FaultOf(note, ref rotation);

        return fault is null;
    }

    /// <summary>
    /// Whether both keys have signed it. Whether the old one was to be trusted is another question: <see cref="SealBook.KeysFrom"/>.
    /// </summary>
    /// <param name="verifierOf">Makes the verifier of a key; null where it cannot check signatures of that type.</param>
    public bool IsSignedByBoth(Func<NoteKey, INoteVerifier?> verifierOf)
    {
        ArgumentNullException.ThrowIfNull(verifierOf);
        return verifierOf(OldKey) is { } before
            && verifierOf(NewKey) is { } after
            && Note.Check(before, after) is NoteCheck.SignedBy { Keys.Count: 2 };
    }

    /// <inheritdoc/>
    public bool Equals(KeyRotation? other) => other is not null && Note == other.Note;

    /// <inheritdoc/>
    public override int GetHashCode() => Note.GetHashCode();

    /// <summary>The whole rotation, as it is kept and sent.</summary>
    public override string ToString() => Note.ToString();

    internal KeyRotation? With(IReadOnlyList<NoteSignature> more) =>
        Note.With(more) is { } note ? new(Origin, OldKey, NewKey, Last, note) : null;

    internal static bool IsOne(SignedNote note) => note.Text.StartsWith($"{FirstLine}\n", StringComparison.Ordinal);

    internal static string? FaultOf(SignedNote note, ref KeyRotation? rotation)
    {
        if (!IsOne(note))
            return $"the first line of the note is not {FirstLine}";

        var lines = new Lines(Encoding.UTF8.GetBytes(note.Text));
        lines.MoveNext();
        var origin = lines.MoveNext() ? Encoding.UTF8.GetString(lines.Current) : "";
        if (SealText.OriginFault(origin) is { } originFault)
            return $"the rotation's origin is none: {originFault}";
        if (KeyFault(ref lines, out var oldKey) is { } oldFault)
            return $"the old key is none: {oldFault}";
        if (KeyFault(ref lines, out var newKey) is { } newFault)
            return $"the new key is none: {newFault}";
        if (oldKey == newKey)
            return "the new key is the old one";
        if (SealText.TreeFault(ref lines, out var last) is { } treeFault)
            return treeFault;
        if (lines.MoveNext())
            return $"line {lines.Number} is one too many";

        rotation = new(origin, oldKey!, newKey!, last, note);
        return null;
    }

    private static string? KeyFault(ref Lines lines, out NoteKey? key)
    {
        key = null;
        return !lines.MoveNext() ? "the note ends before it"
            : NoteKey.TryParse(Encoding.UTF8.GetString(lines.Current), out key, out var fault) ? null
            : fault;
    }
}
