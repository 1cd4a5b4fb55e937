using System.Diagnostics;

namespace Clew.Bench.Measuring;

/// <summary>Clients that each wait for their answer before they ask again.</summary>
internal static class ClosedLoop
{
    /// <param name="clients">How many at once.</param>
    /// <param name="time">How long; a call that is under way is waited for.</param>
    /// <param name="unitsPerCall">How many events, or whatever is counted, one call stands for.</param>
    /// <param name="call">What a client does; it is told which client it is.</param>
    public static async Task<Sample> RunAsync(int clients, TimeSpan time, int unitsPerCall, Func<int, ValueTask> call)
    {
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(time.TotalSeconds * Stopwatch.Frequency);

        var logs = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => LoopAsync(client, end, call))));

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;

        var microseconds = logs.SelectMany(log => log).Select(ticks => ticks * 1e6 / Stopwatch.Frequency).Order().ToArray();
        var units = (double)microseconds.Length * unitsPerCall;
        return new(
            units / seconds,
            Sample.Percentile(microseconds, 0.50),
            Sample.Percentile(microseconds, 0.99),
            allocated / units,
            cpu.TotalMicroseconds / units);
    }

    private static async Task<List<long>> LoopAsync(int client, long end, Func<int, ValueTask> call)
    {
        var ticks = new List<long>(1 << 16);
        for (var now = Stopwatch.GetTimestamp(); now < end;)
        {
            await call(client);
            var after = Stopwatch.GetTimestamp();
            ticks.Add(after - now);
            now = after;
        }

        return ticks;
    }
}
