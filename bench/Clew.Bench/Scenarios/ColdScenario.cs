using System.Diagnostics;
using System.Globalization;
using Clew.Bench.Measuring;
using Clew.Bench.Peers;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Bench.Scenarios;

/// <summary>
/// So many streams that most are cold: what a new stream costs as they become more, how long opening takes, and how much memory
/// the process has, native memory included.
/// </summary>
internal static class ColdScenario
{
    private const int StreamsPerBatch = 500;
    private const int NewStreamsTried = 2_000;
    private const double ResidentMegabytesMax = 300;

    private static readonly EventType Happened = "thing-happened";
    private static readonly ReadOnlyMemory<byte> Payload = Workload.Json(1, 64);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var streamsMax = (options.Events ?? 20_000_000) / 2;
        var stops = ((int[])[streamsMax / 100, streamsMax / 10, streamsMax / 2, streamsMax]).Select(stop => stop / StreamsPerBatch * StreamsPerBatch);
        using var probe = new FdatasyncProbe(options.Folder("cold-probe"));
        var folder = options.Folder("cold");

        report.Note("""

            ## cold: many streams, two events each on average

            | streams | load events/s | new stream p50 µs | new stream p99 µs | bare flush p99 µs | open in a new process ms | resident MB | most resident MB |
            |--------:|--------------:|------------------:|------------------:|------------------:|-------------------------:|------------:|-----------------:|
            """);
        var tried = new List<Stop>();
        var loaded = 0;
        foreach (var streams in stops)
        {
            var stop = await MeasureAsync(folder, probe, loaded, streams);
            loaded = streams;
            tried.Add(stop);
            report.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"| {streams:N0} | {stop.LoadRate:N0} | {stop.P50:N0} | {stop.P99:N0} | {stop.ProbeP99:N0} | {stop.OpenMilliseconds:N0} | {stop.Resident:N0} | {stop.ResidentMost:N0} |"));
        }

        report.Note("");
        report.Add(
            new Aim("cold", "p99 of a new stream, most streams ÷ fewest", tried[^1].P99 / tried[0].P99, 2, IsCeiling: true),
            new Aim("cold", "time to open, most streams ÷ fewest", tried[^1].OpenMilliseconds / tried[0].OpenMilliseconds, 1.5, IsCeiling: true),
            new Aim("cold", "most resident MB while appending", tried.Max(stop => stop.ResidentMost), ResidentMegabytesMax, IsCeiling: true));
    }

    private static async Task<Stop> MeasureAsync(string folder, FdatasyncProbe probe, int from, int to)
    {
        await using (var store = await SegmentEventStore.OpenAsync(folder))
        {
            var start = Stopwatch.GetTimestamp();
            for (var first = from; first < to; first += StreamsPerBatch)
                await AppendAsync(store, first);

            var rate = 2.0 * (to - from) / Stopwatch.GetElapsedTime(start).TotalSeconds;
            var (appends, flushes) = await TryNewStreamsAsync(store, probe, to);
            var (resident, most) = (StatusMegabytes("VmRSS"), StatusMegabytes("VmHWM"));
            await store.DisposeAsync();

            var opens = new List<double>();
            for (var open = 0; open < 3; open++)
                opens.Add((await ChildProcess.OpenAsync(PeerNames.Clew, folder, StreamOf(to / 3))).Milliseconds);

            return new(
                rate, Sample.Percentile(appends, 0.5), Sample.Percentile(appends, 0.99), Sample.Percentile(flushes, 0.99),
                Sample.Median(opens), resident, most);
        }
    }

    // Stream n comes to life in turn n, and gets its next events in turns 2n and 2n + 1: the longer ago, the more streams there are.
    private static async Task AppendAsync(IEventStore store, int first)
    {
        var events = new List<EventData>(2 * StreamsPerBatch);
        var conditions = new List<AppendCondition>(2 * StreamsPerBatch);
        for (var number = first; number < first + StreamsPerBatch; number++)
        {
            events.Add(new(StreamOf(number), Happened, Payload));
            conditions.Add(new AppendCondition.StreamAtVersion(StreamOf(number), StreamVersion.None));
            if (number > 1)
                events.Add(new(StreamOf(number / 2), Happened, Payload));
            if (number % 2 == 0 && number / 2 < first)
                conditions.Add(new AppendCondition.StreamAtVersion(StreamOf(number / 2), new(1)));
        }

        if (await store.AppendAsync(events, conditions) is not AppendResult.Appended)
            throw new InvalidOperationException("A stream was not at the version that the workload says it has.");
    }

    // One by one, and a bare flush after each: what is the disk's fault shows in both.
    private static async Task<(List<double> Appends, List<double> Flushes)> TryNewStreamsAsync(IEventStore store, FdatasyncProbe probe, int streams)
    {
        var appends = new List<double>();
        var flushes = new List<double>();
        for (var number = 0; number < NewStreamsTried; number++)
        {
            StreamName stream = $"new-{streams}-{number}";
            var start = Stopwatch.GetTimestamp();
            await store.AppendAsync([new(stream, Happened, Payload)], new AppendCondition.StreamAtVersion(stream, StreamVersion.None));
            var appended = Stopwatch.GetTimestamp();
            probe.Write();
            appends.Add(Stopwatch.GetElapsedTime(start, appended).TotalMicroseconds);
            flushes.Add(Stopwatch.GetElapsedTime(appended).TotalMicroseconds);
        }

        appends.Sort();
        flushes.Sort();
        return (appends, flushes);
    }

    private static string StreamOf(int number) => $"thing-{number}";

    private static double StatusMegabytes(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024.0;
    }

    private sealed record Stop(
        double LoadRate, double P50, double P99, double ProbeP99, double OpenMilliseconds, double Resident, double ResidentMost);
}
