using Clew.Store.Segments;

namespace Clew.Sweep.Simulation.Machine;

/// <summary>A process on the simulated machine: it can be killed between any two of its steps, and then never takes another.</summary>
internal sealed class SimulatedProcess : SynchronizationContext, IWorkers
{
    private readonly Scheduler scheduler;
    private readonly List<Action> callers = [];

    public SimulatedProcess(Scheduler scheduler, string name)
    {
        this.scheduler = scheduler;
        Name = name;
    }

    public string Name { get; }

    public bool IsDead { get; private set; }

    public Scheduler Scheduler => scheduler;

    public override void Post(SendOrPostCallback d, object? state) => scheduler.Post(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Nothing of it runs again, and who waits for an answer from it learns that there will be none.</summary>
    public void Kill()
    {
        IsDead = true;
        foreach (var tell in callers.ToArray())
            tell();
        callers.Clear();
    }

    public Task Delay(long microseconds)
    {
        var over = new TaskCompletionSource();
        scheduler.After(microseconds, this, over.SetResult);
        return over.Task;
    }

    public Task Start(string name, Func<Task> loop) => Call(async () =>
    {
        await loop();
        return true;
    });

    public Task<T> Aside<T>(Func<Task<T>> work) => Call(work);

    /// <summary>Runs something of the harness; a fault in it ends the run.</summary>
    public void Run(Func<Task> body) => Post(async _ =>
    {
        try
        {
            await body();
        }
        catch (Exception exception) when (!IsDead)
        {
            scheduler.Fail(exception);
        }
    }, null);

    /// <summary>Has this process do something for another one, which waits for the answer.</summary>
    /// <exception cref="ProcessDiedException">It was killed before it answered.</exception>
    public Task<T> Call<T>(Func<Task<T>> work)
    {
        var answer = new TaskCompletionSource<T>();
        if (IsDead)
        {
            answer.SetException(new ProcessDiedException());
            return answer.Task;
        }

        Action tell = () => answer.TrySetException(new ProcessDiedException());
        callers.Add(tell);
        Post(async _ =>
        {
            try
            {
                answer.TrySetResult(await work());
            }
            catch (Exception exception)
            {
                answer.TrySetException(exception);
            }

            callers.Remove(tell);
        }, null);
        return answer.Task;
    }
}

/// <summary>The process that was asked is gone, so nobody knows what came of it.</summary>
internal sealed class ProcessDiedException : Exception;
