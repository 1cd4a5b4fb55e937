using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Clew.Events;

// One event as bytes, the same in every store's hands. Integers are little-endian, names are UTF-8.
//
//   offset  size  field
//        0     4  envelope checksum   CRC-32C of the envelope, seeded by the segment that holds the record
//        4     4  payload checksum    CRC-32C of the state and the payload, seeded by the event id
//        8     4  state               0 = present, 1 = erased
//       12     E  envelope            what stays for ever; what proofs are made of
//     12+E     P  payload             salt (16), data, metadata, then zeros up to at least 32 bytes
//              …  zeros up to a multiple of 8
//
// The envelope:
//
//        0     4  its length E
//        4     1  its version         1
//        5     1  flags               1 = has an occurred-at, 2 = a correlation id, 4 = a causation id
//        6     2  schema version
//        8     2  index of the event in its batch, from 0
//       10     2  events in the batch
//       12     4  bytes of data
//       16     4  bytes of metadata
//       20     2  bytes of the stream name
//       22     2  bytes of the event type
//       24     2  bytes of the content type; 0 = application/json
//       26     2  tags
//       28     4  zero
//       32     8  global position
//       40     8  stream version
//       48     8  recorded at         microseconds since 1970 UTC
//       56    16  event id            RFC 9562 byte order
//       72     …  occurred-at (8), correlation id (16), causation id (16), each only where its flag is set;
//                 stream name, event type, content type; each tag as its length (2) and its bytes
//
// Erasing an event keeps its envelope: the payload becomes SHA-256(salt ‖ data ‖ metadata) and zeros, the state 1.
internal static class EventRecord
{
    public const int HeaderBytes = 12;
    public const int SaltBytes = 16;
    public const int DigestBytes = SHA256.HashSizeInBytes;
    public const int Alignment = 8;

    public const uint StatePresent = 0;
    public const uint StateErased = 1;

    /// <summary>Payload checksum and state, which change together when an event is erased.</summary>
    public const int MutableOffset = 4;
    public const int MutableBytes = 8;

    /// <summary>So many bytes of a record tell how long it is.</summary>
    public const int MeasuredBytes = HeaderBytes + FixedBytes;

    private const int FixedBytes = 72;
    private const int OptionalBytesMax = 40;
    private const int PayloadBytesMin = DigestBytes;
    private const byte LayoutVersion = 1;

    [Flags]
    private enum Present : byte
    {
        OccurredAt = 1,
        CorrelationId = 2,
        CausationId = 4,
        All = OccurredAt | CorrelationId | CausationId,
    }

    public static int BytesOf(EventData data)
    {
        var envelope = EnvelopeBytesOf(data);
        var total = HeaderBytes + (long)envelope + PayloadBytes((long)data.Data.Length + data.Metadata.Length);
        return (int)Math.Min(int.MaxValue, Aligned(total));
    }

    /// <summary>At least <see cref="BytesOf"/>, found without looking at each letter.</summary>
    public static long BytesAtMost(EventData data)
    {
        const int lettersBytesMax = 3;
        var letters = data.Stream.Value.Length + data.Type.Value.Length + data.ContentType.Length;
        foreach (var tag in data.Tags)
            letters += 1 + tag.Text.Length;

        return HeaderBytes + FixedBytes + OptionalBytesMax + (letters * lettersBytesMax)
            + PayloadBytes((long)data.Data.Length + data.Metadata.Length) + Alignment;
    }

    /// <summary>Writes all that the caller of an append knows; <see cref="Place"/> adds what the log decides.</summary>
    /// <param name="target">Of the length that <see cref="BytesOf"/> gives.</param>
    /// <param name="data">The event.</param>
    /// <param name="index">Its place in its batch.</param>
    /// <param name="count">How many events the batch has.</param>
    /// <param name="salt">Of <see cref="SaltBytes"/>.</param>
    public static void Write(Span<byte> target, EventData data, int index, int count, ReadOnlySpan<byte> salt)
    {
        var envelopeBytes = WriteEnvelope(target[HeaderBytes..], data, index, count);
        var payload = target[(HeaderBytes + envelopeBytes)..];
        salt.CopyTo(payload);
        data.Data.Span.CopyTo(payload[SaltBytes..]);
        data.Metadata.Span.CopyTo(payload[(SaltBytes + data.Data.Length)..]);
        payload[(SaltBytes + data.Data.Length + data.Metadata.Length)..].Clear();

        SealPayload(target, StatePresent);
    }

    /// <summary>Makes a record what it is once its event is erased: envelope and length stay, the content gives way to its digest.</summary>
    /// <param name="record">Of the length that <see cref="TryMeasure"/> gives. Its content need not be sound.</param>
    /// <param name="digest">What <see cref="Digest"/> gives of its content.</param>
    public static void Erase(Span<byte> record, ReadOnlySpan<byte> digest)
    {
        var (start, length) = PayloadPlace(record);
        var payload = record.Slice(start, length);
        digest.CopyTo(payload);
        payload[DigestBytes..].Clear();
        SealPayload(record, StateErased);
    }

    /// <summary>SHA-256 of salt, data and metadata: computed from them, or what a record that was erased has kept of them.</summary>
    /// <param name="record">Sound.</param>
    public static byte[] Digest(ReadOnlySpan<byte> record) =>
        State(record) == StatePresent ? SHA256.HashData(Content(record)) : Content(record).ToArray();

    /// <summary>Gives a written record its place in the log, and its envelope's checksum.</summary>
    public static uint Place(Span<byte> record, long position, long version, long recordedAt, uint seed)
    {
        var envelope = record.Slice(HeaderBytes, ReadInt32(record, HeaderBytes));
        BinaryPrimitives.WriteInt64LittleEndian(envelope[32..], position);
        BinaryPrimitives.WriteInt64LittleEndian(envelope[40..], version);
        BinaryPrimitives.WriteInt64LittleEndian(envelope[48..], recordedAt);
        return SealEnvelope(record, seed);
    }

    /// <summary>Gives a record that has its place the checksum that its envelope has in a segment.</summary>
    public static uint SealEnvelope(Span<byte> record, uint seed)
    {
        var checksum = Crc32C.Of(Envelope(record), seed);
        BinaryPrimitives.WriteUInt32LittleEndian(record, checksum);
        return checksum;
    }

    /// <summary>Makes a record of what a proof carries. Its checksums begin from no segment.</summary>
    /// <param name="envelope">As somebody says that it is.</param>
    /// <param name="content">Salt, data and metadata; of an erased event, their digest.</param>
    /// <param name="state">Present or erased.</param>
    /// <param name="record">The record, which is sound.</param>
    /// <returns>False where the envelope is none, or the content has another length than it says.</returns>
    public static bool TryAssemble(ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> content, uint state, out byte[] record)
    {
        record = [];
        if (envelope.Length < FixedBytes || ReadInt32(envelope, 0) != envelope.Length || !AddsUp(envelope))
            return false;

        var (data, metadata) = (ReadInt32(envelope, 12), ReadInt32(envelope, 16));
        var payload = PayloadBytes((long)data + metadata);
        var total = Aligned(HeaderBytes + envelope.Length + payload);
        var expected = state == StateErased ? DigestBytes : SaltBytes + (long)data + metadata;
        if (data < 0 || metadata < 0 || content.Length != expected || total > EventLimits.EventBytesMax)
            return false;

        record = new byte[total];
        envelope.CopyTo(record.AsSpan(HeaderBytes));
        content.CopyTo(record.AsSpan(HeaderBytes + envelope.Length));
        SealPayload(record, state);
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Of(envelope));
        return true;
    }

    /// <summary>How long the record at the start of these bytes is, where they begin like one.</summary>
    /// <returns>False where no record begins here; the bytes may end before the record does.</returns>
    public static bool TryMeasure(ReadOnlySpan<byte> bytes, out int recordBytes)
    {
        recordBytes = 0;
        if (bytes.Length < MeasuredBytes)
            return false;

        var envelope = ReadInt32(bytes, HeaderBytes);
        long data = ReadInt32(bytes, HeaderBytes + 12);
        long metadata = ReadInt32(bytes, HeaderBytes + 16);
        if (envelope is < FixedBytes or > EventLimits.EventBytesMax || data < 0 || metadata < 0)
            return false;

        var total = Aligned(HeaderBytes + envelope + PayloadBytes(data + metadata));
        if (total > EventLimits.EventBytesMax)
            return false;

        recordBytes = (int)total;
        return true;
    }

    /// <summary>Whether these bytes are exactly one sound record of this segment.</summary>
    public static bool IsSound(ReadOnlySpan<byte> record, uint seed)
    {
        if (!TryMeasure(record, out var recordBytes) || recordBytes != record.Length)
            return false;

        var (start, length) = PayloadPlace(record);
        var envelope = record[HeaderBytes..start];
        return Crc32C.Of(envelope, seed) == EnvelopeChecksum(record)
            && PayloadChecksum(record) == BinaryPrimitives.ReadUInt32LittleEndian(record[4..])
            && State(record) <= StateErased
            && IsZero(record[(start + Content(record).Length)..])
            && AddsUp(envelope);
    }

    public static ReadOnlySpan<byte> Envelope(ReadOnlySpan<byte> record) => record.Slice(HeaderBytes, ReadInt32(record, HeaderBytes));

    /// <summary>What proofs hold of a payload: salt, data and metadata; of an erased event, their digest.</summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> record)
    {
        var (start, data, metadata) = Payload(record);
        return record.Slice(start, State(record) == StateErased ? DigestBytes : SaltBytes + data + metadata);
    }

    public static uint EnvelopeChecksum(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record);

    public static uint State(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[8..]);

    public static long Position(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[(HeaderBytes + 32)..]);

    public static long Version(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[(HeaderBytes + 40)..]);

    public static long RecordedAt(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[(HeaderBytes + 48)..]);

    public static int SchemaVersion(ReadOnlySpan<byte> record) => ReadUInt16(record, HeaderBytes + 6);

    public static int BatchIndex(ReadOnlySpan<byte> record) => ReadUInt16(record, HeaderBytes + 8);

    public static int BatchCount(ReadOnlySpan<byte> record) => ReadUInt16(record, HeaderBytes + 10);

    public static Guid Id(ReadOnlySpan<byte> record) => new(IdBytes(record), bigEndian: true);

    public static ReadOnlySpan<byte> IdBytes(ReadOnlySpan<byte> record) => record.Slice(HeaderBytes + 56, 16);

    public static long OccurredAt(ReadOnlySpan<byte> record) =>
        Has(record, Present.OccurredAt)
            ? BinaryPrimitives.ReadInt64LittleEndian(record[(HeaderBytes + FixedBytes)..])
            : RecordedAt(record);

    public static Guid? CorrelationId(ReadOnlySpan<byte> record) =>
        Has(record, Present.CorrelationId)
            ? new(record.Slice(HeaderBytes + FixedBytes + (Has(record, Present.OccurredAt) ? 8 : 0), 16), bigEndian: true)
            : null;

    public static Guid? CausationId(ReadOnlySpan<byte> record) =>
        Has(record, Present.CausationId) ? new(record.Slice(NamesOffset(record) - 16, 16), bigEndian: true) : null;

    public static ReadOnlySpan<byte> Stream(ReadOnlySpan<byte> record) => record.Slice(NamesOffset(record), StreamBytes(record));

    public static ReadOnlySpan<byte> Type(ReadOnlySpan<byte> record) =>
        record.Slice(NamesOffset(record) + StreamBytes(record), TypeBytes(record));

    public static string ContentType(ReadOnlySpan<byte> record)
    {
        var length = ReadUInt16(record, HeaderBytes + 24);
        return length == 0
            ? EventLimits.ContentTypeDefault
            : Encoding.ASCII.GetString(record.Slice(NamesOffset(record) + StreamBytes(record) + TypeBytes(record), length));
    }

    public static TagBytes Tags(ReadOnlySpan<byte> record) =>
        new(record[TagsOffset(record)..], ReadUInt16(record, HeaderBytes + 26));

    /// <summary>Where data and metadata lie in the record.</summary>
    public static (int Start, int DataBytes, int MetadataBytes) Payload(ReadOnlySpan<byte> record) =>
        (HeaderBytes + ReadInt32(record, HeaderBytes), ReadInt32(record, HeaderBytes + 12), ReadInt32(record, HeaderBytes + 16));

    /// <summary>Where its payload lies, with the zeros that make it long enough for a digest.</summary>
    public static (int Start, int Length) PayloadPlace(ReadOnlySpan<byte> record)
    {
        var (start, data, metadata) = Payload(record);
        return (start, (int)PayloadBytes((long)data + metadata));
    }

    /// <returns>Its length.</returns>
    private static int WriteEnvelope(Span<byte> envelope, EventData data, int index, int count)
    {
        var json = data.ContentType == EventLimits.ContentTypeDefault;
        var present = (data.OccurredAt is null ? 0 : Present.OccurredAt)
            | (data.CorrelationId is null ? 0 : Present.CorrelationId)
            | (data.CausationId is null ? 0 : Present.CausationId);

        envelope[..FixedBytes].Clear();
        envelope[4] = LayoutVersion;
        envelope[5] = (byte)present;
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[6..], (ushort)data.SchemaVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[8..], (ushort)index);
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[10..], (ushort)count);
        BinaryPrimitives.WriteInt32LittleEndian(envelope[12..], data.Data.Length);
        BinaryPrimitives.WriteInt32LittleEndian(envelope[16..], data.Metadata.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[26..], (ushort)data.Tags.Count);
        data.Id.TryWriteBytes(envelope[56..], bigEndian: true, out _);

        var rest = envelope[FixedBytes..];
        if (data.OccurredAt is { } occurred)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, UnixMicroseconds.From(occurred));
            rest = rest[8..];
        }

        rest = WriteId(rest, data.CorrelationId);
        rest = WriteId(rest, data.CausationId);
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[20..], WriteText(ref rest, data.Stream.Value));
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[22..], WriteText(ref rest, data.Type.Value));
        BinaryPrimitives.WriteUInt16LittleEndian(envelope[24..], WriteText(ref rest, json ? "" : data.ContentType));
        foreach (var tag in data.Tags)
        {
            var length = rest;
            rest = rest[2..];
            BinaryPrimitives.WriteUInt16LittleEndian(length, WriteText(ref rest, tag.Text));
        }

        var written = envelope.Length - rest.Length;
        BinaryPrimitives.WriteInt32LittleEndian(envelope, written);
        return written;
    }

    private static Span<byte> WriteId(Span<byte> target, Guid? id)
    {
        if (id is null)
            return target;

        id.Value.TryWriteBytes(target, bigEndian: true, out _);
        return target[16..];
    }

    private static ushort WriteText(ref Span<byte> target, string text)
    {
        var written = Encoding.UTF8.GetBytes(text, target);
        target = target[written..];
        return (ushort)written;
    }

    private static int EnvelopeBytesOf(EventData data)
    {
        var bytes = FixedBytes
            + (data.OccurredAt is null ? 0 : 8)
            + (data.CorrelationId is null ? 0 : 16)
            + (data.CausationId is null ? 0 : 16)
            + Encoding.UTF8.GetByteCount(data.Stream.Value)
            + Encoding.UTF8.GetByteCount(data.Type.Value)
            + (data.ContentType == EventLimits.ContentTypeDefault ? 0 : data.ContentType.Length);
        foreach (var tag in data.Tags)
            bytes += 2 + Encoding.UTF8.GetByteCount(tag.Text);

        return bytes;
    }

    private static void SealPayload(Span<byte> record, uint state)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], state);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], PayloadChecksum(record));
    }

    private static uint PayloadChecksum(ReadOnlySpan<byte> record)
    {
        var (start, length) = PayloadPlace(record);
        var seed = Crc32C.Of(record.Slice(8, 4), Crc32C.Of(record.Slice(HeaderBytes + 56, 16)));
        return Crc32C.Of(record.Slice(start, length), seed);
    }

    // A checksum vouches for the bytes, not for whoever wrote them: no accessor may fail, run past the envelope, or make something up.
    private static bool AddsUp(ReadOnlySpan<byte> envelope)
    {
        var (names, stream, type) = (FixedBytes + OptionalBytes((Present)envelope[5]), ReadUInt16(envelope, 20), ReadUInt16(envelope, 22));
        var offset = names + stream + type + ReadUInt16(envelope, 24);
        if (!IsInRange(envelope) || offset > envelope.Length)
            return false;

        // Nearly all names are ASCII, and that is seen at one glance.
        var isPlain = Ascii.IsValid(envelope[names..]);
        if (!isPlain && !AreTexts(envelope[names..offset], stream, type))
            return false;

        for (var tag = ReadUInt16(envelope, 26); tag > 0; tag--)
        {
            if (offset + 2 > envelope.Length)
                return false;

            var length = ReadUInt16(envelope, offset);
            offset += 2;
            if (length > EventLimits.NameBytesMax || offset + length > envelope.Length)
                return false;

            var text = envelope.Slice(offset, length);
            var colon = text.IndexOf((byte)':');
            if (colon <= 0 || colon == length - 1 || (!isPlain && !Utf8.IsValid(text)))
                return false;
            offset += length;
        }

        return offset == envelope.Length;
    }

    private static bool AreTexts(ReadOnlySpan<byte> names, int stream, int type) =>
        Utf8.IsValid(names[..stream]) && Utf8.IsValid(names.Slice(stream, type)) && Utf8.IsValid(names[(stream + type)..]);

    private static bool IsInRange(ReadOnlySpan<byte> envelope) =>
        envelope[4] == LayoutVersion
        && (envelope[5] & ~(byte)Present.All) == 0
        && ReadUInt16(envelope, 6) > 0
        && ReadUInt16(envelope, 10) is <= EventLimits.BatchEventsMax and var count && ReadUInt16(envelope, 8) < count
        && ReadUInt16(envelope, 20) is > 0 and <= EventLimits.NameBytesMax
        && ReadUInt16(envelope, 22) is > 0 and <= EventLimits.NameBytesMax
        && ReadUInt16(envelope, 24) <= EventLimits.ContentTypeBytesMax
        && ReadUInt16(envelope, 26) <= EventLimits.TagsMax
        && ReadInt32(envelope, 28) == 0
        && HasPlace(envelope);

    private static bool HasPlace(ReadOnlySpan<byte> envelope)
    {
        var hasOccurredAt = ((Present)envelope[5] & Present.OccurredAt) != 0;
        return BinaryPrimitives.ReadInt64LittleEndian(envelope[32..]) > 0
            && BinaryPrimitives.ReadInt64LittleEndian(envelope[40..]) > 0
            && UnixMicroseconds.IsTime(BinaryPrimitives.ReadInt64LittleEndian(envelope[48..]))
            && (BinaryPrimitives.ReadInt64LittleEndian(envelope[56..]) | BinaryPrimitives.ReadInt64LittleEndian(envelope[64..])) != 0
            && (!hasOccurredAt || (envelope.Length >= FixedBytes + 8 && UnixMicroseconds.IsTime(BinaryPrimitives.ReadInt64LittleEndian(envelope[FixedBytes..]))));
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    private static bool Has(ReadOnlySpan<byte> record, Present what) => ((Present)record[HeaderBytes + 5] & what) != 0;

    private static int OptionalBytes(Present present) =>
        ((present & Present.OccurredAt) != 0 ? 8 : 0)
        + ((present & Present.CorrelationId) != 0 ? 16 : 0)
        + ((present & Present.CausationId) != 0 ? 16 : 0);

    private static int NamesOffset(ReadOnlySpan<byte> record) =>
        HeaderBytes + FixedBytes + OptionalBytes((Present)record[HeaderBytes + 5]);

    private static int TagsOffset(ReadOnlySpan<byte> record) =>
        NamesOffset(record) + StreamBytes(record) + TypeBytes(record) + ReadUInt16(record, HeaderBytes + 24);

    private static int StreamBytes(ReadOnlySpan<byte> record) => ReadUInt16(record, HeaderBytes + 20);

    private static int TypeBytes(ReadOnlySpan<byte> record) => ReadUInt16(record, HeaderBytes + 22);

    private static long PayloadBytes(long contentBytes) => Math.Max(PayloadBytesMin, SaltBytes + contentBytes);

    private static long Aligned(long bytes) => (bytes + Alignment - 1) & ~(Alignment - 1L);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadUInt16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    /// <summary>The tags of a record, one after the other, without making strings.</summary>
    public ref struct TagBytes(ReadOnlySpan<byte> bytes, int count)
    {
        private ReadOnlySpan<byte> rest = bytes;
        private int left = count;

        public readonly int Count => left;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly TagBytes GetEnumerator() => this;

        public bool MoveNext()
        {
            if (left-- <= 0)
                return false;

            var length = ReadUInt16(rest, 0);
            Current = rest.Slice(2, length);
            rest = rest[(2 + length)..];
            return true;
        }
    }
}
