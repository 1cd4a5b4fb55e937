namespace Clew.Bench.Peers;

/// <summary>Group commit for stores that have none: one thread takes whatever has queued up and commits it at once.</summary>
internal sealed class GroupWriter : IDisposable
{
    private readonly Lock taking = new();
    private readonly SemaphoreSlim filled = new(0);
    private readonly Action<IReadOnlyList<Draft[]>> commit;
    private readonly Thread thread;
    private List<Pending> queue = [];
    private List<Pending> spare = [];
    private bool isClosed;

    /// <param name="name">The thread's name.</param>
    /// <param name="commit">Makes all these batches durable, or throws and makes none.</param>
    public GroupWriter(string name, Action<IReadOnlyList<Draft[]>> commit)
    {
        this.commit = commit;
        thread = new Thread(Run) { Name = name, IsBackground = true };
        thread.Start();
    }

    public ValueTask AppendAsync(Draft[] batch)
    {
        var pending = new Pending(batch, new(TaskCreationOptions.RunContinuationsAsynchronously));
        bool isFirst;
        lock (taking)
        {
            queue.Add(pending);
            isFirst = queue.Count == 1;
        }

        if (isFirst)
            filled.Release();
        return new(pending.Answer.Task);
    }

    public void Dispose()
    {
        Volatile.Write(ref isClosed, true);
        filled.Release();
        thread.Join();
        filled.Dispose();
    }

    private void Run()
    {
        var group = new List<Draft[]>();
        while (true)
        {
            filled.Wait();
            if (Volatile.Read(ref isClosed))
                return;

            List<Pending> taken;
            lock (taking)
                (taken, queue, spare) = (queue, spare, queue);

            group.AddRange(taken.Select(pending => pending.Batch));
            Answer(taken, group);
            group.Clear();
            taken.Clear();
        }
    }

    private void Answer(List<Pending> taken, List<Draft[]> group)
    {
        try
        {
            commit(group);
            foreach (var pending in taken)
                pending.Answer.SetResult();
        }
        catch (Exception fault)
        {
            foreach (var pending in taken)
                pending.Answer.TrySetException(fault);
        }
    }

    private readonly record struct Pending(Draft[] Batch, TaskCompletionSource Answer);
}
