using System.Collections.Concurrent;
using Clew.Sweep.Simulation.Disk;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>Runs many seeds, each on one thread.</summary>
internal sealed class SeedSweep
{
    private readonly ConcurrentDictionary<int, ulong> underWay = new();

    public FaultCounts Counts { get; } = new();

    public RunFigures Figures { get; private set; }

    public ConcurrentQueue<RunReport> Failures { get; } = new();

    public int Done { get; private set; }

    /// <summary>Seeds that run now: for who wonders why it takes so long.</summary>
    public IEnumerable<ulong> UnderWay => underWay.Values;

    public void Run(ulong first, int count, int threads, StoreOpener? opener = null)
    {
        var next = 0;
        var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            for (var index = Interlocked.Increment(ref next) - 1; index < count; index = Interlocked.Increment(ref next) - 1)
            {
                underWay[worker] = first + (ulong)index;
                Take(Simulation.Run(first + (ulong)index, opener));
            }

            underWay.TryRemove(worker, out _);
        })).ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
    }

    private void Take(RunReport report)
    {
        lock (Counts)
        {
            Counts.Add(report.Counts);
            Figures += report.Figures;
            Done++;
        }

        if (report.Failure is not null)
            Failures.Enqueue(report);
    }
}
