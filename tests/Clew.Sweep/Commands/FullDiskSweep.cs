using System.Diagnostics;
using System.Globalization;
using Clew.Store.Segments;

namespace Clew.Sweep.Commands;

/// <summary>
/// Lets a real file system run full under a store, with a little more space each time, so that it ends at every kind of write: of the
/// store's making, of a segment, of an index, of the mark, of a name.
/// </summary>
internal static class FullDiskSweep
{
    private const int MiB = 1024 * 1024;

    // With so much, the store has several segments and indexes, and the space ends at each of them.
    private const int FreeKiBMax = 400;

    private static readonly SegmentStoreOptions SmallSegments = new() { SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin };

    public static int Run(Arguments arguments)
    {
        if (SmallDisk.WhyNot() is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 2;
        }

        var clock = Stopwatch.StartNew();
        foreach (var kind in SmallDisk.Kinds)
        {
            Console.WriteLine(SmallSegmentsAsync(kind, arguments.Number("--step", 1)).GetAwaiter().GetResult());
            Console.WriteLine(UsualSegmentsAsync(kind, arguments.Number("--step", 1) * 999).GetAwaiter().GetResult());
            Console.WriteLine(KillAsync(kind, arguments.Number("--step", 1) * 9).GetAwaiter().GetResult());
        }

        Console.WriteLine($"{clock.Elapsed.TotalSeconds:0} s");
        return 0;
    }

    public static Task<string> SmallSegmentsAsync(string kind, int stepKiB) =>
        SweepAsync(kind, 16 * MiB, SmallSegments, stepKiB, FreeKiBMax);

    // Here the next segment is allocated where its making lags behind, and needs twice the space of the last one.
    public static Task<string> UsualSegmentsAsync(string kind, int stepKiB) => SweepAsync(kind, 60 * MiB, new(), stepKiB, 14 * 1024);

    private static async Task<string> SweepAsync(string kind, int diskBytes, SegmentStoreOptions options, int stepKiB, int upToKiB)
    {
        using var disk = SmallDisk.Make(kind, diskBytes);
        var total = new FullDiskTally(0, 0, 0, 0);
        var points = 0;
        for (var freeKiB = 0; freeKiB <= upToKiB; freeKiB += stepKiB, points++)
        {
            try
            {
                disk.Clear();
                total += await new FullDiskTrial(disk, options, freeKiB).RunAsync();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{freeKiB} KiB free on {kind}: {exception.Message}", exception);
            }
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{kind}, segments up to {options.SegmentBytesMax / 1024:N0} KiB: full at {points:N0} places: {total.Acks:N0} batches acknowledged, none lost; {total.Refused:N0} refused, none written; {total.OpeningsRefused} openings and {total.RestartsRefused} restarts refused until there was space");
    }

    /// <summary>The same with a writer that is killed when it is told that there is no space.</summary>
    public static async Task<string> KillAsync(string kind, int stepKiB)
    {
        using var disk = SmallDisk.Make(kind, 16 * MiB);
        var (points, acks) = (0, 0);
        for (var freeKiB = stepKiB; freeKiB <= FreeKiBMax; freeKiB += stepKiB, points++)
        {
            try
            {
                disk.Clear();
                disk.FillUpTo(freeKiB);
                acks += await KillOneAsync(disk);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{freeKiB} KiB free on {kind}, killed: {exception.Message}", exception);
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{kind}: {points} writers killed on a full disk: {acks:N0} acknowledged batches, none lost");
    }

    private static async Task<int> KillOneAsync(SmallDisk disk)
    {
        var store = new ChildStore(disk.Store, SmallSegments);
        using var child = ChildProcess.Start([], disk.Store);
        child.WaitFor(line => line.StartsWith("failed", StringComparison.Ordinal));
        child.Kill();
        child.Wait();
        store.Take(child);
        if (store.Acks > 0)
            await store.CheckReaderAsync();

        disk.MakeSpace();
        await store.CheckAsync();
        return store.Acks;
    }
}
