using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Clew.Events;
using Clew.Store;
using CsCheck;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    private const int Appenders = 8;
    private const int AppendsEach = 50;

    private sealed record Sent(AppendBatch Batch, AppendResult Result);

    [Fact]
    public Task Under_contention_every_condition_held_in_the_log_right_before_its_batch() =>
        Gen.Int[0, 999].Array[AppendsEach].Array[Appenders].SampleAsync(CompeteAsync, iter: Math.Max(2, Histories / 20), threads: 1);

    [Fact]
    public async Task One_batch_sent_by_many_at_once_is_written_once()
    {
        await using var store = await OpenAsync();
        var batches = Enumerable.Range(0, 20).Select(_ => Batch(Event("a"), Event("b"))).ToList();

        var answers = await Task.WhenAll(Enumerable.Range(0, Appenders).Select(_ => Task.Run(async () =>
        {
            var results = new List<AppendResult>();
            foreach (var batch in batches)
                results.Add(await store.AppendAsync(batch, Cancellation));
            return results;
        })));

        Assert.Equal(batches.SelectMany(batch => batch.Events).Select(data => data.Id), (await AllAsync(store)).Select(recorded => recorded.Id));
        Assert.All(answers, results => Assert.Equal(answers[0], results));
        Assert.All(answers[0].Index(), at => Assert.Equal(Appended((at.Index * 2) + 1, (at.Index * 2) + 2, ("a", at.Index + 1), ("b", at.Index + 1)), at.Item));
    }

    [Fact]
    public Task Subscribers_see_the_filtered_log_in_order_and_once_while_others_append() =>
        Gen.Int[1, 3].Array[AppendsEach].Array[4].SampleAsync(FollowAsync, iter: Math.Max(2, Histories / 20), threads: 1);

    private async Task FollowAsync(int[][] sizes)
    {
        await using var store = await OpenAsync();
        var total = sizes.Sum(each => each.Sum());
        EventFilter[] filters =
            [EventFilter.All, new EventFilter.OfStream("s1"), new EventFilter.Matching(Query.Of(Item("y", "k:2"), Item(null, "k:0"))), new EventFilter.OfStream("no")];

        var appending = sizes.Select((each, task) => Task.Run(async () =>
        {
            foreach (var size in each)
                await store.AppendAsync(Batch([.. Enumerable.Range(0, size).Select(index => Event($"s{task}", index == 0 ? "x" : "y", $"k:{size}", "k:0"))]), Cancellation);
        }));
        var following = filters.Concat(filters).Select(filter => Task.Run(() => FollowedAsync(store, filter, total)));
        var work = appending.ToList();
        var seen = await Task.WhenAll(following);
        await Task.WhenAll(work);

        for (var index = 0; index < seen.Length; index++)
            Assert.Equal(await AllAsync(store, new(filters[index % filters.Length])), seen[index]);
    }

    private static QueryItem Item(string? type, string tag) => new() { Types = type is null ? [] : [type], Tags = [tag] };

    private protected static async Task<List<RecordedEvent>> FollowedAsync(IEventReader store, EventFilter filter, long upTo)
    {
        var seen = new List<RecordedEvent>();
        var readTo = 0L;
        await foreach (var page in store.SubscribeAsync(new(filter), Cancellation))
        {
            Assert.All(page.Events, recorded => Assert.InRange(recorded.Position.Value, readTo + 1, page.ReadTo.Value));
            seen.AddRange(page.Events);
            readTo = page.ReadTo.Value;
            if (readTo == upTo)
                break;
        }

        return seen;
    }

    private async Task CompeteAsync(int[][] choices)
    {
        await using var store = await OpenAsync();
        var sent = new ConcurrentQueue<Sent>();
        await Task.WhenAll(choices.Select(each => Task.Run(async () =>
        {
            foreach (var choice in each)
                sent.Enqueue(await DecideAsync(store, choice));
        })));

        var log = await AllAsync(store);
        CheckConditions(log);
        Assert.Equal(Enumerable.Range(1, log.Count).Select(position => (long)position), log.Select(recorded => recorded.Position.Value));
        Assert.All(log.GroupBy(recorded => recorded.Stream), stream =>
            Assert.Equal(Enumerable.Range(1, stream.Count()), stream.Select(recorded => (int)recorded.Version.Value)));
        Assert.Equal(
            sent.Where(one => one.Result is AppendResult.Appended).SelectMany(one => one.Batch.Events).Select(data => data.Id).Order(),
            log.Select(recorded => recorded.Id).Order());
        Assert.Contains(sent, one => one.Result is AppendResult.Conflict);
        Assert.All(sent, one => CheckAnswer(one, log));
    }

    /// <summary>Reads what the choice is about, and appends under the condition that it is still so.</summary>
    private static async Task<Sent> DecideAsync(IEventStore store, int choice)
    {
        var stream = $"s{choice % 3}";
        var query = $"{(choice % 2 == 0 ? "x" : "")}[k:{choice % 5}]";
        var isByVersion = choice % 7 < 3;
        var pages = await PagesAsync(store, isByVersion ? ReadRequest.Stream(stream) : ReadRequest.Matching(Parsed(query)));
        var condition = isByVersion
            ? string.Create(CultureInfo.InvariantCulture, $"v {pages.Sum(page => page.Events.Count)} {stream}")
            : string.Create(CultureInfo.InvariantCulture, $"n {pages[^1].ReadTo} {query}");
        if (choice % 4 == 0)
            await Task.Yield();

        var batch = new AppendBatch(
            [.. Enumerable.Range(0, 1 + (choice % 3)).Select(index =>
                new EventData(index == 1 ? $"s{choice / 3 % 3}" : stream, choice % 2 == 0 ? "x" : "y", Encoding.UTF8.GetBytes(condition)) { Tags = [$"k:{choice % 5}"] })],
            ConditionOf(condition));
        return new(batch, await store.AppendAsync(batch, Cancellation));
    }

    private static AppendCondition ConditionOf(string text)
    {
        var parts = text.Split(' ', 3);
        var number = long.Parse(parts[1], CultureInfo.InvariantCulture);
        return parts[0] == "v" ? Version(parts[2], number) : Nothing(Parsed(parts[2]), number);
    }

    /// <summary>Each event's data is the condition of its batch.</summary>
    private static void CheckConditions(List<RecordedEvent> log)
    {
        var model = new ModelLog(windowEvents: 0);
        for (var first = 0; first < log.Count; first += log[first].BatchCount)
        {
            var events = log.Slice(first, log[first].BatchCount).Select(recorded =>
                new EventData(recorded.Stream, recorded.Type, recorded.Data) { Id = recorded.Id, Tags = recorded.Tags }).ToList();
            var condition = ConditionOf(Encoding.UTF8.GetString(log[first].Data.Span));

            Assert.IsType<AppendResult.Appended>(model.Append(new(events, condition), default).Result);
        }
    }

    private static void CheckAnswer(Sent sent, List<RecordedEvent> log)
    {
        if (sent.Result is AppendResult.Appended appended)
        {
            var written = log.Slice((int)appended.First.Value - 1, (int)(appended.Last.Value - appended.First.Value + 1));
            var reached = written.GroupBy(recorded => recorded.Stream).Select(stream => new StreamAt(stream.Key, stream.Last().Version));
            Assert.Equal(sent.Batch.Events.Select(data => data.Id), written.Select(recorded => recorded.Id));
            Assert.Equal(reached, appended.Versions);
            return;
        }

        var broken = Assert.Single(Assert.IsType<AppendResult.Conflict>(sent.Result).Broken);
        var by = log[(int)broken.By!.Value.Value - 1];
        Assert.Equal(sent.Batch.Conditions[0], broken.Condition);
        if (broken.Condition is AppendCondition.StreamAtVersion(var name, var version))
        {
            Assert.Equal((name, broken.Actual), (by.Stream, by.Version));
            Assert.True(by.Version > version);
        }
        else if (broken.Condition is AppendCondition.NoEventMatching(var query, var after))
        {
            Assert.True(by.Position > after);
            Assert.True(ModelLog.Matches(query, new EventData(by.Stream, by.Type, by.Data) { Tags = by.Tags }));
        }
    }
}
