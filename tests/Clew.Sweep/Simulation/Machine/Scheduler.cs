using System.Runtime.ExceptionServices;

namespace Clew.Sweep.Simulation.Machine;

/// <summary>
/// Runs everything that the simulated processes do, one step at a time, on one thread and in virtual time. What could run next is
/// chosen by chance, so that a seed is one interleaving, and the same one each time.
/// </summary>
internal sealed class Scheduler(Chance chance, Trace trace)
{
    // Now and then time passes although there is work to do, as on a machine that is too slow.
    private const double TimePassesAnyway = 0.01;

    private readonly List<(SimulatedProcess Process, SendOrPostCallback Step, object? State)> ready = [];
    private readonly PriorityQueue<(SimulatedProcess? Process, Action Act), (long Due, long Order)> timers = new();
    private readonly int thread = Environment.CurrentManagedThreadId;
    private long order;
    private Exception? fault;
    private volatile string? intruder;

    /// <summary>Virtual microseconds since the run began.</summary>
    public long Now { get; private set; }

    public long Steps { get; private set; }

    public Chance Chance => chance;

    public Trace Trace => trace;

    public void Post(SimulatedProcess process, SendOrPostCallback step, object? state)
    {
        // Thrown here it would end the whole test run, because the intruder is a thread of the pool.
        if (Environment.CurrentManagedThreadId != thread)
            intruder = Environment.StackTrace;
        else
            ready.Add((process, step, state));
    }

    /// <summary>Does something later; for a process only if it still lives then, for none (the machine) in any case.</summary>
    public void After(long microseconds, SimulatedProcess? process, Action act) =>
        timers.Enqueue((process, act), (Now + Math.Max(0, microseconds), order++));

    /// <summary>Ends the run with this fault at the next step.</summary>
    public void Fail(Exception exception) => fault ??= exception;

    /// <summary>Runs until it is done, or nothing is left to do.</summary>
    /// <returns>Whether it is done.</returns>
    public bool Run(Func<bool> isDone, long stepsMax)
    {
        for (var last = Steps + stepsMax; Steps < last; Steps++)
        {
            ThrowFaults();
            if (isDone())
                return true;
            if (ready.Count > 0 && !(timers.Count > 0 && chance.Happens(TimePassesAnyway)))
                RunReady(chance.Below(ready.Count));
            else if (timers.TryDequeue(out var timer, out var key))
                RunTimer(timer.Process, timer.Act, key.Due);
            else
                return false;
        }

        throw new Violation($"liveness: still running after {stepsMax:N0} steps");
    }

    private void RunReady(int index)
    {
        var (process, step, state) = ready[index];
        ready[index] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        trace.Add((ulong)index);
        if (!process.IsDead)
            On(process, () => step(state));
    }

    private void RunTimer(SimulatedProcess? process, Action act, long due)
    {
        Now = Math.Max(Now, due);
        trace.Add((ulong)Now);
        if (process is not { IsDead: true })
            On(process, act);
    }

    private static void On(SimulatedProcess? process, Action act)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(process);
        try
        {
            act();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void ThrowFaults()
    {
        if (intruder is { } where)
            throw new Violation("a step was posted from another thread, so the run is not of the seed alone:\n" + where);
        if (fault is { } first)
            ExceptionDispatchInfo.Throw(first);
    }
}
