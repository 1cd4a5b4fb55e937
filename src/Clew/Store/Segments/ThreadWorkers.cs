namespace Clew.Store.Segments;

/// <summary>Runs each loop on a thread of its own, because a loop blocks in the disk and must not hold a thread of the pool; short work runs on the pool.</summary>
internal sealed class ThreadWorkers : IWorkers
{
    public Task Start(string name, Func<Task> loop)
    {
        var pump = new Pump();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => pump.Run(loop, ended)) { IsBackground = true, Name = name };
        thread.Start();
        return ended.Task;
    }

#pragma warning disable RS0030 // The one place.
    public Task<T> Aside<T>(Func<Task<T>> work) => Task.Run(work);
#pragma warning restore RS0030

    private sealed class Pump : SynchronizationContext
    {
        private readonly object gate = new();
        private Queue<(SendOrPostCallback Callback, object? State)> posted = new();
        private Queue<(SendOrPostCallback Callback, object? State)> running = new();

        public override void Post(SendOrPostCallback d, object? state)
        {
            lock (gate)
            {
                posted.Enqueue((d, state));
                Monitor.Pulse(gate);
            }
        }

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("A worker takes no calls that wait.");

        public override SynchronizationContext CreateCopy() => this;

        public void Run(Func<Task> loop, TaskCompletionSource ended)
        {
            SetSynchronizationContext(this);
            var task = loop();
            while (!task.IsCompleted)
            {
                lock (gate)
                {
                    while (posted.Count == 0)
                        Monitor.Wait(gate);
                    (posted, running) = (running, posted);
                }

                while (running.TryDequeue(out var next))
                    next.Callback(next.State);
            }

            if (task.IsFaulted)
                ended.SetException(task.Exception!.InnerExceptions);
            else
                ended.SetResult();
        }
    }
}
