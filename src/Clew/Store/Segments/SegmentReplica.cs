using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>The embedded store as a replica: a folder that takes the recorded events of one log, and no appends until it is promoted.</summary>
/// <remarks>
/// A backup, a folder that is being restored, and a follower are replicas. Its folder is read like that of any store
/// (<see cref="SegmentEventReader"/>), also while it grows; <see cref="SegmentEventStore"/> refuses it while its file REPLICA is there. One
/// process has it open at a time. What <see cref="ReplicateAsync"/> has answered is on the device.
/// </remarks>
public sealed class SegmentReplica : SegmentLog, IBulkReplica
{
    /// <summary>Nobody waits for a single flush of a replica, and many small ones take the device from those of the log.</summary>
    private const int IndexFlushBytes = 4 * 1024 * 1024;

    private readonly OpenLog log;
    private readonly ReplicaWriter writer;

    private SegmentReplica(OpenLog log)
        : base(log.View, log.Proofs) => (this.log, writer) = (log, new(log));

    /// <summary>Opens a replica for more events of its log; makes it where the folder is empty or missing.</summary>
    /// <param name="folder">A folder on a local disk.</param>
    /// <param name="lineage">The log that it is, or is to be, a replica of: <see cref="LogHead.Lineage"/> of where its events come from.</param>
    /// <param name="source">
    /// The folder of the store that its events are read from, where it is one. It is kept, because promotion looks whether the log goes on there.
    /// </param>
    /// <param name="options">How it behaves; what is about clocks and repeated appends does not count.</param>
    /// <param name="cancellation">Ends the wait for another process that has it open.</param>
    /// <exception cref="ReplicaRefusedException">The folder holds something else: a store of its own, the source itself, or another log's replica.</exception>
    /// <exception cref="StoreInUseException">Another process, or this one, has it open.</exception>
    /// <exception cref="StoreFormatException">The folder holds other things, or a store of a newer format.</exception>
    /// <exception cref="StoreCorruptedException">Durable events are gone or damaged; the message names the place. Nothing was changed.</exception>
    /// <exception cref="StoreFullException">There is no space to open it in.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be read or written.</exception>
    public static ValueTask<SegmentReplica> OpenAsync(
        string folder, Lineage lineage, string? source = null, SegmentStoreOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options ??= new();
        return StoreFaults.TranslateAsync(async () =>
        {
            var from = source is null ? null : FolderDisk.Existing(source);
            return await OpenAsync(Around(FolderDisk.Create(folder), options), await ReplicaFolder.MarkOfAsync(lineage, from), from, options, cancellation);
        });
    }

    /// <summary>What the folder of a replica says of it.</summary>
    /// <param name="folder">A folder; it need not be there.</param>
    /// <param name="cancellation">Ends the look before it has begun.</param>
    /// <returns>None where the folder holds no replica.</returns>
    /// <exception cref="StoreCorruptedException">What it says is damaged.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be read.</exception>
    public static ValueTask<ReplicaState?> FindAsync(string folder, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        cancellation.ThrowIfCancellationRequested();
        return StoreFaults.TranslateAsync(() => ReplicaFolder.StateAsync(folder, FolderDisk.Existing));
    }

    /// <summary>Whether a replica may be promoted as it is; the same look that <see cref="PromoteAsync"/> takes, and nothing else.</summary>
    /// <param name="folder">The folder of a replica.</param>
    /// <param name="promotion">To be what.</param>
    /// <param name="cancellation">Ends the look before it has begun.</param>
    /// <exception cref="PromotionRefusedException">It may not; the message says why, and what to do.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be read.</exception>
    public static async ValueTask CheckPromotionAsync(string folder, Promotion promotion, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        await StoreFaults.TranslateAsync(async () =>
        {
            var options = new SegmentStoreOptions();
            return await ReplicaPromotion.CheckAsync(Around(FolderDisk.Existing(folder), options), promotion, FolderDisk.Existing, cancellation);
        });
    }

    /// <summary>Makes a replica a store that takes appends. Nobody may have it open.</summary>
    /// <remarks>
    /// It can be repeated where it was cut short: until it is done, the folder is a replica. Who has read the log further than the replica
    /// goes is refused afterwards (<see cref="CheckpointRefusedException"/>), at the latest until other events have taken these places: promote as the same log only where
    /// the replica has all events, or where what it does not have is lost to everybody.
    /// </remarks>
    /// <param name="folder">The folder of a replica.</param>
    /// <param name="promotion">To be what.</param>
    /// <param name="options">How it is opened for this; the wait for the folder counts.</param>
    /// <param name="cancellation">Ends the wait for the folder.</param>
    /// <returns>Where the log stands, and which it is from now on.</returns>
    /// <exception cref="PromotionRefusedException">
    /// The folder holds no replica; or, as the same log, the original is open for writing, or has events that the replica has not. It is as it was.
    /// </exception>
    /// <exception cref="StoreInUseException">It is open elsewhere: a follower or a backup is at work.</exception>
    /// <exception cref="StoreCorruptedException">Durable events are gone or damaged; the message names the place. Nothing was changed.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be read or written.</exception>
    public static ValueTask<LogHead> PromoteAsync(
        string folder, Promotion promotion, SegmentStoreOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options ??= new();
        options.Check();
        return StoreFaults.TranslateAsync(
            () => new ReplicaPromotion(Around(FolderDisk.Existing(folder), options), options, FolderDisk.Existing).RunAsync(promotion, cancellation));
    }

    /// <inheritdoc/>
    public async ValueTask<LogHead> ReplicateAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        ObjectDisposedException.ThrowIf(View.IsClosed, this);
        if (events.Count > 0)
            await writer.WriteAsync(events, cancellation);

        return View.Head;
    }

    async ValueTask IBulkReplica.CopyAsync(
        IEventReader source, GlobalPosition upTo, Func<BulkCopied, ValueTask> copied, CancellationToken cancellation)
    {
        if (source is not SegmentLog segmented || source == this)
            return;

        await writer.CopyAsync(segmented.View, upTo.Value, copied, cancellation);

        // Else who compares the roots computes what is being computed already.
        await log.TreeFiledAsync(View.Head.Position.Value, cancellation);
    }

    private protected override Task CloseAsync() => writer.DisposeAsync().AsTask();

    /// <param name="surroundings">The folder's disk, time, chance and threads.</param>
    /// <param name="mark">What the folder is to say of itself.</param>
    /// <param name="source">Where its events come from, where that is a folder.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="cancellation">Ends the wait for the folder.</param>
    internal static async ValueTask<SegmentReplica> OpenAsync(
        Surroundings surroundings, ReplicaMark mark, IDisk? source, SegmentStoreOptions options, CancellationToken cancellation = default)
    {
        options.Check();

        // What is something else is left without even a lock.
        await ReplicaFolder.CheckAsync(surroundings.Disk, await surroundings.Disk.ListAsync(), mark, source);
        var folderLock = await FolderLock.TakeAsync(surroundings, options.LockWait, cancellation);
        return new(await OpenLog.OpenAsync(
            surroundings, options with { IndexFlushBytes = IndexFlushBytes }, folderLock, (around, names) => ReplicaFolder.IdentifyAsync(around, names, mark, source)));
    }

    private static Surroundings Around(IDisk disk, SegmentStoreOptions options) =>
        new(disk, options.Time, new ThreadWorkers(), SystemEntropy.Fill);
}

/// <summary>What the folder of a replica says of it.</summary>
/// <param name="Lineage">The log that it is a replica of.</param>
/// <param name="Source">The folder that its events were read from last; none where that was no folder.</param>
/// <param name="Original">The folder that the log is written in: that of the source, or the source's own where that is a replica too; none where it is not known.</param>
/// <param name="IsPromoting">Whether its promotion to a log of its own has begun, so that it takes no more events: it is to be repeated.</param>
public sealed record ReplicaState(Lineage Lineage, string? Source, string? Original, bool IsPromoting);

/// <summary>What a replica becomes.</summary>
public enum Promotion
{
    /// <summary>
    /// The log itself goes on in it. The original must not: it is refused where the original is open for writing, or has events that the
    /// replica has not.
    /// </summary>
    SameLog,

    /// <summary>A log of its own, with the same history and the next epoch; whoever has a checkpoint of the original is refused.</summary>
    NewEpoch,
}
