using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>Reads a segment from its beginning towards its end, group by group, checking all of it.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class GroupScanner(SegmentSet segments, SegmentHeader first)
{
    /// <summary>So much is still in the processor's cache when it is looked at.</summary>
    private const int WindowBytes = 256 * 1024;

    private SegmentHeader segment = first;
    private byte[] window = [];
    private int windowStart;
    private int windowLength;

    // Where the records of the last group lie in the segment.
    private (int Start, int Length) records;

    public SegmentHeader Segment => segment;

    /// <summary>Goes on in another segment.</summary>
    public void MoveTo(SegmentHeader next)
    {
        segment = next;
        Forget();
    }

    /// <summary>The group after a point.</summary>
    /// <returns>The point after it; null where no sound group that continues the log begins there.</returns>
    public async ValueTask<LogPoint?> NextAsync(LogPoint point)
    {
        if (await HeaderAsync(point) is not { } header)
            return null;
        if (LastRecordedAt(header) is { } recordedAt)
            return PointAfter(point, header, recordedAt);

        // Some of its events may be being erased just now, or were when they were read. The journal is looked at before they are read again:
        // where the journal is gone, they are overwritten by then.
        var erasing = await segments.ErasingAsync();
        Forget();
        if (await HeaderAsync(point) is not { } again)
            return null;

        Finish(erasing);
        return LastRecordedAt(again) is { } found ? PointAfter(point, again, found) : null;
    }

    /// <summary>Goes through the records of the group that was read last.</summary>
    public void ForEachRecord(RecordVisitor visit)
    {
        for (var at = 0; at < records.Length;)
        {
            var rest = At(records.Start + at, records.Length - at);
            EventRecord.TryMeasure(rest, out var recordBytes);
            visit(rest[..recordBytes], (uint)(records.Start + at));
            at += recordBytes;
        }
    }

    /// <summary>Where the first sound group header lies that could only have been written after a point.</summary>
    public async ValueTask<int?> FindLaterAsync(LogPoint point)
    {
        for (var offset = point.Offset; offset + GroupHeader.Bytes <= segment.FileBytes; offset += EventRecord.Alignment)
        {
            if (!await LoadAsync(offset, GroupHeader.Bytes))
                return null;
            if (GroupHeader.TryRead(At(offset, GroupHeader.Bytes), segment.Seed, out var header)
                && header.LogId == segment.LogId
                && header.Number > point.Group + 1)
            {
                return offset;
            }
        }

        return null;
    }

    /// <summary>The end of the last byte after an offset that is not zero; the offset itself where all are.</summary>
    public async ValueTask<int> EndOfDataAsync(int offset)
    {
        var end = offset;
        for (var at = offset; at < segment.FileBytes; at += WindowBytes)
        {
            var length = Math.Min(WindowBytes, segment.FileBytes - at);
            if (!await LoadAsync(at, length))
                length = Math.Max(0, windowStart + windowLength - at);
            if (length > 0 && At(at, length).LastIndexOfAnyExcept((byte)0) is var last and >= 0)
                end = at + last + 1;
        }

        return end;
    }

    /// <summary>What is wrong with the group after a point, for which <see cref="NextAsync"/> found no sound one.</summary>
    public async ValueTask<Damage> DiagnoseAsync(LogPoint point)
    {
        var erasing = await segments.ErasingAsync();
        Forget();
        if (!await LoadAsync(point.Offset, GroupHeader.Bytes) || !GroupHeader.TryRead(At(point.Offset, GroupHeader.Bytes), segment.Seed, out var header))
            return new(segment.FileName, point.Offset, new(point.Position + 1), "the header of a group is not as it was written");
        if (header.Length > segment.FileBytes - point.Offset || !await LoadAsync(point.Offset, header.Length))
            return new(segment.FileName, point.Offset, new(point.Position + 1), "a group is longer than its segment");

        records = (point.Offset + GroupHeader.Bytes, header.Length - GroupHeader.Bytes);
        Finish(erasing);
        var (offset, position) = (point.Offset + GroupHeader.Bytes, point.Position + 1);
        var rest = At(offset, header.Length - GroupHeader.Bytes);
        while (EventRecord.TryMeasure(rest, out var recordBytes) && recordBytes <= rest.Length
            && EventRecord.IsSound(rest[..recordBytes], segment.Seed) && EventRecord.Position(rest) == position)
        {
            rest = rest[recordBytes..];
            offset += recordBytes;
            position++;
        }

        return rest.IsEmpty
            ? new(segment.FileName, point.Offset, new(point.Position + 1), "a group is whole, but does not continue the log before it")
            : new(segment.FileName, offset, new(position), "an event is not as it was written");
    }

    /// <summary>Some of the bytes read, or about to be.</summary>
    /// <returns>False where the file ends before.</returns>
    public async ValueTask<bool> LoadAsync(int offset, int length)
    {
        if (offset >= windowStart && offset + length <= windowStart + windowLength)
            return true;

        var wanted = Math.Max(length, Math.Min(WindowBytes, segment.FileBytes - offset));
        var kept = Keep(offset, wanted);
        windowLength = kept + await segments.ReadAsync(segment, window.AsMemory(kept, wanted - kept), offset + kept);
        return length <= windowLength;
    }

    /// <summary>Reads anew what it looks at from now on: the writer may have gone on where there was nothing yet.</summary>
    public void Forget() => windowLength = 0;

    /// <summary>Bytes that were loaded.</summary>
    public ReadOnlySpan<byte> At(int offset, int length) => window.AsSpan(offset - windowStart, length);

    public ReadOnlyMemory<byte> MemoryAt(int offset, int length) => window.AsMemory(offset - windowStart, length);

    /// <summary>Moves the window to an offset, and makes it large enough.</summary>
    /// <returns>How many of its bytes are read already.</returns>
    private int Keep(int offset, int wanted)
    {
        var known = offset >= windowStart && offset < windowStart + windowLength ? At(offset, windowStart + windowLength - offset) : [];
        var target = window.Length < wanted ? GC.AllocateUninitializedArray<byte>(wanted) : window;
        known.CopyTo(target);
        (window, windowStart) = (target, offset);
        return known.Length;
    }

    /// <returns>The header of the group after a point; null where none that continues the log lies there with all of its bytes.</returns>
    private async ValueTask<GroupHeader?> HeaderAsync(LogPoint point)
    {
        if (!await LoadAsync(point.Offset, GroupHeader.Bytes)
            || !GroupHeader.TryRead(At(point.Offset, GroupHeader.Bytes), segment.Seed, out var header)
            || header.LogId != segment.LogId
            || header.Number != point.Group + 1
            || header.FirstPosition != point.Position + 1
            || !header.Chain.Equals(point.Chain)
            || header.Length > segment.FileBytes - point.Offset
            || !await LoadAsync(point.Offset, header.Length))
        {
            return null;
        }

        records = (point.Offset + GroupHeader.Bytes, header.Length - GroupHeader.Bytes);
        return header;
    }

    private LogPoint PointAfter(LogPoint point, GroupHeader header, long recordedAt) => new(
        segment.Number, point.Offset + header.Length, header.Number, point.Position + header.Records, recordedAt,
        GroupHeader.ChainAfter(At(point.Offset, GroupHeader.Bytes)));

    // In memory: on the disk only a writer does it.
    private void Finish(ErasureJournal? erasing)
    {
        var rest = window.AsSpan(records.Start - windowStart, records.Length);
        while (erasing is not null && EventRecord.TryMeasure(rest, out var recordBytes) && recordBytes <= rest.Length)
        {
            erasing.Finish(rest[..recordBytes], segment.Seed);
            rest = rest[recordBytes..];
        }
    }

    /// <returns>The recorded time of the group's last event; null where its records are not what its header says.</returns>
    private long? LastRecordedAt(GroupHeader header)
    {
        var rest = At(records.Start, records.Length);
        var (checksum, recordedAt) = (segment.Seed, 0L);
        for (var index = 0; index < header.Records; index++)
        {
            if (!EventRecord.TryMeasure(rest, out var recordBytes) || recordBytes > rest.Length)
                return null;

            var record = rest[..recordBytes];
            if (!EventRecord.IsSound(record, segment.Seed) || EventRecord.Position(record) != header.FirstPosition + index)
                return null;

            checksum = Crc32C.Of(record[..sizeof(uint)], checksum);
            recordedAt = EventRecord.RecordedAt(record);
            rest = rest[recordBytes..];
        }

        return rest.IsEmpty && checksum == header.RecordsChecksum ? recordedAt : null;
    }
}

internal delegate void RecordVisitor(ReadOnlySpan<byte> record, uint offset);
