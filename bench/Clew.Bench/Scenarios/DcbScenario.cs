using Clew.Bench.Measuring;
using Clew.Bench.Peers;
using Clew.Events;
using Clew.Store;

namespace Clew.Bench.Scenarios;

/// <summary>Appends under a query as their condition, in a log so large that no index fits a cache.</summary>
internal static class DcbScenario
{
    private const int LoadBatch = 1_000;
    private const int Clients = 64;
    private const int Others = 16;
    private const int EventsPerTag = 10;

    private static readonly EventType Enrolled = "student-enrolled";
    private static readonly ReadOnlyMemory<byte> Payload = Workload.Json(1, Workload.PayloadBytes);

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var events = options.Events ?? 10_000_000;
        await using var clew = await ClewPeer.OpenAsync(options.Folder("dcb"));
        await LoadAsync(clew.Store, events);

        using var probe = new FdatasyncProbe(options.Folder("dcb-probe"));
        var flushed = await ClosedLoop.RunAsync(1, options.Time, 1, _ =>
        {
            probe.Write();
            return ValueTask.CompletedTask;
        });
        report.Note(FormattableString.Invariant(
            $"\n{events:N0} events, {events / EventsPerTag:N0} tags; a bare flush: p50 {flushed.P50:N0} µs, p99 {flushed.P99:N0} µs."));

        var run = new Run(clew.Store, options, report);
        await run.RecentAfterAsync();
        await run.NoAfterAsync();
    }

    private static async Task LoadAsync(IEventStore store, int events)
    {
        var tags = events / EventsPerTag;
        for (var start = 0; start < events; start += LoadBatch)
        {
            var batch = Enumerable.Range(start, LoadBatch).Select(number => EventOf(StreamOf(number % 10_000), TagOf(number % tags))).ToArray();
            await AppendAsync(store, batch);
        }
    }

    private static string StreamOf(int number) => $"course-{number}";

    private static string TagOf(int number) => $"student:{number}";

    private static EventData EventOf(StreamName stream, Tag tag) => new(stream, Enrolled, Payload) { Tags = [tag] };

    private static async ValueTask<AppendResult.Appended> AppendAsync(IEventStore store, IReadOnlyList<EventData> events, params AppendCondition[] conditions) =>
        await store.AppendAsync(events, conditions) as AppendResult.Appended
        ?? throw new InvalidOperationException("A condition did not hold that the workload says must hold.");

    private sealed class Run(IEventStore store, BenchOptions options, Report report)
    {
        // What each client appends to is its own, so no condition ever fails: what is measured is checking it.
        private readonly StreamVersion[] versions = new StreamVersion[Clients + 1];
        private readonly GlobalPosition[] readTo = new GlobalPosition[Clients + 1];
        private int fresh;

        public async Task RecentAfterAsync()
        {
            var head = await store.HeadAsync();
            Array.Fill(readTo, head.Position);
            foreach (var clients in (int[])[1, Clients])
            {
                var rounds = await Rounds.RunAsync(options.Rounds,
                [
                    new("expected version", () => ClosedLoop.RunAsync(clients, options.Time, 1, ExpectedVersionAsync)),
                    new("no match after a recent position", () => ClosedLoop.RunAsync(clients, options.Time, 1, RecentAsync)),
                ]);

                var name = $"dcb: recent `after`, {clients} client{(clients == 1 ? "" : "s")}";
                var ratio = rounds.Ratio("no match after a recent position", "expected version", sample => sample.Rate);
                report.Add(name, "events", rounds, new Aim(name, "rate ÷ expected version's", ratio, 0.5));
            }
        }

        public async Task NoAfterAsync()
        {
            var alone = await Rounds.RunAsync(options.Rounds,
            [
                new("expected version", () => ClosedLoop.RunAsync(1, options.Time, 1, ExpectedVersionAsync)),
                new("no match at all: a new tag", () => ClosedLoop.RunAsync(1, options.Time, 1, NewTagAsync)),
                new("no match at all: known tags", () => ClosedLoop.RunAsync(1, options.Time, 1, KnownTagsAsync)),
            ]);
            const string name = "dcb: no `after`, no match, 1 client";
            report.Add(name, "events", alone, [.. alone.Who.Skip(1).SelectMany(who => (Aim[])
            [
                new(name, $"{who}: p50 in ms", alone.Median(who).P50 / 1e3, 1, IsCeiling: true),
                new(name, $"{who}: p50 beyond an expected version's, in ms", (alone.Median(who).P50 - alone.Median("expected version").P50) / 1e3, 1, IsCeiling: true),
            ])]);

            await BesideOthersAsync();
        }

        private async Task BesideOthersAsync()
        {
            var besides = new List<Sample>();
            async Task<Sample> WithAsync(Func<int, ValueTask> call, bool isCounted)
            {
                var others = ClosedLoop.RunAsync(Others, options.Time, 1, ExpectedVersionAsync);
                var beside = await ClosedLoop.RunAsync(1, options.Time, 1, _ => call(Clients));
                if (isCounted)
                    besides.Add(beside);

                return await others;
            }

            const string plain = "beside a client with an expected version";
            const string broad = "beside a client without `after`";
            var rounds = await Rounds.RunAsync(options.Rounds,
                [new(plain, () => WithAsync(ExpectedVersionAsync, isCounted: false)), new(broad, () => WithAsync(NewTagAsync, isCounted: true))]);

            var name = $"dcb: no `after`, no match, {Others} others";
            report.Add(
                name, "events", rounds,
                new Aim(name, "the others' rate ÷ what it is otherwise", rounds.Ratio(broad, plain, sample => sample.Rate), 0.9),
                new Aim(name, "p50 of the client without `after`, in ms", Sample.MedianOf(besides).P50 / 1e3, 1, IsCeiling: true));
        }

        private async ValueTask ExpectedVersionAsync(int client)
        {
            StreamName stream = $"teacher-{client}";
            var appended = await AppendAsync(
                store, [EventOf(stream, TagOf(client))], new AppendCondition.StreamAtVersion(stream, versions[client]));
            versions[client] = appended.Version;
        }

        private async ValueTask RecentAsync(int client)
        {
            Tag tag = $"desk:{client}";
            var appended = await AppendAsync(
                store, [EventOf($"desk-{client}", tag)], new AppendCondition.NoEventMatching(Query.Tags(tag), readTo[client]));
            readTo[client] = appended.Last;
        }

        private async ValueTask NewTagAsync(int client)
        {
            Tag tag = $"seat:{Interlocked.Increment(ref fresh)}";
            var item = new QueryItem { Types = [Enrolled], Tags = [tag] };
            await AppendAsync(store, [EventOf($"seats-{client}", tag)], new AppendCondition.NoEventMatching(Query.Of(item)));
        }

        // Both tags have events, none has both: no filter can say so, the two lists must be compared.
        private async ValueTask KnownTagsAsync(int client)
        {
            var number = Random.Shared.Next(100_000);
            var query = Query.Tags(TagOf(number), TagOf(number + 1));
            await AppendAsync(store, [EventOf($"seats-{client}", TagOf(number))], new AppendCondition.NoEventMatching(query));
        }
    }
}
