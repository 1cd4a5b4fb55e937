using System.Globalization;
using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task Positions_are_dense_and_each_stream_counts_its_own_versions()
    {
        await using var store = await OpenAsync();

        Assert.Equal(Appended(1, 3, ("b", 1), ("a", 2)), await store.AppendAsync(Batch(Event("b"), Event("a"), Event("a")), Cancellation));
        Assert.Equal(Appended(4, 5, ("a", 3), ("c", 1)), await store.AppendAsync(Batch(Event("a"), Event("c")), Cancellation));

        Assert.Equal(
            [(1, "b", 1), (2, "a", 1), (3, "a", 2), (4, "a", 3), (5, "c", 1)],
            (await AllAsync(store)).Select(recorded => (recorded.Position.Value, recorded.Stream.Value, recorded.Version.Value)));
    }

    [Fact]
    public async Task What_is_read_is_what_was_appended_also_after_opening_again()
    {
        var full = new EventData("order 7/é", "order placed", new byte[] { 0, 1, 255 })
        {
            Metadata = new byte[] { 9 },
            Tags = ["customer:42", "a:b:c"],
            SchemaVersion = 65_535,
            ContentType = "application/x-thing; v=2",
            OccurredAt = new DateTimeOffset(1969, 7, 20, 22, 17, 40, TimeSpan.FromHours(2)),
            CorrelationId = Guid.Parse("0197a000-0000-7000-8000-000000000001", CultureInfo.InvariantCulture),
            CausationId = Guid.Parse("0197a000-0000-7000-8000-000000000002", CultureInfo.InvariantCulture),
        };
        var bare = new EventData("s", "t", default);
        var options = new ContractOptions();
        var store = await OpenAsync(options);
        await store.AppendAsync(Batch(full, bare), Cancellation);

        await using var again = await ReopenAsync(store, options);

        var read = await AllAsync(again);
        Assert.Equal([Seen.Of(full, 1, 1, options.Time.GetUtcNow()), Seen.Of(bare, 2, 1, options.Time.GetUtcNow())], read.Select(Seen.Of));
        Assert.False(read[0].IsErased);
    }

    [Fact]
    public async Task A_condition_is_checked_against_the_log_before_the_batch()
    {
        await using var store = await OpenAsync();

        var result = await store.AppendAsync(
            [Event("a", "made", "k:1"), Event("a", "made", "k:1")], Version("a", 0), Nothing(Query.Tags("k:1")));

        Assert.Equal(Appended(1, 2, ("a", 2)), result);
    }

    [Fact]
    public async Task A_conflict_names_every_broken_condition_in_the_order_given_and_writes_nothing()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Batch(Event("a", "x"), Event("a", "y"), Event("b", "x")), Cancellation);
        AppendCondition tooMany = Version("a", 1), tooFew = Version("a", 9), missing = new AppendCondition.StreamExists("no");
        AppendCondition holds = new AppendCondition.StreamExists("b"), found = Nothing(Query.Types("x"));

        var result = await store.AppendAsync([Event("c")], tooMany, holds, missing, found, tooFew, Nothing(Query.Types("y"), after: 2));

        Assert.Equal(
            Conflict(
                new(tooMany, At(2), new StreamVersion(2)),
                new(missing, null, StreamVersion.None),
                new(found, At(3), null),
                new(tooFew, null, new StreamVersion(2))),
            result);
        Assert.Equal(3, (await store.HeadAsync(Cancellation)).Position.Value);
    }

    public static TheoryData<string, long[]> Queries => new()
    {
        { "", [1, 2, 3, 4, 5] },
        { "x", [1, 3] },
        { "x,y", [1, 2, 3] },
        { "[k:1]", [1, 2, 5] },
        { "[k:1 k:2]", [2, 5] },
        { "x[k:1]", [1] },
        { "x,z[k:1 k:2]", [5] },
        { "x|[k:2]", [1, 2, 3, 4, 5] },
        { "y[k:2]|z[k:1]", [2, 5] },
        { "x[k:9]|q", [] },
        { "[k:1 k:9]|x[k:1 k:2]", [] },
        { "X", [] },
        { "[k:11]", [] },
    };

    /// <summary>Items are parted by |, types by a comma, and tags stand in brackets.</summary>
    private static Query Parsed(string text) => text.Length == 0 ? Query.All : Query.Of([.. text.Split('|').Select(item =>
    {
        var halves = item.TrimEnd(']').Split('[');
        return new QueryItem
        {
            Types = [.. halves[0].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(type => new EventType(type))],
            Tags = [.. (halves.Length > 1 ? halves[1].Split(' ') : []).Select(tag => new Tag(tag))],
        };
    })]);

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task A_query_means_the_same_to_a_read_and_to_a_condition(string text, long[] expected)
    {
        await using var store = await OpenAsync();
        var query = Parsed(text);
        await store.AppendAsync(
            [Event("a", "x", "k:1"), Event("b", "y", "k:1", "k:2"), Event("a", "x"), Event("c", "z", "k:2"), Event("c", "z", "k:2", "k:1", "m:1")],
            []);

        Assert.Equal(expected, await PositionsAsync(store, ReadRequest.Matching(query)));
        for (var after = 0; after <= 7; after++)
        {
            var condition = Nothing(query, after);
            var never = Version("a", 77);
            var latest = expected.LastOrDefault() is var last && last > after ? At(last) : (GlobalPosition?)null;
            BrokenCondition[] broken = latest is null ? [] : [new(condition, latest, null)];

            Assert.Equal(
                Conflict([.. broken, new(never, null, new StreamVersion(2))]),
                await store.AppendAsync(Event("d"), condition, never));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16_385)]
    public async Task A_batch_of_no_or_too_many_events_is_refused(int count)
    {
        await using var store = await OpenAsync();

        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Events("a", count)));
        Assert.Equal(GlobalPosition.Start, (await store.HeadAsync(Cancellation)).Position);
    }

    [Fact]
    public async Task A_batch_of_the_most_events_is_taken_and_read_in_one_page()
    {
        await using var store = await OpenAsync();

        Assert.Equal(Appended(1, 16_384, ("a", 16_384)), await store.AppendAsync(Events("a", 16_384)));
        Assert.Equal(16_384, Assert.Single(await PagesAsync(store, ReadRequest.All)).Events.Count);
    }

    [Fact]
    public async Task An_event_and_a_batch_are_taken_up_to_their_bytes_and_refused_one_record_later()
    {
        await using var store = await OpenAsync();
        EventData Sized(int bytes) => new("s", "t", new byte[bytes - EventRecord.BytesOf(new("s", "t", new byte[16])) + 16]);
        var half = EventLimits.EventBytesMax;

        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Sized(half + 8)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync([Sized(half), Sized(half), Sized(136)]));
        Assert.Equal(Appended(1, 2, ("s", 2)), await store.AppendAsync([Sized(half), Sized(half)]));
        Assert.Equal([half, half], (await AllAsync(store)).Select(recorded => EventRecord.BytesOf(Sized(recorded.Record.Length))));
    }

    public static TheoryData<string> Refused => ["stream", "type", "id", "same id", "schema", "content type", "tags", "same tag", "no tag", "after", "version", "condition"];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_breaks_a_rule_is_refused_and_nothing_is_written(string what)
    {
        await using var store = await OpenAsync();
        var good = Event("a");
        var batch = what switch
        {
            "stream" => Batch(good with { Stream = default }),
            "type" => Batch(good with { Type = default }),
            "id" => Batch(good with { Id = Guid.Empty }),
            "same id" => Batch(good, good),
            "schema" => Batch(good with { SchemaVersion = 65_536 }),
            "content type" => Batch(good with { ContentType = "é" }),
            "tags" => Batch(good with { Tags = [.. Enumerable.Range(0, 257).Select(number => new Tag($"k:{number}"))] }),
            "same tag" => Batch(good with { Tags = ["k:1", "k:1"] }),
            "no tag" => Batch(good with { Tags = [default] }),
            "after" => new([good], Nothing(Query.All, -1)),
            "version" => new([good], Version("a", -1)),
            _ => new([good], new AppendCondition.StreamExists(default)),
        };

        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(batch, Cancellation));
        Assert.Equal(GlobalPosition.Start, (await store.HeadAsync(Cancellation)).Position);
    }
}
