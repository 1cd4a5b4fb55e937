namespace Clew.Store.Segments;

/// <summary>The log that a replica is of, where it can be reached: whether it has come to its end, so that the replica may go on in its place.</summary>
internal static class OriginalLog
{
    /// <summary>Holds the original, so that it takes no appends meanwhile.</summary>
    /// <param name="surroundings">Those of the replica.</param>
    /// <param name="mark">What the replica says of itself.</param>
    /// <param name="replica">The replica's store.</param>
    /// <param name="end">Where the replica ends.</param>
    /// <param name="folderAt">Finds a folder.</param>
    /// <param name="cancellation">Ends the look.</param>
    /// <returns>What lets it go. Nothing is held where it is gone, cannot be read, is another log by now, or is the replica itself.</returns>
    /// <exception cref="PromotionRefusedException">It is open for writing, or has events that the replica has not.</exception>
    public static async ValueTask<IDisposable> HoldAsync(
        Surroundings surroundings, ReplicaMark mark, StoreHeader replica, long end, Func<string, IDisk> folderAt, CancellationToken cancellation)
    {
        if (mark.Original.Length == 0)
            return NoLock.Instance;

        IDisposable held = NoLock.Instance;
        try
        {
            var around = surroundings with { Disk = folderAt(mark.Original) };
            var original = await StoreFolder.HeaderAsync(around.Disk, await around.Disk.ListAsync());
            if (original is null || original.Lineage != replica.Lineage || original.IsOfSameFolder(replica))
                return NoLock.Instance;

            held = await FolderLock.TakeAsync(around, TimeSpan.Zero, cancellation);
            if (await EndAsync(around, original) is var its && its > end)
                throw Refused($"has events up to position {its}, and the replica has them up to {end}. Let the replica follow to its end (clew follow)", mark);
        }
        catch (StoreInUseException)
        {
            throw Refused("is open for writing. Stop its writer, and let the replica follow to its end (clew follow)", mark);
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Denied)
        {
            throw Refused("cannot be looked at, for want of permission. Run as a user who may read and write it", mark);
        }
        catch (Exception fault) when (fault is DiskException or StoreFormatException or StoreCorruptedException)
        {
            // It is gone or damaged, which is what replicas are for.
        }
        catch (PromotionRefusedException)
        {
            held.Dispose();
            throw;
        }

        return held;
    }

    /// <summary>The last event of a log, as a writer that opens it would find it: it may be beyond the mark in HEAD.</summary>
    public static async ValueTask<long> EndAsync(Surroundings surroundings, StoreHeader store)
    {
        var disk = surroundings.Disk;
        var names = await disk.ListAsync();
        var segments = await StoreFolder.SegmentsAsync(disk, new(options: null), names, store.Lineage.LogId);
        var (files, _) = await StoreFolder.IndexesAsync(disk, names, store.Lineage.LogId, new(1 << 20));
        try
        {
            if (segments.Headers.Count == 0)
                return 0;

            var view = new LogView(store, segments, new(), surroundings.Workers);
            view.Change(_ => new(files, []));
            var from = files.Count > 0 ? files[^1].Header.End : LogPoint.Start;
            Recovery.CheckStart(view, view.Parts, from);
            var scan = new LogScan(view, from);
            await scan.RunAsync(long.MaxValue);
            return scan.Point.Position;
        }
        finally
        {
            segments.Dispose();
            files.ForEach(file => file.Dispose());
        }
    }

    private static PromotionRefusedException Refused(string what, ReplicaMark mark) => new(
        $"The original of this replica, in {mark.Original}, {what}; or make the replica a log of its own (Promotion.NewEpoch; clew --new-epoch).");
}
