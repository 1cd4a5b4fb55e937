using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Says which log a folder holds, or makes it one; asked under the folder's lock.</summary>
/// <param name="surroundings">The folder's disk, and time and chance.</param>
/// <param name="names">The files in the folder.</param>
internal delegate ValueTask<StoreHeader> Identify(Surroundings surroundings, IReadOnlyList<string> names);

/// <summary>A log that is open for writing, whoever writes it: its locks and files, where it ends, and the loops that work beside the writer.</summary>
internal sealed class OpenLog
{
    /// <summary>Closing makes an index file of the tail where it holds so many events; fewer are read again at the next opening.</summary>
    private const int FiledAtCloseEvents = 1024;

    private readonly HeadFile head;
    private readonly SegmentPreparer preparer;
    private readonly TreeLoop tree;
    private readonly bool buildsTree;
    private readonly IReadOnlyList<IDisposable> locks;
    private Action<Exception> fail = _ => { };
    private Task loops = Task.CompletedTask;

    private OpenLog(
        Surroundings surroundings, SegmentStoreOptions options, LogView view, IndexKeeper keeper, HeadFile head, IDiskFile last, LogPoint point,
        IReadOnlyList<IDisposable> locks)
    {
        (Surroundings, View, Keeper, this.head, this.locks) = (surroundings, view, keeper, head, locks);
        preparer = new(surroundings.Disk);
        Indexing = new(keeper, fault => fail(fault));
        (tree, buildsTree) = (new(view, surroundings), options.BuildsTree);
        Proofs = new(view, surroundings.Disk);
        End = new(view, options, surroundings, head, preparer, Indexing, last, point);
    }

    public Surroundings Surroundings { get; }

    /// <summary>The log as readers see it.</summary>
    public LogView View { get; }

    /// <summary>Where it grows.</summary>
    public LogEnd End { get; }

    /// <summary>Makes its index files.</summary>
    public IndexKeeper Keeper { get; }

    /// <summary>Runs the keeper beside the writer.</summary>
    public IndexLoop Indexing { get; }

    /// <summary>Roots and proofs over it.</summary>
    public LogProofs Proofs { get; }

    /// <summary>The last position whose events have their nodes in the file of the Merkle tree.</summary>
    public long TreeFiledTo => tree.FiledTo;

    /// <summary>Ends once that file has all that it can have up to a position.</summary>
    public ValueTask TreeFiledAsync(long position, CancellationToken cancellation) => buildsTree ? tree.FiledAsync(position, cancellation) : default;

    /// <summary>Finds the log in a folder, and where it ends; makes what is missing for one without events.</summary>
    /// <param name="surroundings">Disk, time, chance and threads.</param>
    /// <param name="options">How the store behaves.</param>
    /// <param name="folderLock">The folder's, which is held until the log is closed, or not opened.</param>
    /// <param name="identify">Says which log it is.</param>
    public static async ValueTask<OpenLog> OpenAsync(
        Surroundings surroundings, SegmentStoreOptions options, IDisposable folderLock, Identify identify)
    {
        var held = new Stack<IDisposable>([folderLock]);
        try
        {
            return await OpenAsync(surroundings, options, identify, held);
        }
        catch
        {
            foreach (var handle in held)
                handle.Dispose();
            throw;
        }
    }

    /// <summary>Starts the loops beside the writer.</summary>
    /// <param name="stopped">Told of a fault after which nobody knows what the disk holds.</param>
    public void Start(Action<Exception> stopped)
    {
        fail = stopped;
        var workers = Surroundings.Workers;
        loops = Task.WhenAll(
            workers.Start("clew next segment", preparer.RunAsync),
            workers.Start("clew index", Indexing.RunAsync),
            buildsTree ? workers.Start("clew tree", tree.RunAsync) : Task.CompletedTask);
    }

    /// <summary>Ends the loops, and the subscriptions, and closes the files so that the next opening is quick. The writer has ended before.</summary>
    public async ValueTask CloseAsync()
    {
        try
        {
            preparer.Stop();
            Indexing.Stop();
            tree.Stop();
            await loops;
            if (View.Failure is null)
                await CloseCleanlyAsync();
        }
        catch (DiskException)
        {
            // The next opening reads what could not be marked as closed.
        }
        finally
        {
            View.Close();
            End.Dispose();
            preparer.Dispose();
            tree.Dispose();
            head.Dispose();
            View.Segments.Dispose();
            foreach (var file in View.Parts.Files)
                file.Dispose();
            foreach (var taken in locks)
                taken.Dispose();
        }
    }

    private static async ValueTask<OpenLog> OpenAsync(
        Surroundings surroundings, SegmentStoreOptions options, Identify identify, Stack<IDisposable> held)
    {
        var disk = surroundings.Disk;
        var names = await disk.ListAsync();
        var store = await identify(surroundings, names);
        held.Push(await FolderLock.TakeIdentityAsync(disk));
        IReadOnlyList<IDisposable> locks = [.. held];
        var logId = store.Lineage.LogId;
        var segments = await StoreFolder.SegmentsAsync(disk, new(options.Archive), names, logId);
        held.Push(segments);
        var cache = new BlockCache(options.IndexCacheBytesMax);
        var (files, unused) = await StoreFolder.IndexesAsync(disk, names, logId, cache);
        files.ForEach(held.Push);
        var (headFile, found, slot) = await OpenHeadAsync(disk, names, segments, files);
        held.Push(headFile);
        var mark = found?.Lineage == store.Lineage ? found : null;
        if (segments.Headers.Count == 0)
            segments.Add(await SegmentBirth.FirstAsync(surroundings, store.Lineage, options.SegmentBytesMax));

        foreach (var name in unused.Concat(names.Where(name => name.EndsWith(".tmp", StringComparison.Ordinal))))
            await disk.DeleteAsync(name);

        var view = new LogView(store, segments, options, surroundings.Workers);
        view.Change(_ => new(files, []));
        var keeper = new IndexKeeper(view, disk, surroundings.Entropy, cache);
        var point = await Recovery.RunAsync(view, disk, keeper, mark);
        if (view.Parts.Tails.Count == 0 || view.Parts.Tails[^1].Segment != point.Segment)
            view.Change(parts => parts with { Tails = [.. parts.Tails, new(point.Position + 1, point.Segment, view.Hasher)] });

        // Also over a mark of another log, which would count for as long as its write number is the higher one.
        var head = new HeadFile(store.Lineage, headFile, found, slot);
        if (mark is not { IsClean: true } || mark.Point != point)
        {
            // The mark that was found may be in the cache only; it must not be lost while the other one is written.
            await headFile.SyncAsync();
            await head.WriteAsync(point, isClean: false);
            await head.SyncAsync();
        }

        await UnfinishedErasure.EndAsync(view, disk, point.Position);
        view.Publish(point);
        var last = await disk.OpenAsync(segments.Last.FileName, FileUse.Write);
        return new(surroundings, options, view, keeper, head, last, point, locks);
    }

    private static async ValueTask<(IDiskFile File, Watermark? Mark, int Slot)> OpenHeadAsync(
        IDisk disk, IReadOnlyList<string> names, SegmentSet segments, List<IndexFile> files)
    {
        if (names.Contains(Watermark.FileName))
        {
            var file = await disk.OpenAsync(Watermark.FileName, FileUse.Write);
            await FillAsync(file);
            var (mark, slot) = await Watermark.ReadSlotAsync(file) ?? (null!, 0);
            if (segments.Headers.Count == 0 && (mark?.Point.Position > 0 || files.Count > 0))
                throw StoreFolder.WithoutSegments();

            return (file, mark, slot);
        }

        var made = await disk.OpenAsync(Watermark.FileName, FileUse.Create);
        await made.WriteAsync(new byte[Watermark.FileBytes], 0);
        await made.SyncAsync();
        await disk.SyncFolderAsync();
        return (made, null, 0);
    }

    // Where its making was cut short: what is not there yet could find no space when an append is flushed already.
    private static async ValueTask FillAsync(IDiskFile file)
    {
        var length = await file.LengthAsync();
        if (length >= Watermark.FileBytes)
            return;

        await file.WriteAsync(new byte[Watermark.FileBytes - length], length);
        await file.SyncAsync();
    }

    private async ValueTask CloseCleanlyAsync()
    {
        await End.ClearRefusedAsync();

        // Before the index files, because on a full disk they need its space.
        await Surroundings.Disk.DeleteAsync(SegmentPreparer.FileName);
        var tail = View.Parts.Tails[^1];
        if (tail.Count >= FiledAtCloseEvents)
            Keeper.Freeze(tail, End.Point);

        await Keeper.FileTailsAsync();
        if (!head.IsClean && (View.Parts.FiledTo > 0 || End.Point.Position > 0))
        {
            await head.WriteAsync(End.Point, isClean: true);
            await head.SyncAsync();
        }
    }
}
