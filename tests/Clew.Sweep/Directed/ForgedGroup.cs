using Clew.Events;
using Clew.Store.Segments;

namespace Clew.Sweep.Directed;

/// <summary>A group made by hand, with right checksums: it continues the log after a point, but for what it is told otherwise.</summary>
internal sealed record ForgedGroup(SegmentHeader Segment, LogPoint After)
{
    public long Number { get; init; } = After.Group + 1;

    public long FirstPosition { get; init; } = After.Position + 1;

    public ChainValue Chain { get; init; } = After.Chain;

    public Guid LogId { get; init; } = Segment.LogId;

    /// <summary>How many positions after the first one each record says it is.</summary>
    public Func<int, int> PlaceOf { get; init; } = index => index;

    public byte[] Bytes(params IReadOnlyList<EventData> events)
    {
        List<byte> bytes = [.. new byte[GroupHeader.Bytes]];
        var checksum = Segment.Seed;
        for (var index = 0; index < events.Count; index++)
        {
            var record = new byte[EventRecord.BytesOf(events[index])];
            EventRecord.Write(record, events[index], index, events.Count, new byte[EventRecord.SaltBytes]);
            EventRecord.Place(record, FirstPosition + PlaceOf(index), 1, After.RecordedAt, Segment.Seed);
            checksum = Crc32C.Of(record.AsSpan(0, sizeof(uint)), checksum);
            bytes.AddRange(record);
        }

        var group = bytes.ToArray();
        new GroupHeader(group.Length, events.Count, Number, FirstPosition, checksum, LogId, Chain).Write(group, Segment.Seed);
        return group;
    }
}
