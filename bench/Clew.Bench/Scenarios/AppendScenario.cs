using Clew.Bench.Measuring;
using Clew.Bench.Peers;

namespace Clew.Bench.Scenarios;

/// <summary>Durable appends under an expected version: few and many clients, single events and batches.</summary>
internal static class AppendScenario
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        using var probe = new FdatasyncProbe(options.Folder("append-probe"));
        var subjects = await Subject.OpenAllAsync(options, "append", PeerNames.Clew, PeerNames.Sqlite, PeerNames.RocksDb, PeerNames.Faster);

        foreach (var (clients, events) in options.Cases)
        {
            var name = $"append: {clients} client{(clients == 1 ? "" : "s")} × {events} event{(events == 1 ? "" : "s")}";
            foreach (var subject in subjects)
                await ClosedLoop.RunAsync(clients, WarmUp, events, subject.Appending(clients, events));

            var contestants = subjects.Select(subject => new Contestant(
                subject.Name, () => ClosedLoop.RunAsync(clients, options.Time, events, subject.Appending(clients, events)))).ToList();
            if (options.Includes(PeerNames.Probe))
                contestants.Add(new(PeerNames.Probe, () => ClosedLoop.RunAsync(1, options.Time, 1, _ => Flush(probe))));

            var rounds = await Rounds.RunAsync(options.Rounds, contestants);
            report.Add(name, "events", rounds, AimsOf(name, clients, events, rounds));
        }

        foreach (var subject in subjects)
            await subject.DisposeAsync();
    }

    private static Aim[] AimsOf(string name, int clients, int events, Rounds rounds)
    {
        double Rate(string other) => rounds.Ratio(PeerNames.Clew, other, sample => sample.Rate);
        return (clients, events) switch
        {
            (1, 1) =>
            [
                new(name, "rate ÷ probe's", Rate(PeerNames.Probe), 0.85),
                new(name, "p99 ÷ probe's", rounds.Ratio(PeerNames.Clew, PeerNames.Probe, sample => sample.P99), 1.5, IsCeiling: true),
            ],
            (64, 1) => [new(name, "rate ÷ SQLite's", Rate(PeerNames.Sqlite), 6), new(name, "rate ÷ probe's", Rate(PeerNames.Probe), 25)],
            (1, 100) => [new(name, "rate ÷ SQLite's", Rate(PeerNames.Sqlite), 3)],
            (8, 100) => [new(name, "rate ÷ SQLite's", Rate(PeerNames.Sqlite), 6)],
            _ => [],
        };
    }

    private static ValueTask Flush(FdatasyncProbe probe)
    {
        probe.Write();
        return ValueTask.CompletedTask;
    }
}
