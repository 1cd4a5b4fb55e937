using System.Diagnostics;
using System.Globalization;

namespace Clew.Sweep.Commands;

/// <summary>
/// Kills a writer that appends and erases again and again, at random moments, on a store that lives on; nothing acknowledged may be missing,
/// and of what was erased nothing may be left.
/// </summary>
internal static class KillSweep
{
    /// <summary>After so many kills a new store is begun: after each, all that lies in it is read.</summary>
    private const int KillsPerStore = 50;

    public static int Run(Arguments arguments)
    {
        var result = RunAsync(arguments.Number("--runs", 200), arguments.Number("--seed", 1)).GetAwaiter().GetResult();
        Console.WriteLine(result);
        return 0;
    }

    public static async Task<string> RunAsync(int runs, int seed)
    {
        using var temporary = new TemporaryFolder();
        var options = new Arguments([]);
        var store = new ChildStore(temporary.Fresh("store"), ChildCommand.OptionsOf(options));
        var stores = new List<ChildStore> { store };
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        var (inside, events) = (0, 0L);
        for (var run = 0; run < runs; run++)
        {
            if (run > 0 && run % KillsPerStore == 0)
                stores.Add(store = new ChildStore(temporary.Fresh($"store-{run}"), ChildCommand.OptionsOf(options)));

            using var child = ChildProcess.Start(
                [], store.Folder, "--from", Text(store.NextNumber), "--lanes", Text(random.Next(1, 6)), "--erase", Text(random.Next(1, int.MaxValue)));
            // Some die while they open; the others after so many answers, and then a moment that no line marks.
            child.WaitForLines(random.Next(10) == 0 ? 0 : random.Next(1, 300));
            Thread.SpinWait(random.Next(200_000));
            child.Kill();
            child.Wait();
            inside += child.Lines.Count > 1 ? 1 : 0;
            store.Take(child);
            var found = await store.CheckAsync();
            events += run % KillsPerStore == KillsPerStore - 1 || run == runs - 1 ? found : 0;
        }

        var erasures = stores.Aggregate(default(ErasureTally), (sum, one) => sum + one.Erasures);
        return $"{runs} kills in {clock.Elapsed.TotalSeconds:0} s, {inside} of them among appends: {stores.Sum(one => (long)one.Acks):N0} acknowledged batches, {events:N0} events in {stores.Count} stores, none lost; {erasures}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
