using Clew.Events;

namespace Clew.Store;

/// <summary>Copies a log into a replica of it: up to its head, or for ever.</summary>
/// <remarks>
/// Where the replica has events already, it is looked first whether they are the log's: both must be the same log and life of it, and
/// have the same event where the shorter one ends. It goes on where the replica ends; so whatever ends it, the next time takes it up there.
/// </remarks>
public static class Replication
{
    /// <summary>When so much was read it is given to the replica: with the page that it ends in, what an embedded replica flushes at once.</summary>
    private const int PortionBytes = 3 * 1024 * 1024;

    /// <summary>So many portions are under way at most: one is flushed, one forms, and the next is read.</summary>
    private const int PortionsMax = 2;

    /// <summary>A follower that has caught up compares roots again after so many events.</summary>
    private const long ComparedEvents = 65_536;

    /// <summary>Copies what the source has, up to its head as it is at the beginning.</summary>
    /// <param name="source">The log, or another replica of it; it may grow meanwhile.</param>
    /// <param name="replica">The replica.</param>
    /// <param name="progress">Told after each portion.</param>
    /// <param name="cancellation">Ends it between two portions.</param>
    /// <returns>Where both stand, and what was copied.</returns>
    /// <exception cref="ReplicaRefusedException">They are not the same log, or not the same life of it.</exception>
    /// <exception cref="ReplicaDivergedException">They have not the same history.</exception>
    /// <exception cref="StoreException">One of both failed.</exception>
    public static async ValueTask<ReplicationProgress> CopyAsync(
        IEventReader source, IEventReplica replica, IProgress<ReplicationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var (from, to) = await CheckAsync(source, replica, cancellation);
        var shipping = new Shipping(source, replica, progress, new(to, from, 0, 0));
        await shipping.CopyAsync(from.Position, cancellation);
        var request = ReadRequest.All with { After = shipping.Come.Replica.Position, AsOf = new AsOf.Position(from.Position) };
        await shipping.RunAsync(source.ReadAsync(request, cancellation), cancellation);
        if (shipping.Come.Events > 0)
            await CompareAsync(ByRoot(source, replica, cancellation), from.Position.Value);
        return shipping.Come;
    }

    /// <summary>Copies what the source has, and then what comes, for ever.</summary>
    /// <param name="source">The log, or another replica of it.</param>
    /// <param name="replica">The replica.</param>
    /// <param name="progress">Told at the beginning and after each portion.</param>
    /// <param name="cancellation">Ends it: the only way that it ends well.</param>
    /// <exception cref="ReplicaRefusedException">They are not the same log, or not the same life of it.</exception>
    /// <exception cref="ReplicaDivergedException">They have not the same history.</exception>
    /// <exception cref="StoreException">One of both failed.</exception>
    /// <exception cref="ObjectDisposedException">One of both was closed.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static async ValueTask FollowAsync(
        IEventReader source, IEventReplica replica, IProgress<ReplicationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var (from, to) = await CheckAsync(source, replica, cancellation);
        var shipping = new Shipping(source, replica, progress, new(to, from, 0, 0));
        progress?.Report(shipping.Come);
        await shipping.CopyAsync(from.Position, cancellation);
        var after = shipping.Come.Replica.Checkpoint;
        await shipping.RunAsync(source.SubscribeAsync(new(EventFilter.All) { After = after }, cancellation), cancellation);
        throw new ObjectDisposedException(source.GetType().Name, "The log that is followed was closed.");
    }

    /// <summary>Whether a replica is a prefix of a log, as far as it can be seen without reading all of both.</summary>
    /// <returns>Where both stand.</returns>
    private static async ValueTask<(LogHead Source, LogHead Replica)> CheckAsync(IEventReader source, IEventReplica replica, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(replica);
        var (from, to) = (await source.HeadAsync(cancellation), await replica.HeadAsync(cancellation));
        if (from.Lineage != to.Lineage)
            throw new ReplicaRefusedException($"The source is the log {from.Lineage}, and the replica is one of {to.Lineage}. Replicate into another one, an empty one to begin with.");

        await CompareAsync(ByEvent(source, replica, cancellation), Math.Min(from.Position.Value, to.Position.Value));

        if (to.Position > from.Position)
        {
            throw new ReplicaDivergedException(
                $"The replica has events up to position {to.Position}, and its source ends at {from.Position}: the source has lost events, or was restored from before them. " +
                "After a crash of its machine, open the source for writing once, which finds the end of the log. If it still ends there, find out which one is right.",
                new(from.Position.Value + 1));
        }

        return (from, to);
    }

    /// <exception cref="ReplicaDivergedException">They have not the same history up to a size.</exception>
    private static async ValueTask CompareAsync(Agreement agree, long size)
    {
        if (await agree(size))
            return;

        var (agrees, differs) = (0L, size);
        while (differs - agrees > 1)
        {
            var middle = agrees + ((differs - agrees) / 2);
            if (await agree(middle))
                agrees = middle;
            else
                differs = middle;
        }

        throw new ReplicaDivergedException(
            $"The replica has another history than its source: they differ from position {differs} on. One of them was restored or changed meanwhile. " +
            "Find out which one is right; then make a replica anew, in an empty place.",
            new(differs));
    }

    /// <summary>Compares the event at one place, which stands for those before it: its id, its time and its salt came with it.</summary>
    private static Agreement ByEvent(IEventReader source, IEventReader replica, CancellationToken cancellation) => async size =>
        size == 0 || (await AtAsync(source, size, cancellation)).IsSameAs(await AtAsync(replica, size, cancellation));

    /// <summary>Compares the roots over all events up to a place, where both have them.</summary>
    private static Agreement ByRoot(IEventReader source, IEventReader replica, CancellationToken cancellation) => async size =>
        source is not IVerifiableLog one || replica is not IVerifiableLog other
        || await one.TreeHeadAsync(new(size), cancellation) == await other.TreeHeadAsync(new(size), cancellation);

    private static async ValueTask<RecordedEvent> AtAsync(IEventReader log, long position, CancellationToken cancellation)
    {
        var one = ReadRequest.All with { After = new(position - 1), AsOf = new AsOf.Position(new(position)) };
        return await log.ReadEventsAsync(one, cancellation).FirstAsync(cancellation);
    }

    /// <summary>Whether two logs have the same events up to a size.</summary>
    private delegate ValueTask<bool> Agreement(long size);

    /// <summary>One run: while the replica takes some portions, the next one is read.</summary>
    private sealed class Shipping(IEventReader source, IEventReplica replica, IProgress<ReplicationProgress>? progress, ReplicationProgress start)
    {
        private readonly Queue<Task> underWay = new();
        private List<RecordedEvent> portion = [];
        private long bytes;
        private long compared = start.Replica.Position.Value;
        private Task last = Task.CompletedTask;

        /// <summary>How far it has come.</summary>
        public ReplicationProgress Come { get; private set; } = start;

        /// <summary>Copies what need not go as events.</summary>
        public async ValueTask CopyAsync(GlobalPosition upTo, CancellationToken cancellation)
        {
            if (replica is IBulkReplica bulk)
                await bulk.CopyAsync(source, upTo, copied => AdvanceAsync(copied.Replica, copied.Events, copied.Bytes), cancellation);
        }

        public async ValueTask RunAsync(IAsyncEnumerable<EventPage> pages, CancellationToken cancellation)
        {
            try
            {
                await foreach (var page in pages)
                {
                    Take(page.Events);
                    if (bytes < PortionBytes && !page.AtHead)
                        continue;

                    if (underWay.Count == PortionsMax)
                        await underWay.Dequeue();
                    Ship(cancellation);
                    if (page.AtHead)
                        await CatchUpAsync(cancellation);
                }
            }
            catch (StoreException)
            {
                // What was read before the source failed is as good as ever.
                Ship(cancellation);
                await last;
                throw;
            }
            finally
            {
                await last;
            }
        }

        private async ValueTask CatchUpAsync(CancellationToken cancellation)
        {
            await last;
            if (Come.Replica.Position.Value - compared < ComparedEvents)
                return;

            compared = Come.Replica.Position.Value;
            await CompareAsync(ByRoot(source, replica, cancellation), compared);
        }

        private void Take(IReadOnlyList<RecordedEvent> events)
        {
            portion.AddRange(events);
            foreach (var recorded in events)
                bytes += recorded.Record.Length;
        }

        private void Ship(CancellationToken cancellation)
        {
            last = ShipAsync(last, portion, bytes, cancellation);
            underWay.Enqueue(last);
            (portion, bytes) = ([], 0);
        }

        private async Task ShipAsync(Task before, List<RecordedEvent> events, long eventBytes, CancellationToken cancellation)
        {
            var replicating = replica.ReplicateAsync(events, cancellation).AsTask();

            // What failed first is what is told, and not that those behind it found their place missing.
            await before;
            await AdvanceAsync(await replicating, events.Count, eventBytes);
        }

        private async ValueTask AdvanceAsync(LogHead replicated, long events, long eventBytes)
        {
            // Not cancelled: what was replicated is told.
            Come = new(replicated, await source.HeadAsync(CancellationToken.None), Come.Events + events, Come.Bytes + eventBytes);
            progress?.Report(Come);
        }
    }
}

/// <summary>How far a replication has come.</summary>
/// <param name="Replica">Where the replica stands.</param>
/// <param name="Source">Where its source stands.</param>
/// <param name="Events">How many events were copied since it began.</param>
/// <param name="Bytes">How many bytes these are, with their envelopes.</param>
public sealed record ReplicationProgress(LogHead Replica, LogHead Source, long Events, long Bytes);
