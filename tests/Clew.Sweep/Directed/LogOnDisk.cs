using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>Where the groups of a log in memory begin and end, for who wants to damage them or to forge one.</summary>
internal sealed record LogOnDisk(IReadOnlyList<SegmentHeader> Segments, IReadOnlyList<GroupOnDisk> Groups)
{
    public LogPoint End => Groups.Count == 0 ? LogPoint.Start : Groups[^1].After;

    public SegmentHeader Last => Segments[^1];

    public static LogOnDisk Of(MemoryDisk disk) => OfAsync(disk).GetAwaiter().GetResult();

    private static async Task<LogOnDisk> OfAsync(MemoryDisk disk)
    {
        var store = StoreHeader.Read(disk[StoreHeader.FileName], disk.Name);
        using var segments = await StoreFolder.SegmentsAsync(disk, new(options: null), [.. disk.Names], store.Lineage.LogId);
        var groups = new List<GroupOnDisk>();
        var point = LogPoint.Start;
        foreach (var segment in segments.Headers)
        {
            var scanner = new GroupScanner(segments, segment);
            point = point with { Segment = segment.Number, Offset = SegmentHeader.Bytes };
            while (await scanner.NextAsync(point) is { } next)
            {
                groups.Add(new(segment, point, next));
                point = next;
            }
        }

        return new(segments.Headers, groups);
    }
}

/// <param name="Segment">The segment that holds it.</param>
/// <param name="Before">Where it begins.</param>
/// <param name="After">Where it ends.</param>
internal sealed record GroupOnDisk(SegmentHeader Segment, LogPoint Before, LogPoint After)
{
    public string File => Segment.FileName;

    public int Offset => Before.Offset;

    public int Length => After.Offset - Before.Offset;
}
