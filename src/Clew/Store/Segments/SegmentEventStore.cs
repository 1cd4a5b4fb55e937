using Clew.Events;
using Clew.Integrity;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>The embedded event store: a folder of segment files, with one writer and any number of readers.</summary>
/// <remarks>
/// An append that has answered is on the device (<c>fdatasync</c>, <c>F_FULLFSYNC</c>, <c>FlushFileBuffers</c>), and nobody sees it
/// earlier. An append that nobody else competes with does its writing and flushing on the thread that calls it. Where the disk fails to write or flush, the store stops, and says so to every append; opening it again finds out what is
/// there. The bytes on the disk are described in <c>docs/reference/format.md</c>.
/// </remarks>
public sealed class SegmentEventStore : IEventStore, IEventEraser, IVerifiableLog
{
    /// <summary>So many appends may be under way; more wait.</summary>
    private const int AppendsMax = 4096;

    /// <summary>Closing makes an index file of the tail where it holds so many events; fewer are read again at the next opening.</summary>
    private const int FiledAtCloseEvents = 1024;

    private readonly Surroundings surroundings;
    private readonly LogView view;
    private readonly LogEnd end;
    private readonly GroupWriter writer;
    private readonly Eraser eraser;
    private readonly SegmentPreparer preparer;
    private readonly IndexKeeper keeper;
    private readonly IndexLoop indexing;
    private readonly TreeLoop tree;
    private readonly LogProofs proofs;
    private readonly SealLoop seals;
    private readonly HeadFile head;
    private readonly IReadOnlyList<IDisposable> locks;
    private readonly SemaphoreSlim room = new(AppendsMax);
    private readonly Lock gate = new();
    private readonly Task[] loops;
    private Task? closing;

    private SegmentEventStore(
        Surroundings surroundings, SegmentStoreOptions options, LogView view, IndexKeeper keeper, HeadFile head, IDiskFile last, LogPoint point,
        IReadOnlyList<IDisposable> locks)
    {
        (this.surroundings, this.view, this.keeper, this.head, this.locks) = (surroundings, view, keeper, head, locks);
        preparer = new(surroundings.Disk);
        indexing = new(keeper, fault => writer!.Fail(fault));
        tree = new(view, surroundings);
        proofs = new(view, surroundings.Disk);
        seals = new(view, proofs, surroundings, options.Sealing);
        end = new(view, options, surroundings, head, preparer, indexing, last, point);
        writer = new(view, surroundings, end, options.Clock);
        eraser = new(view, surroundings, writer, batch => AppendCheckedAsync(batch, CancellationToken.None));
        loops =
        [
            surroundings.Workers.Start("clew writer", writer.RunAsync),
            surroundings.Workers.Start("clew next segment", preparer.RunAsync),
            surroundings.Workers.Start("clew index", indexing.RunAsync),
            options.BuildsTree ? surroundings.Workers.Start("clew tree", tree.RunAsync) : Task.CompletedTask,
            options.Sealing is null ? Task.CompletedTask : surroundings.Workers.Start("clew seal", seals.RunAsync),
        ];
    }

    /// <summary>Seals the log as it is now; the last seal again where nothing came since.</summary>
    /// <param name="signer">The log's key.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HistoryChangedException">The log does not continue what was sealed last. Nothing was signed.</exception>
    public ValueTask<Seal> SealAsync(INoteSigner signer, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return StoreFaults.TranslateAsync(() => SegmentSeals.SealAsync(proofs, surroundings, signer, cancellation));
    }

    /// <summary>
    /// How many events the file of the Merkle tree is behind: fewer than 256, and as many as come in a twentieth of a second, where it keeps up. What
    /// it has not yet, whoever asks for a root or a proof computes from the events.
    /// </summary>
    public long TreeLag => Math.Max(0, view.Head.Position.Value - tree.FiledTo);

    /// <summary>How far the store has sealed itself, where <see cref="SegmentStoreOptions.Sealing"/> says that it shall; also after it was closed.</summary>
    public SealStatus SealStatus => seals.Status;

    /// <summary>Opens the store in a folder for appending and reading; makes it where the folder is empty or missing.</summary>
    /// <param name="folder">A folder on a local disk.</param>
    /// <param name="options">How the store behaves; the defaults are made for use.</param>
    /// <param name="cancellation">Ends the wait for another writer.</param>
    /// <exception cref="StoreInUseException">Another process, or this one, has it open for writing.</exception>
    /// <exception cref="StoreFormatException">The folder is no store, or one of a newer format.</exception>
    /// <exception cref="StoreCorruptedException">Durable events are gone or damaged; the message names the place. Nothing was changed.</exception>
    /// <exception cref="StoreFullException">There is no space to open it in. Reading works.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be read or written.</exception>
    public static ValueTask<SegmentEventStore> OpenAsync(
        string folder, SegmentStoreOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options ??= new();
        return StoreFaults.TranslateAsync(
            () => OpenAsync(new Surroundings(FolderDisk.Create(folder), options.Time, new ThreadWorkers(), SystemEntropy.Fill), options, cancellation));
    }

    /// <inheritdoc/>
    public ValueTask<AppendResult> AppendAsync(AppendBatch batch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Check();
        return AppendCheckedAsync(batch, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<EraseResult> EraseAsync(EraseRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return StoreFaults.TranslateAsync(() => eraser.EraseAsync(request, cancellation));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> ReadAsync(ReadRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return StoreFaults.Translate(LogReading.ReadAsync(view, request, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> SubscribeAsync(SubscribeRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return StoreFaults.Translate(LogReading.SubscribeAsync(view, request, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<LogHead> HeadAsync(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(view.IsClosed, this);
        cancellation.ThrowIfCancellationRequested();
        return new(view.Head);
    }

    /// <inheritdoc/>
    public ValueTask<TreeHead> TreeHeadAsync(GlobalPosition? at = null, CancellationToken cancellation = default) =>
        StoreFaults.TranslateAsync(() => proofs.TreeHeadAsync(at, cancellation));

    /// <inheritdoc/>
    public ValueTask<InclusionProof> ProveInclusionAsync(GlobalPosition position, GlobalPosition? at = null, CancellationToken cancellation = default) =>
        StoreFaults.TranslateAsync(() => proofs.InclusionAsync(position, at, cancellation));

    /// <inheritdoc/>
    public ValueTask<ConsistencyProof> ProveConsistencyAsync(GlobalPosition older, GlobalPosition? newer = null, CancellationToken cancellation = default) =>
        StoreFaults.TranslateAsync(() => proofs.ConsistencyAsync(older, newer, cancellation));

    /// <summary>Answers the appends under way, ends the subscriptions, and closes the files so that the next opening is quick.</summary>
    public async ValueTask DisposeAsync()
    {
        Task closed;
        lock (gate)
            closed = closing ??= CloseAsync();

        await closed;
    }

    /// <summary>Ends once the file of the Merkle tree has all that it can have up to a position.</summary>
    internal ValueTask TreeFiledAsync(long position, CancellationToken cancellation) => tree.FiledAsync(position, cancellation);

    internal static async ValueTask<SegmentEventStore> OpenAsync(
        Surroundings surroundings, SegmentStoreOptions options, CancellationToken cancellation = default)
    {
        options.Check();

        // A folder that is no store is left without even a lock.
        var found = await surroundings.Disk.ListAsync();
        if (!found.Contains(StoreFolder.Lock))
            await StoreFolder.HeaderAsync(surroundings.Disk, found);

        var folderLock = await FolderLock.TakeAsync(surroundings, options.LockWait, cancellation);
        var held = new Stack<IDisposable>([folderLock]);
        try
        {
            return await OpenLockedAsync(surroundings, options, folderLock, held);
        }
        catch
        {
            foreach (var handle in held)
                handle.Dispose();
            throw;
        }
    }

    private static async ValueTask<SegmentEventStore> OpenLockedAsync(
        Surroundings surroundings, SegmentStoreOptions options, IDisposable folderLock, Stack<IDisposable> held)
    {
        var disk = surroundings.Disk;
        var names = await disk.ListAsync();
        var store = await StoreFolder.HeaderAsync(disk, names) ?? await StoreFolder.CreateAsync(surroundings);
        var identityLock = await FolderLock.TakeIdentityAsync(disk);
        held.Push(identityLock);
        var logId = store.Lineage.LogId;
        var segments = await StoreFolder.SegmentsAsync(disk, names, logId);
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
        return new(surroundings, options, view, keeper, head, last, point, [identityLock, folderLock]);
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

    private async ValueTask<AppendResult> AppendCheckedAsync(AppendBatch batch, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(view.IsClosed, this);
        if (writer.Failure is { } failure)
            throw new StoreFailedException(failure.Message, failure.InnerException);

        await room.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(view.IsClosed, this);
            using var append = new PreparedAppend(batch, view.Hasher, surroundings.Entropy);
            while (true)
            {
                if (await AppendCheck.RunAsync(view, append) is { } answered)
                    return answered;

                var outcome = await writer.WriteAsync(append, cancellation);
                if (outcome.IsWritten)
                    return Appended(append, outcome.First);

                append.Reset();
                cancellation.ThrowIfCancellationRequested();
            }
        }
        catch (DiskException fault)
        {
            throw StoreFaults.Translate(fault);
        }
        finally
        {
            room.Release();
        }
    }

    private static AppendResult.Appended Appended(PreparedAppend append, long first) => new(
        new(first),
        new(first + append.Count - 1),
        Array.ConvertAll(append.Streams, stream => new StreamAt(stream.Name, new(stream.Version))));

    private async Task CloseAsync()
    {
        try
        {
            await eraser.StopAsync();
            writer.Stop();
            await loops[0];
            preparer.Stop();
            indexing.Stop();
            tree.Stop();
            seals.Stop();
            await loops[1];
            await loops[2];
            await loops[3];
            await loops[4];
            if (writer.Failure is null)
            {
                await seals.SealEndAsync();
                await CloseCleanlyAsync();
            }
        }
        catch (DiskException)
        {
            // The next opening reads what could not be marked as closed.
        }
        finally
        {
            view.Close();
            writer.Dispose();
            end.Dispose();
            preparer.Dispose();
            tree.Dispose();
            seals.Dispose();
            head.Dispose();
            view.Segments.Dispose();
            foreach (var file in view.Parts.Files)
                file.Dispose();
            foreach (var taken in locks)
                taken.Dispose();
        }
    }

    private async ValueTask CloseCleanlyAsync()
    {
        await end.ClearRefusedAsync();

        // Before the index files, because on a full disk they need its space.
        await surroundings.Disk.DeleteAsync(SegmentPreparer.FileName);
        var tail = view.Parts.Tails[^1];
        if (tail.Count >= FiledAtCloseEvents)
            keeper.Freeze(tail, end.Point);

        await keeper.FileTailsAsync();
        if (!head.IsClean && (view.Parts.FiledTo > 0 || end.Point.Position > 0))
        {
            await head.WriteAsync(end.Point, isClean: true);
            await head.SyncAsync();
        }
    }
}
