using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Clew.Store;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Commands;

/// <summary>Turns over one bit in each byte of a store: it must be noticed or make no difference, and never give a wrong event.</summary>
internal static class FlipSweep
{
    public static int Run(Arguments arguments)
    {
        var clock = Stopwatch.StartNew();
        foreach (var line in Sweep(arguments.Number("--step", 1), arguments.Number("--zero-step", 64), arguments.Number("--threads", Environment.ProcessorCount)))
            Console.WriteLine(line);
        Console.WriteLine($"{clock.Elapsed.TotalSeconds:0} s");
        return 0;
    }

    /// <param name="step">Every so-many-th byte that says something.</param>
    /// <param name="zeroStep">Every so-many-th byte of the zeros after the last one that does.</param>
    /// <param name="threads">On so many threads.</param>
    public static IReadOnlyList<string> Sweep(int step, int zeroStep, int threads)
    {
        var disk = new MemoryDisk();
        var events = Laboratory.With(disk, FillAsync);
        var counts = new ConcurrentDictionary<(string Kind, string Outcome), int>();
        Parallel.ForEach(Places(disk, step, zeroStep), new ParallelOptions { MaxDegreeOfParallelism = threads }, place =>
            counts.AddOrUpdate((KindOf(place.Name), Outcome(disk, place.Name, place.Offset, events)), 1, (_, count) => count + 1));
        return
        [
            .. counts.OrderBy(count => count.Key).Select(count =>
                string.Create(CultureInfo.InvariantCulture, $"  {count.Key.Kind,-6} {count.Key.Outcome,-28} {count.Value,8:N0}")),
            $"{counts.Values.Sum():N0} flips in {disk.Names.Count()} files with {events} events, 0 wrong",
        ];
    }

    private static async Task<int> FillAsync(Clew.Store.Segments.SegmentEventStore store)
    {
        for (var number = 0; number < 130; number++)
            await Laboratory.AppendAsync(store, number);
        var events = await Laboratory.ReadEverythingAsync(store);
        await store.DisposeAsync();
        return events;
    }

    private static IEnumerable<(string Name, int Offset)> Places(MemoryDisk disk, int step, int zeroStep)
    {
        foreach (var name in disk.Names)
        {
            var bytes = disk[name];
            var written = bytes.AsSpan().TrimEnd((byte)0).Length;
            for (var offset = 0; offset < bytes.Length; offset += offset < written ? step : zeroStep)
                yield return (name, offset);
        }
    }

    private static string Outcome(MemoryDisk whole, string name, int offset, int events)
    {
        var disk = whole.Copy();
        disk.Flip(name, offset, offset % 8);
        try
        {
            return Laboratory.With(disk, async store =>
            {
                var found = await Laboratory.ReadEverythingAsync(store);
                return found == events ? "harmless" : throw new Violation($"{found} of {events} events");
            });
        }
        catch (StoreException exception)
        {
            return exception.GetType().Name;
        }
        catch (Exception exception)
        {
            throw new Violation($"bit {offset % 8} of byte {offset} of {name}: {exception}");
        }
    }

    private static string KindOf(string name) => name.Contains('.', StringComparison.Ordinal) ? name[name.LastIndexOf('.')..] : name;
}
