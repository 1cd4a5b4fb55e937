using Clew.Events;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Sweep.Directed;

namespace Clew.Sweep.Tampering;

/// <summary>
/// Writes a history anew as if it had always been that: the identity of the log it replaces, and every checksum, chain value, mark and index
/// as the engine would have made them.
/// </summary>
internal static class Forger
{
    public static MemoryDisk Write(MemoryDisk original, IReadOnlyList<LoggedBatch> batches)
    {
        var store = StoreHeader.Read(original[StoreHeader.FileName], original.Name);
        var first = LogOnDisk.Of(original).Segments[0];
        var groups = new List<byte>();
        var header = first with { FileBytes = 1 << 30 };
        var point = LogPoint.Start;
        var versions = new Dictionary<StreamName, long>();
        foreach (var batch in batches)
            point = Append(header, point, batch, versions, groups);

        header = first with { FileBytes = (SegmentHeader.Bytes + groups.Count + 65_536) / 4_096 * 4_096 };
        var forged = new MemoryDisk
        {
            [StoreHeader.FileName] = original[StoreHeader.FileName],
            [header.FileName] = [.. header.ToBytes(), .. groups, .. new byte[header.FileBytes - SegmentHeader.Bytes - groups.Count]],
        };
        var mark = new byte[Watermark.FileBytes];
        new Watermark(store.Lineage, point, IsClean: true, Write: 1).CopyTo(mark);
        forged[Watermark.FileName] = mark;

        // The engine itself makes what is derived.
        KilledStore.Close(forged);
        return forged;
    }

    private static LogPoint Append(
        SegmentHeader segment, LogPoint point, LoggedBatch batch, Dictionary<StreamName, long> versions, List<byte> groups)
    {
        List<byte> bytes = [.. new byte[GroupHeader.Bytes]];
        var (checksum, position) = (segment.Seed, point.Position);
        for (var index = 0; index < batch.Entries.Count; index++)
        {
            var (data, salt) = batch.Entries[index];
            var record = new byte[EventRecord.BytesOf(data)];
            EventRecord.Write(record, data, index, batch.Entries.Count, salt);
            EventRecord.Place(record, ++position, versions[data.Stream] = versions.GetValueOrDefault(data.Stream) + 1, batch.RecordedAt, segment.Seed);
            checksum = Crc32C.Of(record.AsSpan(0, sizeof(uint)), checksum);
            bytes.AddRange(record);
        }

        var group = bytes.ToArray();
        new GroupHeader(group.Length, batch.Entries.Count, point.Group + 1, point.Position + 1, checksum, segment.LogId, point.Chain).Write(group, segment.Seed);
        groups.AddRange(group);
        return new(1, point.Offset + group.Length, point.Group + 1, position, batch.RecordedAt, GroupHeader.ChainAfter(group));
    }
}
