using System.Runtime.InteropServices;
using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>The next group of the log while it forms: batches that are answered together, and the records of those that are written.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class FormingGroup
{
    /// <summary>A group takes no further batch beyond this size; a single larger batch is a group of its own.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    private const int UsualBytes = 64 * 1024;
    private const int KeptBytesMax = 8 * 1024 * 1024;

    private readonly List<PreparedAppend> taken = [];
    private readonly List<int> starts = [];
    private byte[] buffer = new byte[UsualBytes];
    private SegmentHeader? segment;
    private int offset;
    private long first;
    private uint recordsChecksum;
    private long? recordedAt;

    /// <summary>The batches that it answers, those included that must be looked at again.</summary>
    public IReadOnlyList<PreparedAppend> Taken => taken;

    /// <summary>How many events are written with it.</summary>
    public int Count => starts.Count;

    /// <summary>The position of its last event.</summary>
    public long Last => first + Count - 1;

    /// <summary>Its bytes so far, with its header.</summary>
    public int Length { get; private set; }

    /// <summary>Where it ends in its segment.</summary>
    public int End => offset + Length;

    /// <summary>Says where it will lie; before its first batch.</summary>
    public void Begin(SegmentHeader segment, int offset, long first)
    {
        (this.segment, this.offset, this.first) = (segment, offset, first);
        (Length, recordsChecksum, recordedAt) = (GroupHeader.Bytes, segment.Seed, null);
    }

    /// <summary>Whether so many more bytes of records have room in the segment.</summary>
    public bool Fits(int recordBytes) => recordBytes <= segment!.FileBytes - End;

    /// <summary>Sets when its events are recorded, where that is not set yet.</summary>
    /// <exception cref="ClockRefusedException">The clock jumped.</exception>
    public void Stamp(StoreClock clock) => recordedAt ??= clock.Next();

    /// <summary>Takes a batch, and writes its events unless something came that its decision might rest on.</summary>
    public void Add(PreparedAppend append, IndexParts parts)
    {
        taken.Add(append);
        append.Outcome = default;
        if (SecondLook.HasNews(append, parts, Last))
            return;

        append.Outcome = new(Last + 1, IsWritten: true);
        Place(append, parts.Tails[^1]);
    }

    /// <summary>Takes an event as it was recorded elsewhere: with the place, the version and the time that it has.</summary>
    /// <param name="recorded">Its record.</param>
    /// <param name="hashes">Of its stream, its type, and its tags.</param>
    /// <param name="tail">The index of the segment.</param>
    public void Add(ReadOnlySpan<byte> recorded, ReadOnlySpan<ulong> hashes, TailIndex tail)
    {
        Grow(Length + recorded.Length);
        var record = buffer.AsSpan(Length, recorded.Length);
        recorded.CopyTo(record);
        EventRecord.SealEnvelope(record, segment!.Seed);
        recordedAt = EventRecord.RecordedAt(record);
        Take(record, hashes, tail);
    }

    /// <summary>Writes its header.</summary>
    /// <param name="before">Where the log ends before it.</param>
    /// <param name="logId">Of which log.</param>
    /// <param name="zerosAhead">How many zeros follow it.</param>
    /// <returns>What is to be written, with the zeros.</returns>
    public ReadOnlyMemory<byte> Seal(LogPoint before, Guid logId, int zerosAhead)
    {
        Grow(Length + zerosAhead);
        buffer.AsSpan(Length, zerosAhead).Clear();
        new GroupHeader(Length, Count, before.Group + 1, first, recordsChecksum, logId, before.Chain).Write(buffer, segment!.Seed);
        return buffer.AsMemory(0, Length + zerosAhead);
    }

    /// <summary>Where the log ends behind it, once it is sealed.</summary>
    public LogPoint PointBehind(LogPoint before) =>
        new(segment!.Number, End, before.Group + 1, Last, recordedAt!.Value, GroupHeader.ChainAfter(buffer));

    /// <summary>Takes its events out of the index again: it found no space, and they were never there.</summary>
    public void TakeBack(TailIndex tail)
    {
        for (var index = starts.Count - 1; index >= 0; index--)
            tail.RemoveLast(buffer.AsSpan(starts[index]));

        starts.Clear();
    }

    /// <summary>Once its batches are answered.</summary>
    public void Clear()
    {
        taken.Clear();
        starts.Clear();
        if (buffer.Length > KeptBytesMax)
            buffer = new byte[UsualBytes];
    }

    private void Place(PreparedAppend append, TailIndex tail)
    {
        Grow(Length + append.Length);
        append.Records.CopyTo(buffer.AsSpan(Length));
        var hashes = CollectionsMarshal.AsSpan(append.Hashes);
        for (var index = 0; index < append.Count; index++)
        {
            var record = buffer.AsSpan(Length, append.Record(index).Length);
            EventRecord.Place(record, Last + 1, ++append.StreamOf(index).Version, recordedAt!.Value, segment!.Seed);
            hashes = hashes[Take(record, hashes, tail)..];
        }
    }

    /// <returns>How many of the hashes were the record's.</returns>
    private int Take(ReadOnlySpan<byte> record, ReadOnlySpan<ulong> hashes, TailIndex tail)
    {
        recordsChecksum = Crc32C.Of(record[..sizeof(uint)], recordsChecksum);
        var used = tail.Add(record, hashes, (uint)End);
        starts.Add(Length);
        Length += record.Length;
        return used;
    }

    private void Grow(int bytes)
    {
        if (buffer.Length < bytes)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, bytes));
    }
}
