using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Runs an <see cref="IndexKeeper"/> beside the writer.</summary>
/// <param name="keeper">What does the work.</param>
/// <param name="stop">Stops the store for a fault that more space would not mend.</param>
internal sealed class IndexLoop(IndexKeeper keeper, Action<DiskException> stop)
{
    private readonly Lock gate = new();
    private readonly AsyncSignal wanted = new();
    private TaskCompletionSource? filed;
    private bool isStopping;

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

            try
            {
                await keeper.FileTailsAsync();
                Waiter()?.SetResult();
                await keeper.MergeAsync();
            }
            catch (DiskException fault)
            {
                Waiter()?.SetException(fault);
                if (fault.Fault != DiskFault.Full)
                    stop(fault);
            }
            catch (StoreCorruptedException damaged)
            {
                // The files that were to be merged stay as they are; reading from the damaged one says so to whoever does.
                Waiter()?.SetException(new DiskException(DiskFault.Failed, damaged.Message, damaged));
            }
        }
    }

    public void Stop()
    {
        isStopping = true;
        wanted.Set();
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
