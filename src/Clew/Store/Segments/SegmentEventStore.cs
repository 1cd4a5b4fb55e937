using Clew.Events;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>The embedded event store: a folder of segment files, with one writer and any number of readers.</summary>
/// <remarks>
/// An append that has answered is on the device (<c>fdatasync</c>, <c>F_FULLFSYNC</c>, <c>FlushFileBuffers</c>), and nobody sees it
/// earlier. An append that nobody else competes with does its writing and flushing on the thread that calls it. Where the disk fails to write or flush, the store stops, and says so to every append; opening it again finds out what is
/// there. The bytes on the disk are described in <c>docs/reference/format.md</c>.
/// </remarks>
public sealed class SegmentEventStore : SegmentLog, IEventStore, IEventEraser
{
    /// <summary>So many appends may be under way; more wait.</summary>
    private const int AppendsMax = 4096;

    private readonly OpenLog log;
    private readonly GroupWriter writer;
    private readonly RewriteTurn rewriting = new();
    private readonly Eraser eraser;
    private readonly Archiver archiver;
    private readonly SealLoop seals;
    private readonly Task writing;
    private readonly Task sealing;
    private readonly SemaphoreSlim room = new(AppendsMax);

    private SegmentEventStore(OpenLog log, SegmentStoreOptions options)
        : base(log.View, log.Proofs)
    {
        this.log = log;
        writer = new(View, log.Surroundings, log.End, options.Clock);
        eraser = new(View, log.Surroundings, writer, rewriting, batch => AppendCheckedAsync(batch, CancellationToken.None));
        archiver = new(View, log.Proofs, log.Surroundings.Disk, options.Archive, rewriting);
        seals = new(View, log.Proofs, log.Surroundings, options.Sealing);
        writing = log.Surroundings.Workers.Start("clew writer", writer.RunAsync);
        sealing = options.Sealing is null ? Task.CompletedTask : log.Surroundings.Workers.Start("clew seal", seals.RunAsync);
        log.Start(writer.Fail);
    }

    /// <summary>Seals the log as it is now; the last seal again where nothing came since.</summary>
    /// <param name="signer">The log's key.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HistoryChangedException">The log does not continue what was sealed last. Nothing was signed.</exception>
    public ValueTask<Seal> SealAsync(INoteSigner signer, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return StoreFaults.TranslateAsync(() => SegmentSeals.SealAsync(log.Proofs, log.Surroundings, signer, cancellation));
    }

    /// <summary>
    /// How many events the file of the Merkle tree is behind: fewer than 256, and as many as come in a twentieth of a second, where it keeps up. What
    /// it has not yet, whoever asks for a root or a proof computes from the events.
    /// </summary>
    public long TreeLag => Math.Max(0, View.Head.Position.Value - log.TreeFiledTo);

    /// <summary>How far the store has sealed itself, where <see cref="SegmentStoreOptions.Sealing"/> says that it shall; also after it was closed.</summary>
    public SealStatus SealStatus => seals.Status;

    /// <summary>Opens the store in a folder for appending and reading; makes it where the folder is empty or missing.</summary>
    /// <param name="folder">A folder on a local disk.</param>
    /// <param name="options">How the store behaves; the defaults are made for use.</param>
    /// <param name="cancellation">Ends the wait for another writer.</param>
    /// <exception cref="StoreInUseException">Another process, or this one, has it open for writing.</exception>
    /// <exception cref="StoreIsReplicaException">The folder holds a replica (<see cref="SegmentReplica"/>) that was not promoted.</exception>
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

    /// <summary>
    /// Moves full segments into an archive, packed to a fraction of their size; a stub stays of each, with where it is now and its root. Reading,
    /// proving, verifying, erasing and backing up go on as before while the archive is attached, and otherwise say where it is. Appends need
    /// it only where a condition asks for an old event.
    /// </summary>
    /// <remarks>
    /// Each segment is read back from the archive, flushed, before it is deleted from the folder, so nothing is lost wherever this is cut short; moving again goes on
    /// from there. Indexes stay in the folder. A packed segment is a file of Zstandard frames that <c>zstd -d</c> makes a segment of again.
    /// </remarks>
    /// <param name="request">Which, and where to.</param>
    /// <param name="cancellation">Ends it after the segment that is being moved.</param>
    /// <exception cref="ArgumentException"><see cref="SegmentStoreOptions.Archive"/> was not set.</exception>
    /// <exception cref="ArchiveRefusedException">The folder holds something else.</exception>
    /// <exception cref="StoreCorruptedException">A segment is damaged; it and those behind it were not moved.</exception>
    /// <exception cref="StoreFullException">There is no space in the archive.</exception>
    /// <exception cref="StoreUnavailableException">A folder cannot be read or written.</exception>
    public ValueTask<ArchiveResult> ArchiveAsync(ArchiveRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return StoreFaults.TranslateAsync(() => archiver.RunAsync(request, cancellation));
    }

    /// <summary>Ends once the file of the Merkle tree has all that it can have up to a position.</summary>
    internal ValueTask TreeFiledAsync(long position, CancellationToken cancellation) => log.TreeFiledAsync(position, cancellation);

    internal static async ValueTask<SegmentEventStore> OpenAsync(
        Surroundings surroundings, SegmentStoreOptions options, CancellationToken cancellation = default)
    {
        options.Check();

        // A folder that is no store, or a replica, is left without even a lock.
        var found = await surroundings.Disk.ListAsync();
        await ReplicaMark.RefuseAsync(surroundings.Disk, found);
        if (!found.Contains(StoreFolder.Lock))
            await StoreFolder.HeaderAsync(surroundings.Disk, found);

        var folderLock = await FolderLock.TakeAsync(surroundings, options.LockWait, cancellation);
        return new(await OpenLog.OpenAsync(surroundings, options, folderLock, IdentifyAsync), options);
    }

    private static async ValueTask<StoreHeader> IdentifyAsync(Surroundings surroundings, IReadOnlyList<string> names)
    {
        await ReplicaMark.RefuseAsync(surroundings.Disk, names);
        return await StoreFolder.HeaderAsync(surroundings.Disk, names) ?? await StoreFolder.CreateAsync(surroundings);
    }

    private async ValueTask<AppendResult> AppendCheckedAsync(AppendBatch batch, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(View.IsClosed, this);
        if (writer.Failure is { } failure)
            throw new StoreFailedException(failure.Message, failure.InnerException);

        await room.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(View.IsClosed, this);
            using var append = new PreparedAppend(batch, View.Hasher, log.Surroundings.Entropy);
            while (true)
            {
                if (await AppendCheck.RunAsync(View, append) is { } answered)
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

    private protected override async Task CloseAsync()
    {
        try
        {
            await rewriting.StopAsync();
            writer.Stop();
            await writing;
            seals.Stop();
            await sealing;
            if (writer.Failure is null)
                await seals.SealEndAsync();
        }
        finally
        {
            await log.CloseAsync();
            writer.Dispose();
            seals.Dispose();
        }
    }
}
