using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Runs an <see cref="IndexKeeper"/> beside the writer.</summary>
internal sealed class IndexLoop
{
    private readonly IndexKeeper keeper;
    private readonly Action<Exception> stop;
    private readonly Lock gate = new();
    private readonly AsyncSignal wanted = new();
    private TaskCompletionSource? filed;
    private bool isStopping;

    /// <param name="keeper">What does the work.</param>
    /// <param name="stop">Stops the store for a fault that more space would not mend.</param>
    public IndexLoop(IndexKeeper keeper, Action<Exception> stop)
    {
        (this.keeper, this.stop) = (keeper, stop);
        keeper.Filed = () => Waiter()?.SetResult();
    }

    public int FrozenCount => keeper.FrozenCount;

    public void Freeze(TailIndex tail, LogPoint end)
    {
        keeper.Freeze(tail, end);
        wanted.Set();
    }

    /// <summary>Ends when the tails that are frozen now have their files.</summary>
    /// <exception cref="DiskException">They could not be written.</exception>
    public Task FiledAsync()
    {
        Task ended;
        lock (gate)
        {
            filed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            ended = filed.Task;
        }

        wanted.Set();
        return ended;
    }

    public async Task RunAsync()
    {
        while (true)
        {
            await wanted.WaitAsync();
            if (isStopping)
                return;

            if (await FileAsync())
                await MergeAsync();
        }
    }

    public void Stop()
    {
        isStopping = true;
        keeper.StopMerging();
        wanted.Set();
    }

    private async ValueTask<bool> FileAsync()
    {
        try
        {
            await keeper.FileTailsAsync();
            return true;
        }
        catch (Exception fault)
        {
            StopUnlessFull(fault);
            Waiter()?.SetException(fault);
            return false;
        }
    }

    private async ValueTask MergeAsync()
    {
        try
        {
            await keeper.MergeAsync();
        }
        catch (StoreCorruptedException)
        {
            // The files that were to be merged stay as they are; reading from the damaged one says so to whoever does.
        }
        catch (OperationCanceledException)
        {
            // The store closes; the next one to open it merges.
        }
        catch (Exception fault)
        {
            StopUnlessFull(fault);
        }
    }

    private void StopUnlessFull(Exception fault)
    {
        if (fault is not DiskException { Fault: DiskFault.Full })
            stop(fault);
    }

    private TaskCompletionSource? Waiter()
    {
        lock (gate)
        {
            var waiter = filed;
            filed = null;
            return waiter;
        }
    }
}
