using System.Runtime.CompilerServices;
using Clew.Events;

namespace Clew.Store;

/// <summary>An event store in memory: for tests, for trying things out, and for reading what a store does.</summary>
/// <remarks>
/// It keeps the whole contract of <see cref="IEventStore"/> and is gone when it is disposed: durable means here that the batch is
/// in memory. Every call takes its turn, and within its turn it sees the log at rest; what the calls mean is in <see cref="MemoryLog"/>.
/// </remarks>
public sealed class InMemoryEventStore : IEventStore, IEventEraser
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Lineage lineage = new(EventId.New(), Epoch: 1);
    private readonly MemoryLog log;
    private readonly StoreClock clock;
    private TaskCompletionSource moved = NewSignal();
    private bool isClosed;

    /// <summary>Makes an empty store.</summary>
    /// <param name="time">Where time comes from. Default: the system's clock.</param>
    /// <param name="clock">How far the clock may jump before appends are refused.</param>
    public InMemoryEventStore(TimeProvider? time = null, ClockBounds? clock = null)
        : this(time, clock, EventLimits.IdempotenceWindowEvents)
    {
    }

    internal InMemoryEventStore(TimeProvider? time, ClockBounds? clock, int windowEvents)
    {
#pragma warning disable RS0030 // The one default.
        this.clock = new(time ?? TimeProvider.System, clock ?? new(), last: null);
#pragma warning restore RS0030
        log = new(windowEvents);
    }

    /// <inheritdoc/>
    public async ValueTask<AppendResult> AppendAsync(AppendBatch batch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Check();
        return await InTurnAsync(() => Append(batch), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<EraseResult> EraseAsync(EraseRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return await InTurnAsync(() => Erase(request), cancellation);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<EventPage> ReadAsync(
        ReadRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        var (after, bound) = await InTurnAsync(() => OpenLog().RangeOf(request), cancellation);
        var left = request.Limit ?? long.MaxValue;
        bool isAtEnd;
        do
        {
            var found = await InTurnAsync(() => NextStretch(request, after, bound, left), cancellation);
            if (request.Direction == ReadDirection.Forwards)
                after = found.ReadTo;
            else
                bound = found.ReadTo;

            isAtEnd = after == bound;
            left -= found.Events.Count;
            yield return new(found.Events, lineage, new(found.ReadTo), isAtEnd);
        }
        while (!isAtEnd && left > 0);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<EventPage> SubscribeAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        var after = await InTurnAsync(() => StartOf(request.After), cancellation);
        while (await InTurnAsync(() => NextNews(request.Filter, after), cancellation) is var (page, signal))
        {
            yield return page;
            after = page.ReadTo.Value;
            if (page.AtHead)
                await signal.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask<LogHead> HeadAsync(CancellationToken cancellation = default) =>
        InTurnAsync(() => HeadOf(OpenLog()), cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await InTurnAsync(() => isClosed = true, CancellationToken.None);
        moved.TrySetResult();
    }

    private AppendResult Append(AppendBatch batch)
    {
        var open = OpenLog();
        if (open.KnownInWindow(batch.Events) is { } known)
            return open.Earlier(batch.Events) ?? throw new EventIdReusedException(known.Id, new(known.Position));

        var broken = new List<BrokenCondition>();
        foreach (var condition in batch.Conditions)
        {
            if (open.Broken(condition) is { } why)
                broken.Add(why);
        }

        // What broke the conditions may be this very batch, appended by an attempt whose answer was lost.
        if (broken.Count > 0)
            return open.Earlier(batch.Events) ?? (AppendResult)new AppendResult.Conflict(broken);

        return Add(open, batch.Events, clock.Next());
    }

    private AppendResult.Appended Add(MemoryLog open, IReadOnlyList<EventData> batch, long recordedAt)
    {
        var appended = open.Add(batch, recordedAt);
        moved.SetResult();
        moved = NewSignal();
        return appended;
    }

    private EraseResult Erase(EraseRequest request)
    {
        var open = OpenLog();
        var selection = new EraseSelection();
        foreach (var found in Selected(open, request.Target.ToRead()))
            selection.Add(found);
        if (selection.Outcome() is { } outcome)
            return outcome;

        var recordedAt = clock.Next();
        var records = new List<GlobalPosition>();
        foreach (var portion in selection.Portions)
        {
            ErasedEvent[] erased = [.. portion.Select(open.Erase)];
            records.Add(Add(open, [ErasureRecord.Of(request, erased, EventId.New())], recordedAt).First);
        }

        return selection.Done(records);
    }

    private static IEnumerable<RecordedEvent> Selected(MemoryLog open, ReadRequest request)
    {
        var (after, bound) = open.RangeOf(request);
        while (after < bound)
        {
            var (events, readTo) = open.Forwards(request.Filter, after, bound, long.MaxValue);
            foreach (var found in events)
                yield return found;
            after = readTo;
        }
    }

    private (List<RecordedEvent> Events, long ReadTo) NextStretch(ReadRequest request, long after, long bound, long limit)
    {
        var open = OpenLog();
        return request.Direction == ReadDirection.Forwards
            ? open.Forwards(request.Filter, after, bound, limit)
            : open.Backwards(request.Filter, after, bound, limit);
    }

    private long StartOf(Checkpoint? after)
    {
        var head = HeadOf(OpenLog());
        if (after is not { } checkpoint)
            return 0;

        return checkpoint.Lineage == lineage && checkpoint.Position.Value >= 0 && checkpoint.Position <= head.Position
            ? checkpoint.Position.Value
            : throw new CheckpointRefusedException(checkpoint, head);
    }

    /// <returns>The next page of a subscription, and what tells when there is more; null once the store is closed.</returns>
    private (EventPage Page, Task Moved)? NextNews(EventFilter filter, long after)
    {
        if (isClosed)
            return null;

        var (events, readTo) = log.Forwards(filter, after, log.Head, long.MaxValue);
        return (new(events, lineage, new(readTo), AtHead: readTo == log.Head), moved.Task);
    }

    private LogHead HeadOf(MemoryLog open) => new(lineage, new(open.Head), open.LastRecordedAt);

    private MemoryLog OpenLog()
    {
        ObjectDisposedException.ThrowIf(isClosed, this);
        return log;
    }

    private async ValueTask<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            return work();
        }
        finally
        {
            turn.Release();
        }
    }

    // An append must not run the code of those who wait for it.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
