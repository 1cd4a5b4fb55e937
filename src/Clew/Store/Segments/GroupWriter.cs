namespace Clew.Store.Segments;

/// <summary>
/// The one writer of a log. Appends queue up; whoever leads takes what is queued, looks at it a second time, writes it as one group with
/// one flush, and answers everybody. Without contention the caller of an append leads for it; with contention the writer's own loop
/// does. While the device flushes, those who come form the next group: the writer finds it ready.
/// </summary>
internal sealed class GroupWriter
{
    private const int InlineAfterSingles = 16;
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(5);

    private readonly LogView view;
    private readonly Surroundings surroundings;
    private readonly LogEnd end;
    private readonly StoreClock clock;
    private readonly Lock gate = new();
    private readonly Lock forming = new();
    private readonly AsyncSignal arrived = new();
    private readonly ITimer idleTimer;
    private readonly List<PreparedAppend> queue = [];
    private FormingGroup group = new();
    private FormingGroup ahead = new();
    private volatile bool mayFormAhead;
    private Leader leader;
    private bool isStopping;
    private bool isIdle;
    private bool isTimerSet;
    private long publishedAt;
    private StoreFailedException? failure;

    /// <param name="view">The log as readers see it.</param>
    /// <param name="surroundings">Disk and time.</param>
    /// <param name="end">Where the log grows.</param>
    /// <param name="bounds">How far the clock may jump.</param>
    public GroupWriter(LogView view, Surroundings surroundings, LogEnd end, ClockBounds bounds)
    {
        (this.view, this.surroundings, this.end) = (view, surroundings, end);
        clock = new(surroundings.Time, bounds, end.Point.Position == 0 ? null : end.Point.RecordedAt);
        idleTimer = surroundings.Time.CreateTimer(_ => NoticeIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum Leader
    {
        Nobody,
        Caller,
        Loop,
    }

    public StoreFailedException? Failure => Volatile.Read(ref failure);

    /// <summary>Hands a batch to the writer.</summary>
    /// <returns>Once it is durable, or known to need another look.</returns>
    public ValueTask<AppendOutcome> WriteAsync(PreparedAppend append, CancellationToken cancellation)
    {
        Leader before;
        lock (gate)
        {
            if (failure is not null)
                throw Refusal(failure);
            ObjectDisposedException.ThrowIf(isStopping, typeof(SegmentEventStore));
            queue.Add(append);
            before = leader;
            if (before == Leader.Nobody)
                leader = Leader.Caller;
        }

        if (before == Leader.Nobody)
            return LeadOnceAsync(append);
        FormAhead();
        if (before == Leader.Loop)
            arrived.Set();
        return cancellation.CanBeCanceled ? WaitAsync(append, cancellation) : append.Answer;
    }

    public async Task RunAsync()
    {
        while (true)
        {
            await arrived.WaitAsync();
            lock (gate)
            {
                if (leader != Leader.Loop)
                    continue;
            }

            if (await LeadAsync())
                return;
        }
    }

    /// <summary>Takes no more appends, and ends the loop once those it has are answered.</summary>
    public void Stop()
    {
        lock (gate)
        {
            isStopping = true;
            if (leader == Leader.Nobody)
                leader = Leader.Loop;
        }

        arrived.Set();
    }

    /// <summary>After the loop has ended.</summary>
    public void Dispose() => idleTimer.Dispose();

    /// <summary>Stops the store for good: nobody knows any more what the disk holds.</summary>
    public void Fail(Exception cause)
    {
        lock (gate)
        {
            failure ??= new(
                $"The store in {surroundings.Disk.Name} has stopped: {cause.Message} " +
                "Appends that were under way may or may not be in the log: open the store again to find out, and repeat them with the same ids.",
                cause);
        }

        view.Fail(failure);
    }

    private async ValueTask<AppendOutcome> LeadOnceAsync(PreparedAppend append)
    {
        await WriteGroupAsync();
        Leader next;
        lock (gate)
            next = leader = HasWork || isStopping ? Leader.Loop : Leader.Nobody;

        if (next == Leader.Loop)
            arrived.Set();
        return await append.Answer;
    }

    /// <returns>Whether the writer stops, and nobody leads any more.</returns>
    private async ValueTask<bool> LeadAsync()
    {
        for (var singles = 0; ;)
        {
            bool hasWork, isDue;
            lock (gate)
            {
                (hasWork, isDue, isIdle) = (HasWork, isIdle, false);
                if (!hasWork && !isDue && (isStopping || singles >= InlineAfterSingles))
                {
                    leader = Leader.Nobody;
                    return isStopping;
                }
            }

            if (hasWork)
            {
                singles = await WriteGroupAsync() > 1 ? 0 : singles + 1;
            }
            else if (isDue)
            {
                await MarkEndAsync();
                singles = InlineAfterSingles;
            }
            else
            {
                await arrived.WaitAsync();
            }
        }
    }

    // The group may have batches that were taken while the one before was flushed.
    private bool HasWork => queue.Count > 0 || group.Taken.Count > 0;

    /// <summary>Writes one group of what is queued, and answers.</summary>
    /// <returns>How many appends it answered.</returns>
    private async ValueTask<int> WriteGroupAsync()
    {
        StoreException? refusal = null;
        try
        {
            if (failure is null)
            {
                await end.MarkInUseAsync();
                if (group.Taken.Count == 0)
                    await BeginAsync();
                if (failure is null)
                    FormQueued(group, isAhead: false);
                if (failure is null && group.Count > 0)
                    await FlushAsync();
            }
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Full)
        {
            group.TakeBack(view.Parts.Tails[^1]);
            refusal = new StoreFullException(
                $"There is no space left for the store in {surroundings.Disk.Name}. " +
                $"Nothing was written; make space, {end.NextSegmentBytes(0):N0} bytes for the next segment, and append again.",
                fault);
        }
        catch (ClockRefusedException refused)
        {
            refusal = refused;
        }
        catch (Exception fault)
        {
            Fail(fault);
        }

        return failure is null && refusal is null ? Answer() : Refuse(refusal);
    }

    private int Answer()
    {
        foreach (var append in group.Taken)
            append.Complete();

        var answered = group.Taken.Count;
        group.Clear();
        (group, ahead) = (ahead, group);
        return answered;
    }

    private async ValueTask BeginAsync()
    {
        var next = 0;
        lock (gate)
        {
            // Whoever waited may have given up meanwhile.
            if (queue.Count > 0)
                next = queue[0].Length;
        }

        await end.BeginAsync(group, next);
    }

    /// <summary>While the device flushes a group: takes what is queued into the next one, unless another is at it.</summary>
    private void FormAhead()
    {
        if (!mayFormAhead || !forming.TryEnter())
            return;

        try
        {
            // Seen under the lock, which the writer takes before it goes on: the group ahead is the one that is meant until then.
            if (mayFormAhead)
                FormQueued(ahead, isAhead: true);
        }
        catch (ClockRefusedException)
        {
            // The writer will see for itself, and refuse who is still queued.
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
        finally
        {
            forming.Exit();
        }
    }

    private void FormQueued(FormingGroup into, bool isAhead)
    {
        while (!isAhead || mayFormAhead)
        {
            PreparedAppend next;
            lock (gate)
            {
                if (queue.Count == 0 || !into.Fits(queue[0].Length) || (into.Taken.Count > 0 && into.Length + queue[0].Length > FormingGroup.BytesMax))
                    return;

                into.Stamp(clock);
                next = queue[0];
                queue.RemoveAt(0);
            }

            into.Add(next, view.Parts);
        }
    }

    private async ValueTask FlushAsync()
    {
        await end.WriteAsync(group);
        await SyncAsync();
        await end.AdvanceAsync(group);
        view.Publish(end.Point);
        SetTimer();
        end.PrepareNext();
    }

    private async ValueTask SyncAsync()
    {
        end.BeginBehind(ahead, group);
        mayFormAhead = true;
        try
        {
            await end.SyncAsync();
        }
        finally
        {
            mayFormAhead = false;

            // Whoever forms is done with it once the lock is free.
            lock (forming)
            {
            }
        }
    }

    private int Refuse(StoreException? refusal)
    {
        List<PreparedAppend> refused = [.. group.Taken, .. ahead.Taken];
        group.Clear();
        ahead.Clear();
        lock (gate)
        {
            refused.AddRange(queue);
            queue.Clear();
        }

        foreach (var append in refused)
            append.Fail(failure is null ? refusal! : Refusal(failure));

        return refused.Count;
    }

    private async ValueTask MarkEndAsync()
    {
        try
        {
            await end.SyncHeadAsync();
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }

    private void SetTimer()
    {
        lock (gate)
        {
            publishedAt = surroundings.Time.GetTimestamp();
            if (isTimerSet)
                return;
            isTimerSet = true;
        }

        idleTimer.Change(IdleAfter, Timeout.InfiniteTimeSpan);
    }

    private void NoticeIdle()
    {
        lock (gate)
        {
            if (isStopping)
                return;

            if (leader == Leader.Caller || surroundings.Time.GetElapsedTime(publishedAt) < IdleAfter)
            {
                idleTimer.Change(IdleAfter, Timeout.InfiniteTimeSpan);
                return;
            }

            (isTimerSet, isIdle) = (false, true);
            leader = Leader.Loop;
        }

        arrived.Set();
    }

    private async ValueTask<AppendOutcome> WaitAsync(PreparedAppend append, CancellationToken cancellation)
    {
        using var registration = cancellation.Register(() =>
        {
            bool wasQueued;
            lock (gate)
                wasQueued = queue.Remove(append);
            if (wasQueued)
                append.Fail(new OperationCanceledException(cancellation));
        });
        return await append.Answer;
    }

    private static StoreFailedException Refusal(StoreFailedException failure) => new(failure.Message, failure.InnerException);
}
