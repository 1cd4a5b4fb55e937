using System.Globalization;
using Clew.Sweep.Mutants;
using Clew.Sweep.Simulation.Runs;

namespace Clew.Sweep.Commands;

/// <summary>Plants known bugs, one at a time, and says in how many seeds the simulator finds each.</summary>
internal static class MutantsCommand
{
    public static int Run(Arguments arguments)
    {
        var seeds = arguments.Number("--seeds", 400);
        var threads = arguments.Number("--threads", Environment.ProcessorCount);
        var only = arguments.Text("--only") ?? "";
        foreach (var bug in Enum.GetValues<DiskBug>().Where(bug => $"{bug}".Contains(only, StringComparison.Ordinal)))
        {
            var sweep = new SeedSweep();
            sweep.Run(1, seeds, threads, StoreOpener.Segments.Around(disk => new FaultyDisk(disk, bug)));
            Print($"disk: {bug}", sweep.Failures.Count, seeds, sweep.Failures.Select(failure => (long)failure.Seed).DefaultIfEmpty(0).Min());
        }

        using var copy = new MutantCopy();
        foreach (var mutant in MutantTable.All.Where(mutant => mutant.Name.Contains(only, StringComparison.Ordinal)))
        {
            copy.Build(mutant);
            var (_, output) = copy.Start("dotnet", copy.Program, "simulate", "--brief", "yes", "--seeds", $"{seeds}", "--threads", $"{threads}");
            if (output.Length == 0)
            {
                Console.WriteLine($"  {mutant.Name,-48} never ends");
                continue;
            }

            var words = output.Trim().Split('\n')[^1].Split(' ');
            Print(mutant.Name, int.Parse(words[1], CultureInfo.InvariantCulture), seeds, long.Parse(words[3], CultureInfo.InvariantCulture));
        }

        return 0;
    }

    private static void Print(string name, int found, int seeds, long first) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"  {name,-48} {100.0 * found / seeds,6:0.00} % of seeds{(found > 0 ? $", first {first}" : "")}"));
}
