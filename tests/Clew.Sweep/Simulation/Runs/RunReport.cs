using System.Globalization;
using Clew.Sweep.Simulation.Disk;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>What came of one seed.</summary>
internal sealed record RunReport(ulong Seed, string? Failure, string Options, ulong Digest, FaultCounts Counts, RunFigures Figures, IReadOnlyList<string> Lines)
{
    public static RunReport Of(ulong seed, RunContext? run, Exception? failure)
    {
        if (failure is DamageFoundException)
            failure = null;

        return new(
            seed,
            failure is null ? null : failure is Machine.Violation ? failure.Message : failure.ToString(),
            run?.Options.ToString() ?? "",
            run?.Trace.Digest ?? 0,
            run?.Counts ?? new(),
            run is null ? new() : new(
                run.History.Acks.Count, run.History.Conflicts.Count, run.History.Pages.Count, run.History.Reads.Count,
                run.History.KnownHead, run.Disk.Calls, run.Scheduler.Steps, run.Scheduler.Now,
                run.History.Erasures.Count(erasure => erasure.Answer is Store.EraseResult.Erased)),
            run is null ? [] : [.. run.Trace.Lines]);
    }

    public override string ToString() => Failure is null
        ? string.Create(CultureInfo.InvariantCulture, $"seed {Seed}: sound, digest {Digest:x16}")
        : $"seed {Seed}: {Failure}\n  {Options}\n  replay: dotnet run -c Release --project tests/Clew.Sweep -- replay {Seed}";
}

internal readonly record struct RunFigures(
    long Acks, long Conflicts, long Pages, long Reads, long Events, long DiskCalls, long Steps, long Microseconds, long Erasures)
{
    public static RunFigures operator +(RunFigures left, RunFigures right) => new(
        left.Acks + right.Acks, left.Conflicts + right.Conflicts, left.Pages + right.Pages, left.Reads + right.Reads,
        left.Events + right.Events, left.DiskCalls + right.DiskCalls, left.Steps + right.Steps,
        left.Microseconds + right.Microseconds, left.Erasures + right.Erasures);
}
