using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>Reads events by their positions, many with one read where they lie close together, and checks every byte of them.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class RecordReader(LogView view, IndexParts parts)
{
    private const int ChunkBytes = 64 * 1024;
    private const int GapBytes = 4 * 1024;
    private const int UnknownEndBytes = 4 * 1024;
    private const int LookAhead = 512;

    /// <summary>Events that are further apart are read and kept one by one.</summary>
    private const int NearPositions = 16;

    private uint[] offsets = new uint[2];
    private readonly long[] single = new long[1];
    private readonly List<RecordedEvent> found = new(1);

    /// <summary>Reads one event.</summary>
    /// <exception cref="StoreCorruptedException">It is not there as it was written.</exception>
    public ValueTask<RecordedEvent> ReadAsync(long position) =>
        view.Events.Find(position) is { } record ? new(new RecordedEvent(record, 0, record.Length)) : ReadAloneAsync(position);

    /// <summary>Reads the first of some positions, and those behind it that come at little cost.</summary>
    /// <param name="positions">Ascending; at least one.</param>
    /// <param name="into">Where the events are added.</param>
    /// <returns>How many were read.</returns>
    /// <exception cref="StoreCorruptedException">One is not there as it was written.</exception>
    public async ValueTask<int> ReadAsync(ReadOnlyMemory<long> positions, List<RecordedEvent> into)
    {
        var (done, bytes) = (0, 0);
        while (done < positions.Length && bytes < ChunkBytes && IsAlone(positions.Span[done..]))
        {
            var recorded = await ReadAsync(positions.Span[done++]);
            bytes += recorded.Record.Length;
            into.Add(recorded);
        }

        return done > 0 ? done : await ReadTogetherAsync(positions, into);
    }

    private static bool IsAlone(ReadOnlySpan<long> positions) => positions.Length == 1 || positions[1] - positions[0] > NearPositions;

    private async ValueTask<RecordedEvent> ReadAloneAsync(long position)
    {
        var kept = view.Events;
        single[0] = position;
        found.Clear();
        await ReadTogetherAsync(single, found);
        var record = found[0].Record.ToArray();
        kept.Add(record);
        return new(record, 0, record.Length);
    }

    private async ValueTask<int> ReadTogetherAsync(ReadOnlyMemory<long> positions, List<RecordedEvent> into)
    {
        var first = positions.Span[0];
        var segment = view.Segments.Of(first);
        var part = parts[parts.IndexOf(first)];
        var last = Math.Min(Math.Min(part.Last, view.Segments.FirstAfter(segment) - 1), first + LookAhead);

        // What is not durable yet may be taken back at any moment.
        last = Math.Min(last, Math.Max(first, view.Head.Position.Value));
        var count = 1;
        while (count < positions.Length && positions.Span[count] <= last)
            count++;

        var known = (int)(Math.Min(positions.Span[count - 1] + 1, last) - first) + 1;
        if (offsets.Length < known)
            offsets = new uint[LookAhead + 1];
        await part.OffsetsAsync(first, offsets.AsMemory(0, known));

        count = Reach(positions.Span[..count], known);
        var start = offsets[0];
        var lastOrdinal = (int)(positions.Span[count - 1] - first);
        var wanted = (lastOrdinal + 1 < known ? offsets[lastOrdinal + 1] : offsets[lastOrdinal] + UnknownEndBytes) - start;
        var (buffer, length) = await ReadBytesAsync(segment, start, (int)Math.Clamp(wanted, 0, EventLimits.BatchBytesMax));
        if (lastOrdinal + 1 == known && LengthOfLast(buffer.AsSpan(0, length), (int)(offsets[lastOrdinal] - start)) is var needed && needed > length)
            (buffer, length) = await ReadBytesAsync(segment, start, needed);

        for (var index = 0; index < count; index++)
        {
            var position = positions.Span[index];
            var at = (int)(offsets[position - first] - start);
            into.Add(IsEvent(segment, buffer.AsSpan(0, length), at, position, out var recordBytes)
                ? new(buffer, at, recordBytes)
                : await ReadAgainAsync(segment, offsets[position - first], position));
        }

        return count;
    }

    // How many of the positions lie close enough together for one read.
    private int Reach(ReadOnlySpan<long> positions, int known)
    {
        for (var index = 1; index < positions.Length; index++)
        {
            var ordinal = (int)(positions[index] - positions[0]);
            var endBefore = offsets[(int)(positions[index - 1] - positions[0]) + 1];
            var end = ordinal + 1 < known ? offsets[ordinal + 1] : offsets[ordinal] + UnknownEndBytes;
            if (offsets[ordinal] - endBefore > GapBytes || end - offsets[0] > ChunkBytes)
                return index;
        }

        return positions.Length;
    }

    private async ValueTask<(byte[] Buffer, int Length)> ReadBytesAsync(SegmentHeader segment, uint start, int length)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(length);
        var read = await view.Segments.ReadAsync(segment, buffer, start);
        return (buffer, read);
    }

    private static int LengthOfLast(ReadOnlySpan<byte> bytes, int start) =>
        (uint)start < (uint)bytes.Length && EventRecord.TryMeasure(bytes[start..], out var recordBytes) ? start + recordBytes : 0;

    // What is wrong may be an event that is being erased just now, or was when it was read. The journal is looked at before it is read again:
    // where the journal is gone, the event is overwritten by then.
    private async ValueTask<RecordedEvent> ReadAgainAsync(SegmentHeader segment, uint offset, long position)
    {
        var erasing = await view.Segments.ErasingAsync();
        var (buffer, length) = await ReadBytesAsync(segment, offset, UnknownEndBytes);
        if (LengthOfLast(buffer.AsSpan(0, length), 0) is var needed && needed > length)
            (buffer, length) = await ReadBytesAsync(segment, offset, needed);

        if (needed > 0 && needed <= length)
            erasing?.Finish(buffer.AsSpan(0, needed), segment.Seed);
        if (IsEvent(segment, buffer.AsSpan(0, length), 0, position, out var recordBytes))
            return new(buffer, 0, recordBytes);

        throw new StoreCorruptedException(
            $"Event {position} cannot be read: in {segment.FileName} at byte {offset} lies something else than was written there. " +
            "Run \"clew verify\" to see how much is damaged, and restore the file from a backup.",
            new(segment.FileName, offset, new(position), "the event's checksum or position is wrong"));
    }

    /// <summary>Whether the record of an event lies at a place, whole and sound.</summary>
    public static bool IsEvent(SegmentHeader segment, ReadOnlySpan<byte> bytes, int at, long position, out int recordBytes)
    {
        recordBytes = 0;
        return at >= 0 && at < bytes.Length
            && EventRecord.TryMeasure(bytes[at..], out recordBytes)
            && recordBytes <= bytes.Length - at
            && bytes.Slice(at, recordBytes) is var record
            && EventRecord.IsSound(record, segment.Seed)
            && EventRecord.Position(record) == position;
    }
}
