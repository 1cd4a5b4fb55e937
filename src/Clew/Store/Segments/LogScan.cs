namespace Clew.Store.Segments;

/// <summary>
/// Goes through the groups of the log from a point on, over as many segments as there are, and indexes their events in tails. The writer
/// does it once, when it opens; a reader goes on as the writer does.
/// </summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class LogScan(LogView view, LogPoint from)
{
    private readonly List<ulong> hashes = [];
    private GroupScanner? scanner;

    private bool sawErasure;

    /// <summary>How far it has come.</summary>
    public LogPoint Point { get; private set; } = from;

    /// <summary>Goes on up to a group, or to where no further group follows.</summary>
    /// <param name="group">Number of the last group that counts.</param>
    /// <param name="segmentDone">Called when a segment's end was passed, before the next one's groups are read.</param>
    public async ValueTask RunAsync(long group, Func<LogPoint, ValueTask>? segmentDone = null)
    {
        if (view.Segments.Numbered(Point.Segment) is var segment && scanner?.Segment != segment)
            scanner = new(view.Segments, segment);
        scanner.Forget();
        while (Point.Group < group)
        {
            // A segment that was begun right here says that what follows in this one was never answered.
            if (FollowingSegment() is { } following)
            {
                if (segmentDone is not null)
                    await segmentDone(Point);
                scanner = new(view.Segments, following);
                Point = Point with { Segment = following.Number, Offset = SegmentHeader.Bytes };
            }
            else if (await scanner.NextAsync(Point) is { } next)
            {
                Index(next);
                Point = next;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Whether the record of an erasure was among the events since it was last asked.</summary>
    public bool TakeErasure()
    {
        var saw = sawErasure;
        sawErasure = false;
        return saw;
    }

    /// <summary>For a look at what follows the last group.</summary>
    public GroupScanner Rest => scanner ??= new(view.Segments, view.Segments.Numbered(Point.Segment));

    private SegmentHeader? FollowingSegment()
    {
        if (view.Segments.Last.Number == Point.Segment)
            return null;

        var following = view.Segments.Numbered(Point.Segment + 1);
        return following.Continues(Point) ? following : null;
    }

    private void Index(LogPoint next)
    {
        var tails = view.Parts.Tails;
        var tail = tails.Count > 0 && tails[^1].Segment == next.Segment ? tails[^1] : null;
        if (tail is null)
        {
            tail = new(Point.Position + 1, next.Segment, view.Hasher);
            view.Change(parts => parts with { Tails = [.. parts.Tails, tail] });
        }

        scanner!.ForEachRecord((record, offset) =>
        {
            sawErasure |= ErasureRecord.Is(record);
            hashes.Clear();
            view.Hasher.Collect(record, hashes);
            tail.Add(record, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(hashes), offset);
        });
    }
}
