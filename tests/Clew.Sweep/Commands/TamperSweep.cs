using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Clew.Integrity;
using Clew.Store.Segments;
using Clew.Sweep.Directed;
using Clew.Sweep.Simulation.Machine;
using Clew.Sweep.Tampering;

namespace Clew.Sweep.Commands;

/// <summary>
/// Changes one thing in a history and makes every checksum, chain value and index anew: the store alone must not show it, and seals from
/// before and a copy must, with the place.
/// </summary>
internal static class TamperSweep
{
    private const int Batches = 600;
    private const int Seals = 6;

    public static int Run(Arguments arguments)
    {
        var clock = Stopwatch.StartNew();
        foreach (var line in Sweep(arguments.Number("--edits", 1_000), arguments.Number("--from", 1), arguments.Number("--threads", Environment.ProcessorCount)))
            Console.WriteLine(line);
        Console.WriteLine($"{clock.Elapsed.TotalSeconds:0} s");
        return 0;
    }

    public static IReadOnlyList<string> Sweep(int edits, int from, int threads)
    {
        // In virtual time, appends that wait for nothing are recorded at one moment; a change of time needs room.
        var made = KilledStore.With(Batches);
        IReadOnlyList<LoggedBatch> history = [.. LoggedBatch.AllOf(made).Select((batch, index) => batch with { RecordedAt = batch.RecordedAt + (10 * index) })];
        var original = Forger.Write(made, history);
        var roots = RootsOf(original, history.Sum(batch => batch.Entries.Count));
        var found = new ConcurrentDictionary<ForgeryKind, int>();
        Parallel.For(from, from + edits, new ParallelOptions { MaxDegreeOfParallelism = threads }, number =>
        {
            var chance = new Chance((ulong)number);
            var forgery = Forgery.Of((ForgeryKind)(number % Enum.GetValues<ForgeryKind>().Length), history, chance);
            Check(original, roots, forgery, chance, $"edit {number}, {forgery.Kind} at position {forgery.FirstPosition}");
            found.AddOrUpdate(forgery.Kind, 1, (_, count) => count + 1);
        });
        return
        [
            .. found.OrderBy(count => count.Key).Select(count =>
                string.Create(CultureInfo.InvariantCulture, $"  {count.Key,-10} {count.Value,6:N0} found, with the place")),
            string.Create(CultureInfo.InvariantCulture, $"{found.Values.Sum():N0} edits of {found.Count} kinds, each invisible to the store's own checksums; all found by seals, and by a copy"),
        ];
    }

    private static void Check(MemoryDisk original, Digest[] roots, Forgery forgery, Chance chance, string what)
    {
        var forged = Forger.Write(original, forgery.Batches);
        var alone = Verify(forged, new(), null);
        Require(alone.IsSound, $"{what}: the forger is caught by the store's own checksums: {alone.FirstDamage} {alone.TreeDifference}");

        long[] sizes = [.. Enumerable.Range(0, Seals).Select(_ => 1L + chance.Below(roots.Length)), roots.Length];
        var sealedBefore = Array.ConvertAll(sizes, size => new TreeHead(size, roots[size - 1]));
        var report = Verify(forged, new() { Known = sealedBefore }, original);
        Require(!report.IsSound && report.FirstChange is not null, $"{what} is not found by seals at {string.Join(", ", sizes)}");
        var (after, upTo) = report.FirstChange!.Value;
        Require(after.Value < forgery.FirstPosition && forgery.FirstPosition <= upTo.Value, $"{what} is said to lie at {after.Value + 1} to {upTo}");
        Require(
            report.Comparison!.FirstDifference?.Value == (forgery.Kind == ForgeryKind.Tail ? null : forgery.FirstPosition),
            $"{what} is said to be at {report.Comparison.FirstDifference} by comparison");
    }

    private static VerifyReport Verify(MemoryDisk disk, VerifyOptions options, MemoryDisk? against) =>
        SegmentStoreVerification.RunAsync(disk, options, against?.Copy()).AsTask().GetAwaiter().GetResult();

    private static Digest[] RootsOf(MemoryDisk original, int events) => Laboratory.With(original.Copy(), async store =>
    {
        var roots = new Digest[events];
        for (var size = 1; size <= events; size++)
            roots[size - 1] = (await store.TreeHeadAsync(new(size))).Root;
        return roots;
    });

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new Violation(otherwise);
    }
}
