using System.Runtime.InteropServices;
using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// The one writer of a replica: puts recorded events into groups, whole batches each, and forms the next group while the device flushes the
/// one before.
/// </summary>
/// <remarks>
/// For one thread at a time. Each group is flushed before the next one is written: where two were under way at a power loss, the second could
/// be found whole behind a torn first one, and that looks like damage.
/// </remarks>
/// <param name="log">The log of the replica.</param>
internal sealed class ReplicaWriter(OpenLog log)
{
    private readonly LogView view = log.View;
    private readonly LogEnd end = log.End;
    private readonly List<ulong> hashes = [];
    private FormingGroup group = new();
    private FormingGroup ahead = new();
    private Task flushing = Task.CompletedTask;
    private StoreFailedException? failure;

    /// <summary>Writes events that go on with the log.</summary>
    /// <exception cref="StoreFullException">There is no space; the first groups may be written.</exception>
    /// <exception cref="StoreFailedException">The replica has stopped.</exception>
    public async ValueTask WriteAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var next = 0;
        try
        {
            ThrowIfFailed();
            await end.MarkInUseAsync();
            while (next < events.Count && !cancellation.IsCancellationRequested)
            {
                next = await FormAsync(events, next);
                await FlushedAsync();
                (group, ahead) = (ahead, group);
                flushing = view.Workers.Aside(FlushAsync);
            }

            await FlushedAsync();
            await end.SyncHeadAsync();
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Full)
        {
            TakeBack();
            throw new StoreFullException(
                $"There is no space left for the replica in {log.Surroundings.Disk.Name}, which has the events up to position {view.Head.Position}. " +
                $"Make space, {end.NextSegmentBytes(0):N0} bytes for the next segment, and go on from there.",
                fault);
        }
        catch (Exception fault) when (fault is not StoreFailedException)
        {
            await Task.WhenAny(flushing);
            Fail(fault);
            ThrowIfFailed();
        }

        if (next < events.Count)
            cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Stops the replica for good: nobody knows any more what the disk holds.</summary>
    public void Fail(Exception cause)
    {
        var failed = new StoreFailedException(
            $"The replica in {log.Surroundings.Disk.Name} has stopped: {cause.Message} Open it again, and go on from where its head is then.", cause);
        view.Fail(Interlocked.CompareExchange(ref failure, failed, null) ?? failed);
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref failure) is { } failed)
            throw new StoreFailedException(failed.Message, failed.InnerException);
    }

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
        while (next < events.Count && BatchBytes(events, next) is var more && ahead.Fits(more) && ahead.Length + more <= FormingGroup.BytesMax);

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

    private async Task<bool> FlushAsync()
    {
        await end.WriteAsync(group);
        await end.SyncAsync();
        await end.AdvanceAsync(group);
        view.Publish(end.Point);
        end.PrepareNext();
        return true;
    }

    // Where it fails, its group stays as it is.
    private async ValueTask FlushedAsync()
    {
        await flushing;
        group.Clear();
        flushing = Task.CompletedTask;
    }

    private void TakeBack()
    {
        // In reverse, because an index takes back only its latest events.
        var tail = view.Parts.Tails[^1];
        ahead.TakeBack(tail);
        group.TakeBack(tail);
        flushing = Task.CompletedTask;
    }
}
