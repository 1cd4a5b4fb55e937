using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Clew.Integrity;

/// <summary>What a log's Merkle tree is at a size (RFC 9162, section 2.1).</summary>
/// <param name="Size">How many events it covers: those at the positions 1 to this.</param>
/// <param name="Root">Its root. It belongs to these events, in this order, and to no others.</param>
public readonly record struct TreeHead(long Size, Digest Root);

/// <summary>A signed tree head: somebody says what a log held when it had a certain size. It is the checkpoint of c2sp.org/tlog-checkpoint.</summary>
/// <remarks>
/// A seal proves something to whoever holds it, or an earlier one: a log whose history was changed afterwards does not lead to its root. What
/// it says must be believed only after <see cref="Check"/> has found the signature of a key that is trusted.
/// </remarks>
public sealed record Seal
{
    private Seal(string origin, TreeHead head, IReadOnlyList<string> extensions, SignedNote note)
    {
        Origin = origin;
        Head = head;
        Extensions = extensions;
        Note = note;
    }

    /// <summary>Which log it speaks of; see <see cref="SealOrigin"/>.</summary>
    public string Origin { get; }

    /// <summary>What it says of the log.</summary>
    public TreeHead Head { get; }

    /// <summary>Further lines, by others than Clew, which has none; they are signed too and mean nothing here.</summary>
    public IReadOnlyList<string> Extensions { get; }

    /// <summary>Its text and signatures.</summary>
    public SignedNote Note { get; }

    /// <summary>The text of a seal, for whoever signs it elsewhere.</summary>
    /// <param name="origin">Which log it speaks of: one line, not empty.</param>
    /// <param name="head">What it says of the log.</param>
    /// <exception cref="ArgumentException">The origin is no such line, or the size is below 0.</exception>
    public static string Unsigned(string origin, TreeHead head)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentOutOfRangeException.ThrowIfNegative(head.Size, nameof(head));
        if (SealText.OriginFault(origin) is { } fault)
            throw new ArgumentException($"The origin is none: {fault}.", nameof(origin));

        return $"{origin}\n{SealText.Of(head)}";
    }

    /// <summary>Seals a tree head.</summary>
    /// <param name="origin">Which log it is: one line, not empty; see <see cref="SealOrigin"/>.</param>
    /// <param name="head">Must continue every head that this key has signed for the log.</param>
    /// <param name="signer">By custom its key has the origin as its name.</param>
    /// <exception cref="ArgumentException">The origin is no such line, or the size is below 0.</exception>
    public static Seal Sign(string origin, TreeHead head, INoteSigner signer) =>
        new(origin, head, [], SignedNote.Sign(Unsigned(origin, head), signer));

    /// <summary>Takes a seal apart.</summary>
    /// <param name="bytes">All of it, and nothing else.</param>
    /// <param name="seal">The seal.</param>
    /// <param name="fault">What is wrong with the bytes.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Seal? seal, [NotNullWhen(false)] out string? fault)
    {
        seal = null;
        if (SignedNote.TryParse(bytes, out var note, out fault))
            fault = FaultOf(note, ref seal);

        return fault is null;
    }

    /// <summary>The seal, countersigned: one more signature, behind the others.</summary>
    /// <exception cref="ArgumentException">It has as many signatures as a note may have.</exception>
    public Seal SignedBy(INoteSigner signer) => new(Origin, Head, Extensions, Note.SignedBy(signer));

    /// <summary>The seal with the countersignature that somebody else made.</summary>
    /// <param name="signature">Not checked here.</param>
    /// <exception cref="ArgumentException">The seal has as many signatures as a note may have.</exception>
    public Seal WithSignature(NoteSignature signature) => new(Origin, Head, Extensions, Note.WithSignature(signature));

    /// <summary>Looks for signatures of known keys, and checks each of them.</summary>
    /// <param name="known">The keys that are known; signatures of others are passed over.</param>
    public NoteCheck Check(params IReadOnlyList<INoteVerifier> known) => Note.Check(known);

    /// <inheritdoc/>
    public bool Equals(Seal? other) => other is not null && Note == other.Note;

    /// <inheritdoc/>
    public override int GetHashCode() => Note.GetHashCode();

    /// <summary>The whole seal, as it is kept and sent.</summary>
    public override string ToString() => Note.ToString();

    internal Seal? With(IReadOnlyList<NoteSignature> more) => Note.With(more) is { } note ? new(Origin, Head, Extensions, note) : null;

    internal static string? FaultOf(SignedNote note, ref Seal? seal)
    {
        var lines = new Lines(Encoding.UTF8.GetBytes(note.Text));
        if (SealText.HeadFault(ref lines, out var origin, out var head) is { } fault)
            return fault;

        var extensions = new List<string>();
        while (lines.MoveNext())
        {
            if (lines.Current.IsEmpty)
                return $"line {lines.Number} of the seal is empty";
            extensions.Add(Encoding.UTF8.GetString(lines.Current));
        }

        seal = new(origin, head, extensions, note);
        return null;
    }
}

/// <summary>The lines that seals and key rotations have in common.</summary>
internal static class SealText
{
    /// <summary>Size and root.</summary>
    public static string Of(TreeHead head) =>
        string.Create(CultureInfo.InvariantCulture, $"{head.Size}\n{Canonical.TextOf(head.Root)}\n");

    /// <returns>Why this cannot be an origin; null where it can.</returns>
    public static string? OriginFault(string origin)
    {
        if (origin.Length == 0)
            return "it is empty";
        if (origin == KeyRotation.FirstLine)
            return "it is the first line of a key rotation";

        return origin.AsSpan().ContainsAnyInRange('\0', '\u001F') ? "it holds a control character" : null;
    }

    public static string? HeadFault(ref Lines lines, out string origin, out TreeHead head)
    {
        head = default;
        origin = lines.MoveNext() ? Encoding.UTF8.GetString(lines.Current) : "";
        return OriginFault(origin) is { } fault ? $"the seal's origin is none: {fault}" : TreeFault(ref lines, out head);
    }

    public static string? TreeFault(ref Lines lines, out TreeHead head)
    {
        head = default;
        if (!lines.MoveNext())
            return "the text ends before the size";
        if (!Canonical.TryNumber(lines.Current, out var size))
            return $"line {lines.Number} is no size of a log: a decimal number without leading zeros";
        if (!lines.MoveNext())
            return "the text ends before the root";
        if (!Canonical.TryDigest(lines.Current, out var root))
            return $"line {lines.Number} is no root: {Digest.Bytes} bytes in base64";

        head = new(size, root);
        return null;
    }
}
