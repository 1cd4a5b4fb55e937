using System.Diagnostics;
using System.Globalization;
using Clew.Sweep.Simulation.Disk;
using Clew.Sweep.Simulation.Runs;

namespace Clew.Sweep.Commands;

/// <summary>Runs seeds in the simulator, or one again with everything that happened in it.</summary>
internal static class SimulateCommand
{
    private const int FailuresShown = 10;

    public static int Run(Arguments arguments)
    {
        var seeds = arguments.Number("--seeds", 1_000);
        var clock = Stopwatch.StartNew();
        var sweep = new SeedSweep();
        using (new Timer(_ => Console.Error.WriteLine($"{sweep.Done}/{seeds}, now {string.Join(" ", sweep.UnderWay)}"), null, 20_000, 20_000))
            sweep.Run((ulong)arguments.Number("--from", 1), seeds, arguments.Number("--threads", Environment.ProcessorCount));

        if (arguments.Text("--brief") is not null)
        {
            Console.WriteLine($"failed {sweep.Failures.Count} first {sweep.Failures.Select(report => report.Seed).DefaultIfEmpty(0ul).Min()}");
            return 0;
        }

        foreach (var failure in sweep.Failures.OrderBy(report => report.Seed).Take(FailuresShown))
            Console.WriteLine(Brief(failure.ToString()));
        PrintCounts(sweep.Counts);
        var figures = sweep.Figures;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{seeds} seeds in {clock.Elapsed.TotalSeconds:0.0} s ({clock.ElapsedMilliseconds / (double)seeds:0} ms each): "
            + $"{figures.Acks:N0} acknowledgements, {figures.Erasures:N0} erasures, {figures.Conflicts:N0} conflicts, {figures.Pages:N0} pages, {figures.Reads:N0} reads, "
            + $"{figures.Events:N0} events, {figures.DiskCalls:N0} disk calls, {figures.Steps:N0} steps, "
            + $"{figures.Microseconds / 3.6e9:0.00} virtual hours; {sweep.Failures.Count} failed"));
        return sweep.Failures.IsEmpty ? 0 : 1;
    }

    public static int Replay(Arguments arguments)
    {
        var report = Simulation.Runs.Simulation.Run((ulong)arguments.First(1), isRead: true);
        foreach (var line in report.Lines)
            Console.WriteLine(line);
        Console.WriteLine(report.Options);
        PrintCounts(report.Counts);
        Console.WriteLine(report);
        return report.Failure is null ? 0 : 1;
    }

    private static string Brief(string failure)
    {
        var lines = failure.Split('\n');
        return lines.Length < 10 ? failure : string.Join("\n", [.. lines[..6], "   …", .. lines[^2..]]);
    }

    private static void PrintCounts(FaultCounts counts)
    {
        foreach (var kind in Enum.GetValues<FaultKind>())
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {kind,-18} {counts[kind],12:N0}"));
    }
}
