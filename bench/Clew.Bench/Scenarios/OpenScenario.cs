using Clew.Bench.Measuring;
using Clew.Bench.Peers;

namespace Clew.Bench.Scenarios;

/// <summary>Opening a large store in a fresh process and reading one stream: after a clean close, and after a kill.</summary>
internal static class OpenScenario
{
    private const int OpensPerRound = 3;
    private const int StreamsTried = 1_000;
    private static readonly TimeSpan BeforeKill = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var events = options.Events ?? 1_000_000;
        var subjects = await Subject.OpenAllAsync(options, "open", PeerNames.Clew, PeerNames.Sqlite);
        foreach (var subject in subjects)
        {
            await subject.LoadAsync(events);
            await subject.DisposeAsync();
        }

        var names = subjects.Select(subject => subject.Name).ToList();
        var clean = await MeasureAsync(options, names, (_, _) => Task.CompletedTask);
        var name = $"open: {events:N0} events, closed, and one stream read";
        report.Add(name, "opens", clean, new Aim(name, "time ÷ SQLite's", clean.Ratio(PeerNames.Clew, PeerNames.Sqlite, sample => sample.P50), 0.5, IsCeiling: true));

        var killed = await MeasureAsync(options, names, (peer, folder) => ChildProcess.AppendAndKillAsync(peer, folder, BeforeKill));
        var nameKilled = $"open: {events:N0} events, killed while appending";
        var seconds = names.Contains(PeerNames.Clew) ? killed.Median(PeerNames.Clew).P50 / 1e6 : double.NaN;
        report.Add(nameKilled, "opens", killed, new Aim(nameKilled, "seconds", seconds, 1, IsCeiling: true));
    }

    private static async Task<Rounds> MeasureAsync(BenchOptions options, List<string> names, Func<string, string, Task> before)
    {
        var chance = new Random(3);
        return await Rounds.RunAsync(options.Rounds, [.. names.Select(name => new Contestant(name, async () =>
        {
            var folder = options.Folder($"open-{name}");
            var opens = new List<double>();
            for (var open = 0; open < OpensPerRound; open++)
            {
                await before(name, folder);
                var (milliseconds, events) = await ChildProcess.OpenAsync(name, folder, Workload.Stream(chance.Next(StreamsTried)));
                if (events == 0)
                    throw new InvalidOperationException("The stream was empty.");
                opens.Add(milliseconds * 1e3);
            }

            opens.Sort();
            return new(1e6 / opens.Average(), Sample.Percentile(opens, 0.5), opens[^1]);
        }))]);
    }
}
