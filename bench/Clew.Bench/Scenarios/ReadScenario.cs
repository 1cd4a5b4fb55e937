using Clew.Bench.Measuring;
using Clew.Bench.Peers;
using Clew.Events;
using Clew.Store;

namespace Clew.Bench.Scenarios;

/// <summary>One stream, the whole log, and the few events of a query; every payload byte is looked at.</summary>
internal static class ReadScenario
{
    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var events = options.Events ?? 1_000_000;
        var subjects = await Subject.OpenAllAsync(options, "read", PeerNames.Clew, PeerNames.Sqlite, PeerNames.RocksDb, PeerNames.Faster);
        foreach (var subject in subjects)
        {
            await subject.LoadAsync(events);
            await subject.ReopenAsync();
        }

        await HydrateAsync(options, report, subjects, events);
        var all = await ReadAllAsync(options, report, subjects, events);
        if (subjects.Find(subject => subject.Peer is ClewPeer) is { } clew)
            await ReadByQueryAsync(options, report, (ClewPeer)clew.Peer, events, all);

        foreach (var subject in subjects)
            await subject.DisposeAsync();
    }

    private static async Task HydrateAsync(BenchOptions options, Report report, List<Subject> subjects, int events)
    {
        var expected = events / 1_000;
        var rounds = await Rounds.RunAsync(options.Rounds, [.. subjects.Where(subject => subject.Peer is not FasterPeer).Select(subject =>
        {
            var chance = new Random(1);
            return new Contestant(subject.Name, () => ClosedLoop.RunAsync(1, options.Time, 1, async _ =>
                Expect(expected, await subject.Peer.ReadStreamAsync(Subject.LongStream(chance.Next(1_000))))));
        })]);

        var name = $"read: a stream of {expected:N0} events among {events:N0}";
        report.Add(name, "streams", rounds, new Aim(name, "rate ÷ SQLite's", rounds.Ratio(PeerNames.Clew, PeerNames.Sqlite, sample => sample.Rate), 4));
    }

    private static async Task<Rounds> ReadAllAsync(BenchOptions options, Report report, List<Subject> subjects, int events)
    {
        var rounds = await Rounds.RunAsync(options.Rounds, [.. subjects.Select(subject => new Contestant(
            subject.Name,
            () => ClosedLoop.RunAsync(1, options.Time, events, async _ => Expect(events, await subject.Peer.ReadAllAsync()))))]);

        var name = $"read: all {events:N0} events";
        var rate = rounds.Who.Contains(PeerNames.Clew) ? rounds.Median(PeerNames.Clew).Rate : double.NaN;
        report.Add(
            name, "events", rounds,
            new Aim(name, "rate ÷ SQLite's", rounds.Ratio(PeerNames.Clew, PeerNames.Sqlite, sample => sample.Rate), 5),
            new Aim(name, "million events/s, on a quiet machine", rate / 1e6, 5));
        return rounds;
    }

    private static async Task ReadByQueryAsync(BenchOptions options, Report report, ClewPeer clew, int events, Rounds all)
    {
        var chance = new Random(2);
        var rounds = await Rounds.RunAsync(options.Rounds, [new(PeerNames.Clew, () => ClosedLoop.RunAsync(1, options.Time, 1, async _ =>
        {
            var number = chance.Next(1_000);
            var item = new QueryItem { Types = [Workload.Type(number)], Tags = [Workload.Tag(number)] };
            Expect(events / 1_000, await clew.ReadAsync(ReadRequest.Matching(Query.Of(item))));
        }))]);

        var name = "read: 1 event in 1,000, by tag and type";
        var full = all.Median(PeerNames.Clew).P50;
        report.Add(name, "queries", rounds, new Aim(name, "times as quick as reading all", full / rounds.Median(PeerNames.Clew).P50, 20));
    }

    private static void Expect(long events, Tally tally)
    {
        if (tally.Events != events)
            throw new InvalidOperationException($"Read {tally.Events:N0} events instead of {events:N0}.");
    }
}
