namespace Clew.Store.Segments;

/// <summary>
/// Finds where the log ends, when a writer opens it: reads what has no index file yet, tells a torn tail from damage, and makes sure
/// that everything up to the end is on the device and not merely in the system's cache.
/// </summary>
internal static class Recovery
{
    private const int CopyBytes = 1024 * 1024;

    /// <returns>Where the log ends.</returns>
    /// <exception cref="StoreCorruptedException">Durable events are gone or damaged. Nothing was changed.</exception>
    public static async ValueTask<LogPoint> RunAsync(LogView view, IDisk disk, IndexKeeper keeper, Watermark? mark)
    {
        StoreFolder.CheckReach(view.Segments, mark);
        var parts = view.Parts;
        var from = parts.Files.Count > 0 ? parts.Files[^1].Header.End : LogPoint.Start with { Segment = view.Segments.Headers[0].Number };
        CheckStart(view, parts, from);

        var isClean = mark is { IsClean: true } && mark.Point.Group >= from.Group && await IsEndAsync(view, mark.Point);
        var scan = await ScanAsync(view, keeper, from, isClean ? mark!.Point.Group : long.MaxValue);
        var end = scan.Point;

        if (mark is not null && mark.Point.Group > end.Group)
            throw Lost(view, end, mark.Point.Position, "the log ends before events that were durable");
        if (isClean)
        {
            if (!mark!.Point.IsAt(end))
                throw OfAnotherHistory(mark.Point);

            // Where the last segment is still empty, the one before it is full, and its tail grows no more.
            if (mark.Point.Segment != end.Segment)
                await FileAsync(view, keeper, end);
            return mark.Point;
        }

        if (view.Segments.Last.Number != end.Segment)
            throw Lost(view, end, null, "a group is damaged, and a later segment follows");
        if (await scan.Rest.FindLaterAsync(end) is { } later)
            throw Lost(view, end, null, $"a group is damaged, and a later one follows at byte {later}");

        // A store that has taken appends has a durable mark, which tells a torn group from a damaged one. It is gone, so nobody can tell.
        if (mark is null && end.Group > 0 && await scan.Rest.EndOfDataAsync(end.Offset) > end.Offset)
            throw Lost(view, end, null, $"what follows is no whole group, and {Watermark.FileName}, which would say whether it was durable, is gone");

        if (mark is not null && !await IsOfThisHistoryAsync(view, mark.Point, end))
            throw OfAnotherHistory(mark.Point);

        // Before anything is written: it may find that the end of the log is lost and not torn.
        await UnfinishedErasure.FindAsync(view, disk, end.Position);
        await RewriteAsync(disk, scan.Rest, end, mark);
        return end;
    }

    // A segment may have been begun after a clean end. A group follows it where the mark is older than the log: the newer one is gone, or the
    // files were copied one after the other.
    private static async ValueTask<bool> IsEndAsync(LogView view, LogPoint point) =>
        point.Segment == view.Segments.Last.Number && await new GroupScanner(view.Segments, view.Segments.Last).NextAsync(point) is null;

    /// <summary>Whether the place is there from which reading goes on behind the index files.</summary>
    /// <exception cref="StoreCorruptedException">It is not.</exception>
    public static void CheckStart(LogView view, IndexParts parts, LogPoint from)
    {
        var isThere = from.Segment >= view.Segments.Headers[0].Number && from.Segment <= view.Segments.Last.Number
            && from.Offset <= view.Segments.Numbered(from.Segment).FileBytes;
        if (!isThere)
            throw StoreFolder.Damaged(parts.Files[^1].Name, null, "it covers events of segments that are not there", "Bring the missing segments back.", from.Position);
    }

    // A group that was durable cannot have become another one. The header behind a mark holds the hash of the group before, so no more is read.
    private static async ValueTask<bool> IsOfThisHistoryAsync(LogView view, LogPoint marked, LogPoint end)
    {
        if (marked.Group == end.Group)
            return marked.IsAt(end);
        if (marked.Segment < view.Segments.Last.Number && view.Segments.Numbered(marked.Segment + 1) is var following && following.FirstGroup == marked.Group + 1)
            return following.Continues(marked);

        var scanner = new GroupScanner(view.Segments, view.Segments.Numbered(marked.Segment));
        return await scanner.LoadAsync(marked.Offset, GroupHeader.Bytes)
            && GroupHeader.TryRead(scanner.At(marked.Offset, GroupHeader.Bytes), scanner.Segment.Seed, out var behind)
            && behind.Number == marked.Group + 1
            && behind.FirstPosition == marked.Position + 1
            && behind.Chain.Equals(marked.Chain);
    }

    /// <summary>Indexes the events from a point on, up to a group or to where no further one follows.</summary>
    public static async ValueTask<LogScan> ScanAsync(LogView view, IndexKeeper keeper, LogPoint from, long group)
    {
        var scan = new LogScan(view, from);
        await scan.RunAsync(group, point => FileAsync(view, keeper, point));
        return scan;
    }

    // An index that is gone is made anew on the way, so that memory holds only the last stretch.
    private static async ValueTask FileAsync(LogView view, IndexKeeper keeper, LogPoint point)
    {
        // A segment that holds nothing, because the first batch that wanted in was too large for it, has no tail of its own.
        if (view.Parts.Tails.Count > 0 && view.Parts.Tails[^1].Segment == point.Segment)
            keeper.Freeze(view.Parts.Tails[^1], point);
        if (keeper.FrozenCount >= LogEnd.FrozenMax)
            await keeper.FileTailsAsync();
    }

    // What was read may be in the cache only, and clean there after a flush that failed: it is written again, so that the flush counts.
    private static async ValueTask RewriteAsync(IDisk disk, GroupScanner scanner, LogPoint end, Watermark? mark)
    {
        var segment = scanner.Segment;
        var proven = mark?.Point.Segment == end.Segment ? mark.Point.Offset : SegmentHeader.Bytes;
        var endOfData = await scanner.EndOfDataAsync(end.Offset);
        using var file = await disk.OpenAsync(segment.FileName, FileUse.Write);
        for (var at = proven; at < end.Offset; at += CopyBytes)
        {
            var length = Math.Min(CopyBytes, end.Offset - at);
            if (!await scanner.LoadAsync(at, length))
                throw StoreFolder.Damaged(segment.FileName, at, "it cannot be read again", "Restore the file from a backup.");
            await file.WriteAsync(scanner.MemoryAt(at, length), at);
        }

        for (var at = end.Offset; at < endOfData; at += CopyBytes)
            await file.WriteAsync(new byte[Math.Min(CopyBytes, endOfData - at)], at);

        await file.SyncAsync();
        await disk.SyncFolderAsync();
    }

    /// <summary>The mark names a group that the log does not have: another one has its number.</summary>
    public static StoreCorruptedException OfAnotherHistory(LogPoint marked) => StoreFolder.Damaged(
        Watermark.FileName,
        null,
        $"it says that group {marked.Group}, up to position {marked.Position}, was durable, and that is not what the log has there",
        $"The segments and {Watermark.FileName} are of two histories: restore the whole folder from one backup. Where a copy or seals say that the segments " +
        $"are right (clew verify), move {Watermark.FileName} away, and the next writer makes it anew.",
        marked.Position);

    private static StoreCorruptedException Lost(LogView view, LogPoint end, long? upTo, string what) => StoreFolder.Damaged(
        view.Segments.Numbered(end.Segment).FileName,
        end.Offset,
        $"{what}; events from position {end.Position + 1}{(upTo is null ? "" : $" to {upTo}")} are affected",
        "The store does not open for writing like this. Run \"clew verify\" to see how much is damaged, and restore from a backup.",
        end.Position + 1);
}
