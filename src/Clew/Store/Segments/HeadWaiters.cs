namespace Clew.Store.Segments;

/// <summary>Those who wait for the head to move.</summary>
internal sealed class HeadWaiters
{
    private readonly Lock gate = new();
    private List<TaskCompletionSource> waiting = [];
    private bool isClosed;

    /// <summary>Ends when the head moves beyond a position, or the store closes.</summary>
    /// <param name="hasMoved">Whether it already has; asked so that no move is missed.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async ValueTask WaitAsync(Func<bool> hasMoved, CancellationToken cancellation)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (isClosed || hasMoved())
                return;
            waiting.Add(waiter);
        }

        using var registration = cancellation.Register(() => waiter.TrySetCanceled(cancellation));
        try
        {
            await waiter.Task;
        }
        finally
        {
            lock (gate)
                waiting.Remove(waiter);
        }
    }

    public void Moved()
    {
        List<TaskCompletionSource> woken;
        lock (gate)
        {
            if (waiting.Count == 0)
                return;
            (woken, waiting) = (waiting, []);
        }

        foreach (var waiter in woken)
            waiter.TrySetResult();
    }

    public void Close()
    {
        lock (gate)
            isClosed = true;
        Moved();
    }
}
