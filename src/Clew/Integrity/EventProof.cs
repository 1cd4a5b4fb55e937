using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Clew.Events;

namespace Clew.Integrity;

// The lines of c2sp.org/tlog-proof:
//
//   c2sp.org/tlog-proof@v1
//   extra  the event, in base64
//   index  its position less one
//   the hashes from its leaf up, one a line, in base64
//   (empty)
//   the seal
//
// The event's bytes; integers are little-endian:
//
//   offset  size  field
//        0     1  kind: 1 = with its content, 2 = without it
//        1     4  length E of the envelope
//        5     E  envelope, as in a record
//      5+E     …  kind 1: salt (16), data, metadata; kind 2: SHA-256(salt ‖ data ‖ metadata)
//
// The leaf is SHA-256(0x00 ‖ envelope ‖ SHA-256(salt ‖ data ‖ metadata)).

/// <summary>
/// Shows that an event is in a log, to anybody who has the log's public key and nothing else: the event, the way to the root, and a seal.
/// It is the proof of c2sp.org/tlog-proof, a text file that is called <c>.tlog-proof</c> by custom.
/// </summary>
/// <remarks>What it says must be believed only after <see cref="Check"/> has found it valid.</remarks>
public sealed class EventProof
{
    /// <summary>Bytes of a proof: an event of the largest size in base64, and a seal.</summary>
    public const int BytesMax = 13 * 1024 * 1024;

    private const string FirstLine = "c2sp.org/tlog-proof@v1";
    private const byte WithContent = 1;
    private const byte WithoutContent = 2;
    private const int EnvelopeAt = 5;

    /// <summary>A proof, made of what a log knows.</summary>
    /// <param name="proven">The event.</param>
    /// <param name="path">The hashes from its leaf's sibling up to the root's child, in the log of the seal's size.</param>
    /// <param name="seal">A seal of its log at a size that covers it.</param>
    /// <exception cref="ArgumentException">There is no event.</exception>
    public EventProof(RecordedEvent proven, IReadOnlyList<Digest> path, Seal seal)
        : this(Checked(proven), proven.Position.Value - 1, path, seal)
    {
    }

    private EventProof(RecordedEvent proven, long index, IReadOnlyList<Digest> path, Seal seal)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(seal);
        Event = proven;
        Inclusion = new(index, seal.Head.Size, path);
        Seal = seal;
    }

    /// <summary>The event. Where the proof keeps its content back, or the log has erased it, it is shown as erased.</summary>
    public RecordedEvent Event { get; }

    /// <summary>The way from the event to the seal's root.</summary>
    public InclusionProof Inclusion { get; }

    /// <summary>The seal.</summary>
    public Seal Seal { get; }

    /// <summary>
    /// An event's leaf in the Merkle tree of its log: SHA-256 over a zero byte, its envelope, and the digest of salt, data and metadata.
    /// </summary>
    /// <exception cref="ArgumentException">There is no event.</exception>
    public static Digest LeafOf(RecordedEvent recorded)
    {
        var record = Checked(recorded).Record;
        return Merkle.Leaf(EventRecord.Envelope(record), ContentDigest(recorded));
    }

    /// <summary>Takes a proof apart.</summary>
    /// <param name="bytes">All of it, and nothing else.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="fault">What is wrong with the bytes.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out EventProof? proof, [NotNullWhen(false)] out string? fault)
    {
        proof = null;
        fault = FaultOf(bytes, ref proof);
        return fault is null;
    }

    /// <summary>The same proof for somebody who shall not see the event's data and metadata, only that it was recorded, and its envelope.</summary>
    public EventProof WithoutItsContent()
    {
        // An envelope that was in a record adds up.
        var digest = ContentDigest(Event);
        _ = EventRecord.TryAssemble(EventRecord.Envelope(Event.Record), digest, EventRecord.StateErased, out var record);
        return new(new(record, 0, record.Length), Inclusion.Index, Inclusion.Path, Seal);
    }

    /// <summary>Checks that the event is in the log that the seal speaks of, and who signed the seal.</summary>
    /// <param name="known">The keys that are believed, any one of which is enough; keys of others who countersign may be among them.</param>
    /// <param name="origin">Which log it must be; without it, any log that one of the keys seals.</param>
    public ProofCheck Check(IReadOnlyList<INoteVerifier> known, string? origin = null)
    {
        ArgumentNullException.ThrowIfNull(known);
        var (fault, keys) = ProofCheck.Of(Seal, known, origin, "seal");
        return fault ?? PlaceFault() ?? (ProofCheck)new ProofCheck.Valid(Seal, keys);
    }

    /// <summary>The whole proof, as it is kept and sent.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{FirstLine}\nextra {Convert.ToBase64String(EventBytes())}\nindex {Inclusion.Index}\n{PathText.Of(Inclusion.Path)}{Seal}");

    private static RecordedEvent Checked(RecordedEvent recorded) =>
        recorded != default ? recorded : throw new ArgumentException("There is no event.", nameof(recorded));

    private static Digest ContentDigest(RecordedEvent recorded)
    {
        var content = EventRecord.Content(recorded.Record);
        return recorded.IsErased ? Digest.From(content) : Digest.Of(content);
    }

    private static string? FaultOf(ReadOnlySpan<byte> bytes, ref EventProof? proof)
    {
        if (bytes.Length > BytesMax)
            return $"the proof has {bytes.Length:N0} bytes, and none has more than {BytesMax:N0}";

        var lines = new Lines(bytes);
        if (!lines.MoveNext() || !lines.Current.SequenceEqual("c2sp.org/tlog-proof@v1"u8))
            return $"the first line of the proof is not {FirstLine}";
        if (!lines.MoveNext() || !lines.Current.StartsWith("extra "u8))
            return "the second line of the proof does not begin with \"extra \": it holds no event";
        if (!Canonical.TryBase64(lines.Current["extra ".Length..], out var extra))
            return "what follows \"extra \" is not base64";
        if (!TryReadEvent(extra, out var proven))
            return "what follows \"extra \" is no event of a Clew log";
        if (!lines.MoveNext() || !lines.Current.StartsWith("index "u8) || !Canonical.TryNumber(lines.Current["index ".Length..], out var index))
            return "the third line of the proof is not \"index \" and a decimal number without leading zeros";
        if (PathText.FaultOf(ref lines, out var path) is { } pathFault)
            return pathFault;
        if (!Seal.TryParse(lines.Rest, out var seal, out var sealFault))
            return $"its seal is none: {sealFault}";

        proof = new(proven, index, path, seal);
        return null;
    }

    private static bool TryReadEvent(ReadOnlySpan<byte> extra, out RecordedEvent proven)
    {
        proven = default;
        if (extra.Length < EnvelopeAt || extra[0] is not (WithContent or WithoutContent))
            return false;

        var rest = extra[EnvelopeAt..];
        var envelope = BinaryPrimitives.ReadInt32LittleEndian(extra[1..]);
        var state = extra[0] == WithContent ? EventRecord.StatePresent : EventRecord.StateErased;
        if (envelope < 0 || envelope > rest.Length || !EventRecord.TryAssemble(rest[..envelope], rest[envelope..], state, out var record))
            return false;

        proven = new(record, 0, record.Length);
        return true;
    }

    private byte[] EventBytes()
    {
        var envelope = EventRecord.Envelope(Event.Record);
        var content = EventRecord.Content(Event.Record);
        var bytes = new byte[EnvelopeAt + envelope.Length + content.Length];
        bytes[0] = Event.IsErased ? WithoutContent : WithContent;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), envelope.Length);
        envelope.CopyTo(bytes.AsSpan(EnvelopeAt));
        content.CopyTo(bytes.AsSpan(EnvelopeAt + envelope.Length));
        return bytes;
    }

    private ProofCheck.Invalid? PlaceFault()
    {
        var position = Event.Position;
        if (Inclusion.Index != position.Value - 1)
            return Misplaced($"The proof is for index {Inclusion.Index}, and the event in it is at position {position}: index {position.Value - 1}.");
        if (Inclusion.PathLength is not { } needs)
            return Misplaced($"The proof is for position {position}, and the seal covers positions up to {Seal.Head.Size}.");
        if (Inclusion.Path.Count != needs)
            return ProofCheck.WrongLength(Inclusion.Path.Count, needs, $"for position {position} of {Seal.Head.Size}");
        if (!Inclusion.Verify(LeafOf(Event), Seal.Head.Root))
            return new(ProofFault.WrongRoot, "The event and the hashes lead to another root than the sealed one: one of them is not the log's.");

        return null;
    }

    private static ProofCheck.Invalid Misplaced(string why) => new(ProofFault.WrongPosition, why);
}
