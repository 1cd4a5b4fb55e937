using System.Globalization;
using Clew.Sweep.Mutants;
using Clew.Sweep.Simulation.Runs;

namespace Clew.Sweep.Commands;

/// <summary>
/// Plants known bugs, one at a time, and says in how many seeds the simulator finds each, and which directed check does. A bug that
/// hardly any seed and no check finds is a hole in the tests.
/// </summary>
internal static class MutantsCommand
{
    private const double FoundShareMin = 0.005;

    public static int Run(Arguments arguments)
    {
        var seeds = arguments.Number("--seeds", 400);
        var threads = arguments.Number("--threads", Environment.ProcessorCount);
        var only = arguments.Text("--only") ?? "";
        var first = arguments.Number("--from", 1);
        using var copy = new MutantCopy();
        var disk = Array.ConvertAll(Enum.GetValues<DiskBug>(), bug => (Name: $"disk: {bug}", Plant: (Func<Finding>)(() => Plant(bug, seeds, threads))));
        var engine = MutantTable.All.Select(mutant => (mutant.Name, Plant: (Func<Finding>)(() => Plant(copy, mutant, seeds, threads))));
        var found = new List<Finding>();
        foreach (var (number, bug) in disk.Concat(engine).Index().Skip(first - 1))
        {
            // A bug of the disk is for the simulator only.
            if (!bug.Name.Contains(only, StringComparison.Ordinal) || (seeds == 0 && number < disk.Length))
                continue;

            found.Add(bug.Plant());
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number + 1,3} {found[^1]}"));
        }

        var missed = found.Where(finding => !finding.IsEnough).ToArray();
        Console.WriteLine($"{found.Count} planted bugs, {missed.Length} not found{string.Concat(missed.Select(finding => $"\n  {finding.Bug}"))}");
        return missed.Length == 0 ? 0 : 1;
    }

    private static Finding Plant(DiskBug bug, int seeds, int threads)
    {
        var sweep = new SeedSweep();
        sweep.Run(1, seeds, threads, StoreOpener.Segments.Around(disk => new FaultyDisk(disk, bug)));
        var first = sweep.Failures.Select(failure => (long)failure.Seed).DefaultIfEmpty(0).Min();
        return new($"disk: {bug}", (double)sweep.Failures.Count / seeds, first, []);
    }

    private static Finding Plant(MutantCopy copy, Mutant mutant, int seeds, int threads)
    {
        copy.Build(mutant);
        var checks = copy.Sweep(TimeSpan.FromMinutes(10), "directed", "--brief", "yes") ?? ["the checks do not end"];
        if (seeds == 0)
            return new(mutant.Name, 0, 0, checks);

        // A seed takes a fifth of a second on a quiet machine; a bug may make it slow, and some make it run for ever.
        var patience = TimeSpan.FromSeconds(60 + (5 * seeds));
        return copy.Sweep(patience, "simulate", "--brief", "yes", "--seeds", $"{seeds}", "--threads", $"{threads}") is { } lines
            ? new(mutant.Name, Number(lines[^1], 1) / (double)seeds, Number(lines[^1], 3), checks)
            : new(mutant.Name, null, 0, checks);
    }

    private static long Number(string line, int word) => long.Parse(line.Split(' ')[word], CultureInfo.InvariantCulture);

    /// <param name="Bug">What was planted.</param>
    /// <param name="Share">In which share of the seeds it was found; none where the sweep does not end, so that nobody could overlook it.</param>
    /// <param name="First">The first of these seeds, where there is one.</param>
    /// <param name="Checks">The directed checks that found it.</param>
    private sealed record Finding(string Bug, double? Share, long First, IReadOnlyList<string> Checks)
    {
        public bool IsEnough => Share is null or >= FoundShareMin || Checks.Count > 0;

        public override string ToString()
        {
            var share = Share is null ? "no end" : string.Create(CultureInfo.InvariantCulture, $"{100 * Share:0.0} %");
            var more = Checks.Count > 1 ? $" (+{Checks.Count - 1})" : "";
            return $"{Bug,-48} {share,7} {(First > 0 ? $"{First}" : "-"),6}  {Checks.FirstOrDefault("-")}{more}";
        }
    }
}
