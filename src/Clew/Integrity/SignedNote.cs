using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Clew.Integrity;

/// <summary>A text and its signatures: the signed note of c2sp.org/signed-note, in UTF-8.</summary>
/// <remarks>What it says must be believed only after <see cref="Check"/> has found the signature of a key that is trusted.</remarks>
public sealed record SignedNote
{
    /// <summary>Bytes of a note with its signatures.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Signatures of a note.</summary>
    public const int SignaturesMax = 64;

    private static readonly SearchValues<byte> ControlCharacters =
        SearchValues.Create([.. Enumerable.Range(0, ' ').Where(letter => letter != '\n').Select(letter => (byte)letter)]);

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>What is signed; it ends with a line end.</summary>
    public string Text { get; }

    /// <summary>Who signed it, as they say, in the order of the note; at least one.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Signs a text.</summary>
    /// <param name="text">Lines, each with its end, without control characters.</param>
    /// <param name="signer">Who signs.</param>
    /// <exception cref="ArgumentException">The text cannot be that of a note, or is too long.</exception>
    public static SignedNote Sign(string text, INoteSigner signer)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(signer);
        if (text.Length > BytesMax)
            throw new ArgumentException($"The text has {text.Length:N0} characters, and a note has at most {BytesMax:N0} bytes.", nameof(text));
        if (!Canonical.TryUtf8(text, out var message))
            throw new ArgumentException("The text holds half of a surrogate pair, which UTF-8 cannot carry.", nameof(text));
        if (message is not [.., (byte)'\n'] || message.AsSpan().ContainsAny(ControlCharacters))
            throw new ArgumentException("The text of a note ends with a line end and holds no other control characters.", nameof(text));

        return new SignedNote(text, []).WithSignature(NoteSignature.By(signer, message));
    }

    /// <summary>Takes a note apart.</summary>
    /// <param name="bytes">All of it, and nothing else.</param>
    /// <param name="note">The note.</param>
    /// <param name="fault">What is wrong with the bytes.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedNote? note, [NotNullWhen(false)] out string? fault)
    {
        note = null;
        fault = EncodingFault(bytes) ?? FaultOf(bytes, ref note);
        return fault is null;
    }

    /// <summary>The note with one more signature, behind the others.</summary>
    /// <exception cref="ArgumentException">It has <see cref="SignaturesMax"/> already, or would be too long.</exception>
    public SignedNote SignedBy(INoteSigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return WithSignature(NoteSignature.By(signer, Encoding.UTF8.GetBytes(Text)));
    }

    /// <summary>The note with a signature that somebody else made, behind the others; one that it has already is not added again.</summary>
    /// <param name="signature">Not checked here.</param>
    /// <exception cref="ArgumentException">The note has <see cref="SignaturesMax"/> already, or would be too long.</exception>
    public SignedNote WithSignature(NoteSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        return With([signature]) ?? throw new ArgumentException(
            $"A note has at most {SignaturesMax} signatures and {BytesMax:N0} bytes, and with this signature it would have more.", nameof(signature));
    }

    /// <summary>Looks for signatures of known keys, and checks each of them.</summary>
    /// <param name="known">The keys that are known; signatures of others are passed over.</param>
    public NoteCheck Check(params IReadOnlyList<INoteVerifier> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        var message = Encoding.UTF8.GetBytes(Text);
        var keys = new List<NoteKey>();
        foreach (var signature in Signatures)
        {
            foreach (var verifier in known.Where(verifier => signature.NamesKey(verifier.Key)))
            {
                if (!verifier.Verify(message, signature.Bytes.Span))
                    return new NoteCheck.WrongSignature(verifier.Key);
                if (!keys.Contains(verifier.Key))
                    keys.Add(verifier.Key);
            }
        }

        return keys.Count == 0 ? new NoteCheck.ByNobodyKnown() : new NoteCheck.SignedBy(keys);
    }

    /// <inheritdoc/>
    public bool Equals(SignedNote? other) => other is not null && Text == other.Text && Signatures.SequenceEqual(other.Signatures);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Text, Signatures.Count);

    /// <summary>The whole note, as it is kept and sent: text, blank line, signatures.</summary>
    public override string ToString()
    {
        var note = new StringBuilder(Text).Append('\n');
        foreach (var signature in Signatures)
            note.Append(signature).Append('\n');

        return note.ToString();
    }

    /// <returns>The note with the signatures that it does not have yet; null where they are too many or too long.</returns>
    internal SignedNote? With(IReadOnlyList<NoteSignature> more)
    {
        var missing = more.Where(signature => !Signatures.Contains(signature)).Distinct().ToList();
        if (missing.Count == 0)
            return this;

        var note = new SignedNote(Text, [.. Signatures, .. missing]);
        return note.Signatures.Count <= SignaturesMax && Encoding.UTF8.GetByteCount(note.ToString()) <= BytesMax ? note : null;
    }

    /// <summary>Finds the first note of several, each of which has no empty line in its text and is followed by an empty line.</summary>
    /// <returns>False where none ends.</returns>
    internal static bool TrySplit(ReadOnlySpan<byte> notes, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> rest)
    {
        first = default;
        rest = default;
        var text = notes.IndexOf("\n\n"u8);
        var signatures = text < 0 ? -1 : notes[(text + 2)..].IndexOf("\n\n"u8);
        if (signatures < 0)
            return false;

        var end = text + 2 + signatures + 1;
        first = notes[..end];
        rest = notes[(end + 1)..];
        return true;
    }

    private static string? EncodingFault(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return "the note is empty";
        if (bytes.Length > BytesMax)
            return $"the note has {bytes.Length:N0} bytes, and none has more than {BytesMax:N0}";
        if (bytes[^1] != '\n')
            return $"the note ends in the middle of a {(NoteSignature.IsStartOfLine(LastLine(bytes)) ? "signature line" : "line")}";
        if (!Utf8.IsValid(bytes))
            return "the note is not in UTF-8";

        return bytes.IndexOfAny(ControlCharacters) is var at and >= 0
            ? $"line {LineAt(bytes, at)} of the note holds the control character U+{bytes[at]:X4}" +
                (bytes[at] == '\r' ? "; its lines end with line feeds alone" : "")
            : null;
    }

    private static string? FaultOf(ReadOnlySpan<byte> bytes, ref SignedNote? note)
    {
        // The last empty line, because the text may have some of its own.
        var end = bytes.LastIndexOf("\n\n"u8);
        if (end < 0)
            return "the note has no empty line, which would divide its text from its signatures";

        var block = bytes[(end + 2)..];
        if (block.IsEmpty)
            return "the note has no signature";
        if (block.Count((byte)'\n') is var count && count > SignaturesMax)
            return $"the note has {count:N0} signatures, and none has more than {SignaturesMax}";

        var signatures = new List<NoteSignature>(count);
        var lines = new Lines(block);
        while (lines.MoveNext())
        {
            NoteSignature? signature = null;
            if (NoteSignature.FaultOf(lines.Current, ref signature) is { } fault)
                return $"line {LineAt(bytes, end + 2) - 1 + lines.Number} of the note is no signature: {fault}";

            signatures.Add(signature!);
        }

        note = new(Encoding.UTF8.GetString(bytes[..(end + 1)]), signatures);
        return null;
    }

    private static ReadOnlySpan<byte> LastLine(ReadOnlySpan<byte> bytes) => bytes[(bytes.LastIndexOf((byte)'\n') + 1)..];

    private static int LineAt(ReadOnlySpan<byte> bytes, int at) => bytes[..at].Count((byte)'\n') + 1;
}
