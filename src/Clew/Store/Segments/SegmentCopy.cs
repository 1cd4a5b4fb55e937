using System.Runtime.InteropServices;
using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>
/// Copies a log into a replica segment by segment, as bytes, and the index files over them. Each group is checked as whoever opens a log checks it,
/// and a segment gets its name only when all of it is on the device.
/// </summary>
/// <remarks>
/// Only where the replica is byte for byte the beginning of its source, because all of it was copied so. The last segment is copied as far as it
/// goes, and the next time from its beginning, into the place of the copy before. While one segment is flushed, the next one is filled.
/// </remarks>
/// <param name="source">The log.</param>
/// <param name="log">The replica; nothing else writes it meanwhile.</param>
/// <param name="upTo">The last position that counts.</param>
/// <param name="copied">Told of each segment.</param>
/// <param name="cancellation">Ends it between two groups.</param>
internal sealed class SegmentCopy(LogView source, OpenLog log, long upTo, Func<BulkCopied, ValueTask> copied, CancellationToken cancellation)
{
    private readonly LogView view = log.View;
    private readonly LogEnd end = log.End;
    private readonly IDisk disk = log.Surroundings.Disk;
    private readonly CopiedLeaves leaves = new(log.View, log.End.Point.Position);
    private readonly List<ulong> hashes = [];
    private readonly List<RecordedEvent> erasures = [];

    // Index files that were copied ahead of their events, and have not got their names.
    private readonly List<IndexFile> unnamed = [];
    private bool copiesIndexes = source.IndexKey == log.View.IndexKey;

    // Up to where events are indexed, or will be once they are here.
    private long indexedTo = log.End.Point.Position;

    // A segment that is full and is being given its name.
    private (CopiedSegment Segment, Task Named)? pending;

    /// <summary>Whether it ended where only opening the replica again finds out what it has.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Goes on as far as it can.</summary>
    /// <exception cref="DiskException">The replica's disk failed, or is full.</exception>
    /// <exception cref="StoreException">The source failed.</exception>
    public async Task RunAsync()
    {
        if (await FirstAsync() is not { } first)
            return;

        await end.MarkInUseAsync();
        await end.ClearRefusedAsync();
        try
        {
            await CopyAsync(first);
        }
        finally
        {
            await EndAsync();
        }

        await end.SyncHeadAsync();
    }

    /// <summary>The segment of the source in which it goes on behind the replica's end; null where the replica is not its beginning, byte for byte.</summary>
    private async ValueTask<SegmentHeader?> FirstAsync()
    {
        var point = end.Point;
        if (point.Position >= upTo)
            return null;
        if (Following(point) is { } next)
            return next;
        if (Numbered(point.Segment) is not { } same)
            return null;

        var isEmpty = point.Offset == SegmentHeader.Bytes && same.Continues(point);
        return isEmpty || (same == view.Segments.Last && await NextAsync(new(source.Segments, same), point) is not null) ? same : null;
    }

    private async ValueTask CopyAsync(SegmentHeader? segment)
    {
        while (segment is not null)
        {
            var before = pending?.Segment.End ?? end.Point;
            if (await FillAsync(segment) is not { } filled)
            {
                await SettleAsync();
                await ForgetIndexesAsync();
                continue;
            }

            segment = filled.Erasing is null ? Following(filled.End) : segment;
            if (filled.End.Group <= before.Group && segment is null)
            {
                await filled.DropAsync();
                return;
            }

            await SettleAsync();
            await PassOnAsync(filled);
            if (filled.End.Position >= upTo)
                return;
        }
    }

    private SegmentHeader? Following(LogPoint point) => Numbered(point.Segment + 1) is { } next && next.Continues(point) ? next : null;

    private SegmentHeader? Numbered(int number) =>
        source.Segments.Headers.Count > 0 && number <= source.Segments.Last.Number ? source.Segments.Numbered(number) : null;

    /// <summary>Fills a segment with all of its groups that count, up to one that erases what the replica still has.</summary>
    /// <returns>Null where an index file that was copied ahead is not of these groups.</returns>
    private async ValueTask<CopiedSegment?> FillAsync(SegmentHeader header)
    {
        var segment = await CopiedSegment.CreateAsync(disk, header, leaves, end.Point.Position);
        try
        {
            var scanner = new GroupScanner(source.Segments, header);
            while (segment.Erasing is null && Following(segment.End) is null && await NextAsync(scanner, segment.End) is { } next && next.Position <= upTo)
            {
                cancellation.ThrowIfCancellationRequested();
                if (await AddAsync(segment, scanner, next))
                    continue;

                await segment.DropAsync();
                return null;
            }

            await segment.FinishAsync();
            return segment;
        }
        catch
        {
            await segment.DropAsync();
            throw;
        }
    }

    /// <returns>False where an index file that was copied ahead ends elsewhere than it says.</returns>
    private async ValueTask<bool> AddAsync(CopiedSegment segment, GroupScanner scanner, LogPoint next)
    {
        var point = segment.End;
        if (point.Position >= indexedTo && segment.Tail is null && !await CopyIndexAsync(point.Position + 1))
            segment.Tail = new(point.Position + 1, segment.Header.Number, view.Hasher);
        if (point.Position < indexedTo && next.Position >= indexedTo && unnamed.Count > 0)
        {
            if (next != unnamed[^1].Header.End)
                return false;
            segment.Indexed.Add(unnamed[^1]);
        }

        erasures.Clear();
        scanner.ForEachRecord((record, offset) => Take(segment, record, offset));
        foreach (var erasure in erasures)
            await EraseAsync(segment, erasure);

        await segment.AddAsync(scanner.MemoryAt(point.Offset, next.Offset - point.Offset), next);
        return true;
    }

    private void Take(CopiedSegment segment, ReadOnlySpan<byte> record, uint offset)
    {
        var position = EventRecord.Position(record);
        segment.Note(record, offset);
        if (ErasureRecord.Is(record))
            erasures.Add(new(record.ToArray(), 0, record.Length));
        if (segment.Tail is not { } tail || position < tail.First)
            return;

        hashes.Clear();
        view.Hasher.Collect(record, hashes);
        tail.Add(record, CollectionsMarshal.AsSpan(hashes), offset);
    }

    /// <summary>Notes what an erasure is about that has its content here: of this segment, and of those before it.</summary>
    private async ValueTask EraseAsync(CopiedSegment segment, RecordedEvent erasure)
    {
        var erased = ErasureRecord.Read(erasure) ?? [];
        segment.Erased.AddRange(erased.Where(one => one.Position >= segment.Header.FirstPosition));
        ErasedEvent[] earlier = [.. erased.Where(one => one.Position < segment.Header.FirstPosition)];
        if (earlier.Length == 0 || erasure.Position.Value <= end.Point.Position)
            return;

        await SettleAsync();
        if (await Overwriting.PresentAsync(view, earlier) is { Count: > 0 } present)
            segment.Erasing = new(view.Lineage.LogId, erasure.Id, present);
    }

    /// <summary>Copies an index file of the source that begins at a position, where there is one.</summary>
    private async ValueTask<bool> CopyIndexAsync(long first)
    {
        if (!copiesIndexes || source.Parts.Files.FirstOrDefault(file => file.First == first && file.Last <= upTo) is not { } file)
            return false;

        // It comes behind all others, so what is not in a file yet must be, and that is first to be durable.
        if (pending?.Segment.Tail is not null)
            await SettleAsync();
        if (view.Parts.Tails[^1] is { Count: > 0 } full)
            log.Indexing.Freeze(full, end.Point);
        while (log.Indexing.FrozenCount > 0)
            await log.Indexing.FiledAsync();
        if (await log.Keeper.CopyAsync(file) is not { } copy)
            return false;

        unnamed.Add(copy);
        indexedTo = copy.Last;
        view.Change(parts => new([.. parts.Files, copy], [new(copy.Last + 1, copy.Header.End.Segment, view.Hasher)]));
        return true;
    }

    /// <summary>Has a segment given its name, and what it erases of earlier ones erased.</summary>
    private async ValueTask PassOnAsync(CopiedSegment filled)
    {
        try
        {
            while (log.Indexing.FrozenCount >= LogEnd.FrozenMax)
                await log.Indexing.FiledAsync();
            if (filled.Erasing is { } journal)
                await journal.PrepareAsync(disk);
        }
        catch
        {
            await filled.DropAsync();
            throw;
        }

        if (filled.Erasing is not null)
        {
            IsBroken = true;
            await LogEnd.ForGoodAsync(() => ErasureJournal.BeginAsync(disk));
        }

        pending = (filled, view.Workers.Aside(filled.NameAsync));
        if (filled.Erasing is not null)
            await SettleAsync();
    }

    /// <summary>Waits until the segment before has its name, and has the log end in it.</summary>
    private async ValueTask SettleAsync()
    {
        if (pending is not var (segment, named))
            return;

        (pending, IsBroken) = (null, true);
        var before = end.Point;
        await LogEnd.ForGoodAsync(() => new(named));
        await segment.Hashed;
        foreach (var index in segment.Indexed)
        {
            await LogEnd.ForGoodAsync(() => log.Keeper.NameAsync(index));
            unnamed.Remove(index);
        }

        if (segment.Tail is { } tail)
            Begin(tail);
        using (var file = await end.MoveAsync(segment.Header, segment.File, segment.End))
            await LogEnd.ForGoodAsync(() => EraseAsync(segment, file, before));
        indexedTo = Math.Max(indexedTo, end.Point.Position);
        leaves.Offer(end.Point.Position);
        view.Publish(end.Point);
        if (segment.Erasing is { } journal)
        {
            await LogEnd.ForGoodAsync(() => Overwriting.ApplyAsync(view, journal.Events));
            await LogEnd.ForGoodAsync(() => ErasureJournal.EndAsync(disk));
        }

        IsBroken = false;
        await copied(new(view.Head, end.Point.Position - before.Position, segment.RecordBytes));
    }

    // In what no longer has its name too: its blocks are free space now, and who has it open may read it for a while.
    private async ValueTask EraseAsync(CopiedSegment segment, IDiskFile replaced, LogPoint before)
    {
        if (segment.Erased.Count == 0)
            return;

        view.ForgetEvents();
        if (segment.Header.Number == before.Segment)
        {
            await segment.EraseAsync(replaced, before.Position);
            await replaced.SyncAsync();
        }
    }

    private void Begin(TailIndex tail)
    {
        if (view.Parts.Tails.Count > 0 && view.Parts.Tails[^1] is { Count: > 0 } full)
            log.Indexing.Freeze(full, end.Point);
        view.Change(parts => parts with { Tails = [.. parts.Tails.Where(one => one.Count > 0), tail] });
    }

    private async ValueTask EndAsync()
    {
        try
        {
            if (!IsBroken)
                await SettleAsync();
        }
        finally
        {
            if (!IsBroken)
                await ForgetIndexesAsync();
        }

        if (view.Parts.Tails.Count == 0 || view.Parts.Tails[^1].Segment != end.Point.Segment)
            Begin(new TailIndex(end.Point.Position + 1, end.Point.Segment, view.Hasher));
    }

    /// <summary>Does without the index files whose events are not all here.</summary>
    private async ValueTask ForgetIndexesAsync()
    {
        if (unnamed.Count == 0)
            return;

        IsBroken = true;
        await LogEnd.ForGoodAsync(() => log.Keeper.ForgetAsync(unnamed, end.Point));
        unnamed.Clear();
        (indexedTo, copiesIndexes, IsBroken) = (end.Point.Position, false, false);
    }

    private static async ValueTask<LogPoint?> NextAsync(GroupScanner scanner, LogPoint point)
    {
        try
        {
            return await scanner.NextAsync(point);
        }
        catch (DiskException fault)
        {
            throw StoreFaults.Translate(fault);
        }
    }
}
