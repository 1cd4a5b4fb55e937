namespace Clew.Store.Segments;

/// <summary>Wakes the one loop that waits for it; set while nobody waits, it wakes the next who does at once.</summary>
internal sealed class AsyncSignal
{
    private readonly Lock gate = new();
    private TaskCompletionSource? waiter;
    private bool isSet;

    public void Set()
    {
        TaskCompletionSource? woken;
        lock (gate)
        {
            isSet = waiter is null;
            (woken, waiter) = (waiter, null);
        }

        woken?.TrySetResult();
    }

    public Task WaitAsync()
    {
        lock (gate)
        {
            if (isSet)
            {
                isSet = false;
                return Task.CompletedTask;
            }

            waiter ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiter.Task;
        }
    }
}
