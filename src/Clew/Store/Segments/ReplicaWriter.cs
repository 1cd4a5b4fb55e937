using System.Runtime.InteropServices;
using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// The one writer of a replica: puts recorded events into groups, whole batches each. While the device flushes a group, the next one forms,
/// of the same call or of the one behind it; each call is answered when its last group is durable.
/// </summary>
/// <remarks>
/// Each group is flushed before the next one is written: where two were under way at a power loss, the second could be found whole behind a
/// torn first one, and that looks like damage.
/// </remarks>
internal sealed class ReplicaWriter : IAsyncDisposable
{
    private readonly OpenLog log;
    private readonly LogView view;
    private readonly LogEnd end;
    private readonly Task loop;
    private readonly ReplicaRules rules = new();
    private readonly List<ulong> hashes = [];
    private readonly AsyncSignal wanted = new();

    // Held by who forms groups. The group before belongs to the loop, until its flush is awaited by the next who has the turn.
    private readonly SemaphoreSlim turn = new(1);
    private FormingGroup group = new();
    private FormingGroup ahead = new();
    private TaskCompletionSource? flushing;
    private LogHead formed;
    private int calls;
    private bool isStopping;
    private StoreFailedException? failure;

    private Task Flushing => flushing?.Task ?? Task.CompletedTask;

    /// <param name="log">The log of the replica, which is closed with its writer.</param>
    public ReplicaWriter(OpenLog log)
    {
        (this.log, view, end, formed) = (log, log.View, log.End, log.View.Head);
        loop = log.Surroundings.Workers.Start("clew replica", RunAsync);
        log.Start(Fail);
    }

    /// <summary>Writes events that go on with the log, behind those of the calls before.</summary>
    /// <exception cref="ArgumentException">They do not go on with it.</exception>
    /// <exception cref="StoreFullException">There is no space; the first groups may be written.</exception>
    /// <exception cref="StoreFailedException">The replica has stopped.</exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public async ValueTask WriteAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        Interlocked.Increment(ref calls);
        try
        {
            // Beside the caller, who reads the next ones meanwhile.
            var (count, durable) = await InTurnAsync(() => view.Workers.Aside(() => FormAsync(events, cancellation)), cancellation);
            await SettleAsync(durable);
            if (count < events.Count)
                cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            Interlocked.Decrement(ref calls);
        }
    }

    /// <summary>Takes from another folder of the log what can be copied as it is, while nothing is formed or flushed.</summary>
    public Task<bool> CopyAsync(LogView source, long upTo, Func<BulkCopied, ValueTask> copied, CancellationToken cancellation) => InTurnAsync(
        () => view.Workers.Aside(async () =>
        {
            ObjectDisposedException.ThrowIf(view.IsClosed, typeof(SegmentReplica));
            ThrowIfFailed();
            SegmentCopy? copy = null;
            try
            {
                await FlushedAsync();
                copy = new(source, log, upTo, copied, cancellation);
                await copy.RunAsync();
                return true;
            }
            catch (Exception fault) when (fault is DiskException || copy is { IsBroken: true })
            {
                throw Stopped(fault);
            }
            finally
            {
                formed = view.Head;
            }
        }),
        cancellation);

    /// <summary>Does something while nothing is formed or flushed.</summary>
    public Task<T> AloneAsync<T>(Func<Task<T>> work) => InTurnAsync(
        async () =>
        {
            await Task.WhenAny(Flushing);
            return await work();
        },
        CancellationToken.None);

    /// <summary>Takes nothing more, and closes the log once nothing is formed or flushed.</summary>
    public async ValueTask DisposeAsync() => await AloneAsync(async () =>
    {
        isStopping = true;
        wanted.Set();
        await loop;
        await log.CloseAsync();
        return true;
    });

    /// <summary>Stops the replica for good: nobody knows any more what the disk holds.</summary>
    public void Fail(Exception cause)
    {
        var failed = new StoreFailedException(
            $"The replica in {log.Surroundings.Disk.Name} has stopped: {cause.Message} Open it again, and go on from where its head is then.", cause);
        view.Fail(Interlocked.CompareExchange(ref failure, failed, null) ?? failed);
    }

    /// <summary>Writes and flushes groups as they are formed: a loop of its own, because it blocks in the disk.</summary>
    private async Task RunAsync()
    {
        while (true)
        {
            await wanted.WaitAsync();
            if (isStopping)
                return;

            try
            {
                await FlushAsync();
                flushing!.SetResult();
            }
            catch (Exception fault)
            {
                flushing!.SetException(fault);
            }
        }
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Forms the groups, and gives each to the loop once the one before is flushed.</summary>
    /// <returns>How many events were formed, which is all of them unless it was cancelled, and what ends when they are durable.</returns>
    private async Task<(int Count, Task Durable)> FormAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(view.IsClosed, typeof(SegmentReplica));
        ThrowIfFailed();
        rules.Check(events, formed);
        try
        {
            await end.MarkInUseAsync();
            var next = 0;
            while (next < events.Count && !cancellation.IsCancellationRequested)
            {
                next = ErasureRecord.Is(events[next].Record)
                    ? await WithErasureAsync(events[next], () => PassOnAsync(events, next))
                    : await PassOnAsync(events, next);
            }

            return (next, Flushing);
        }
        catch (Exception fault)
        {
            throw Stopped(fault);
        }
    }

    /// <summary>Forms a group and gives it to the loop.</summary>
    /// <returns>The index of the first event behind it.</returns>
    private async ValueTask<int> PassOnAsync(IReadOnlyList<RecordedEvent> events, int first)
    {
        var next = await FormAsync(events, first);
        await FlushedAsync();
        formed = formed with { Position = events[next - 1].Position, RecordedAt = events[next - 1].RecordedAt };
        (group, ahead, flushing) = (ahead, group, new(TaskCreationOptions.RunContinuationsAsynchronously));
        wanted.Set();
        return next;
    }

    /// <summary>Erases here what the log has erased: under a journal, as there, so that what a crash cuts short is ended when it is opened again.</summary>
    /// <param name="record">The event that records the erasure.</param>
    /// <param name="write">Puts it into the log.</param>
    private async ValueTask<int> WithErasureAsync(RecordedEvent record, Func<ValueTask<int>> write)
    {
        // Whatever comes before it is durable then, and can be read.
        await Flushing;
        if (await Overwriting.PresentAsync(view, ErasureRecord.Read(record) ?? []) is not { Count: > 0 } erased)
            return await write();

        var disk = log.Surroundings.Disk;
        await new ErasureJournal(view.Lineage.LogId, record.Id, erased).PrepareAsync(disk);
        await ErasureJournal.BeginAsync(disk);
        int next;
        try
        {
            next = await write();
            await Flushing;
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Full)
        {
            // It is not in the log, so nothing is to be overwritten.
            await LogEnd.ForGoodAsync(() => ErasureJournal.EndAsync(disk));
            throw;
        }

        await LogEnd.ForGoodAsync(() => Overwriting.ApplyAsync(view, erased));
        await LogEnd.ForGoodAsync(() => ErasureJournal.EndAsync(disk));
        return next;
    }

    /// <summary>Waits for the flush of a call's last group.</summary>
    private async ValueTask SettleAsync(Task durable)
    {
        try
        {
            await durable;
        }
        catch (Exception fault)
        {
            throw await InTurnAsync(() => Task.FromResult(Stopped(fault)), CancellationToken.None);
        }
    }

    /// <summary>What a fault means: on a full disk what was formed is taken back, and after any other nothing more is taken.</summary>
    private StoreException Stopped(Exception fault)
    {
        if (fault is not DiskException { Fault: DiskFault.Full })
        {
            Fail(fault);
            return Refusal(failure!);
        }

        // Unless the call behind has done it already.
        if (Flushing.IsFaulted)
            TakeBack();
        return new StoreFullException(
            $"There is no space left for the replica in {log.Surroundings.Disk.Name}, which has the events up to position {view.Head.Position}. " +
            $"Make space, {end.NextSegmentBytes(0):N0} bytes for the next segment, and go on from there.",
            fault);
    }

    private void TakeBack()
    {
        // In reverse, because an index takes back only its latest events.
        var tail = view.Parts.Tails[^1];
        ahead.TakeBack(tail);
        group.TakeBack(tail);
        (flushing, formed) = (null, view.Head);
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref failure) is { } failed)
            throw Refusal(failed);
    }

    private static StoreFailedException Refusal(StoreFailedException failure) => new(failure.Message, failure.InnerException);

    /// <summary>Forms a group out of the next batches, behind one that may still be on its way to the device.</summary>
    /// <returns>The index of the first event behind it.</returns>
    private async ValueTask<int> FormAsync(IReadOnlyList<RecordedEvent> events, int next)
    {
        var bytes = BatchBytes(events, next);
        if (group.Count > 0)
            end.BeginBehind(ahead, group);
        if (group.Count == 0 || !ahead.Fits(bytes))
        {
            await FlushedAsync();
            await end.BeginAsync(ahead, bytes);
        }

        do
        {
            next = AddBatch(events, next);
        }
        while (next < events.Count && !ErasureRecord.Is(events[next].Record)
            && BatchBytes(events, next) is var more && ahead.Fits(more) && ahead.Length + more <= FormingGroup.BytesMax);

        return next;
    }

    private int AddBatch(IReadOnlyList<RecordedEvent> events, int next)
    {
        var tail = view.Parts.Tails[^1];
        var behind = next + events[next].BatchCount;
        for (; next < behind; next++)
        {
            var record = events[next].Record;
            hashes.Clear();
            view.Hasher.Collect(record, hashes);
            ahead.Add(record, CollectionsMarshal.AsSpan(hashes), tail);
        }

        return behind;
    }

    private static int BatchBytes(IReadOnlyList<RecordedEvent> events, int next)
    {
        var bytes = 0;
        for (var index = next; index < next + events[next].BatchCount; index++)
            bytes += events[index].Record.Length;

        return bytes;
    }

    private async ValueTask FlushAsync()
    {
        await end.WriteAsync(group);
        await end.SyncAsync();
        await end.AdvanceAsync(group);
        view.Publish(end.Point);
        end.PrepareNext();

        // Where nobody is behind, who might write the mark again.
        if (Volatile.Read(ref calls) <= 1)
            await end.SyncHeadAsync();
    }

    // Where it fails, its group stays as it is.
    private async ValueTask FlushedAsync()
    {
        await Flushing;
        group.Clear();
        flushing = null;
    }
}
