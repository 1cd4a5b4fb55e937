using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task A_repeated_batch_answers_as_the_first_time_and_writes_nothing()
    {
        var options = new ContractOptions();
        var store = await OpenAsync(options);
        var batch = Batch(Event("a"), Event("b"), Event("a"));
        var first = await store.AppendAsync(batch, Cancellation);
        await store.AppendAsync(Event("a"));

        await using var again = await ReopenAsync(store, options);

        Assert.Equal(first, await again.AppendAsync(batch, Cancellation));
        Assert.Equal(first, await again.AppendAsync(batch with { Conditions = [Version("a", 0)] }, Cancellation));
        Assert.Equal(4, (await again.HeadAsync(Cancellation)).Position.Value);
    }

    [Fact]
    public async Task A_known_id_in_any_other_batch_is_refused()
    {
        await using var store = await OpenAsync();
        EventData a = Event("a"), b = Event("a");
        await store.AppendAsync(Batch(a, b), Cancellation);

        foreach (var other in new[] { Batch(a), Batch(b), Batch(b, a), Batch(Event("n"), b), Batch(a, b, Event("n")), Batch(a, b with { Type = "other" }), Batch(a with { Stream = "z" }, b) })
        {
            var known = other.Events.First(data => data.Id == a.Id || data.Id == b.Id).Id;
            var refused = await Assert.ThrowsAsync<EventIdReusedException>(async () => await store.AppendAsync(other, Cancellation));
            Assert.Equal((known, At(known == a.Id ? 1 : 2)), (refused.Id, refused.Position));
        }
    }

    [Fact]
    public async Task Beyond_the_window_a_batch_is_new_unless_its_own_condition_fails()
    {
        await using var store = await OpenAsync(new() { WindowEvents = 4 });
        var batch = Batch(Event("a"), Event("a"));
        await store.AppendAsync(batch, Cancellation);
        await store.AppendAsync(Events("b", 3));

        Assert.Equal(Appended(1, 2, ("a", 2)), await store.AppendAsync(batch, Cancellation));
        await store.AppendAsync(Event("b"));
        Assert.Equal(Appended(1, 2, ("a", 2)), await store.AppendAsync(batch with { Conditions = [Version("a", 0)] }, Cancellation));
        Assert.Equal(Appended(7, 8, ("a", 4)), await store.AppendAsync(batch, Cancellation));
        Assert.Equal(Appended(7, 8, ("a", 4)), await store.AppendAsync(batch with { Conditions = [Version("a", 0)] }, Cancellation));
    }

    [Theory]
    [InlineData(ReadDirection.Forwards)]
    [InlineData(ReadDirection.Backwards)]
    public async Task Every_read_is_the_log_between_its_bounds(ReadDirection direction)
    {
        var clock = new HandClock();
        await using var store = await OpenAsync(new() { Time = clock });
        for (var batch = 0; batch < 4; batch++)
        {
            await store.AppendAsync([Event("a", "x"), Event("b", "y"), Event("a", "y")], []);
            clock.Pass(TimeSpan.FromSeconds(1));
        }

        var log = await AllAsync(store);
        long?[] limits = [null, 1, 2, 5, 20];
        EventFilter[] filters = [EventFilter.All, new EventFilter.OfStream("a"), new EventFilter.Matching(Query.Types("y")), new EventFilter.OfStream("no")];
        var requests =
            from filter in filters
            from after in new long[] { 0, 1, 5, 11, 12, 15 }
            from end in Bounds(log)
            from limit in limits
            select (new ReadRequest(filter) { After = At(after), AsOf = end.AsOf, Direction = direction, Limit = limit }, end.Bound);

        foreach (var (request, bound) in requests)
        {
            var matching = log.Where(recorded => request.Filter switch
            {
                EventFilter.OfStream(var name) => recorded.Stream == name,
                EventFilter.Matching(var query) => query == Query.All || recorded.Type == "y",
                _ => false,
            });
            await AssertReadAsync(store, request, matching, Math.Min(request.After.Value, bound), bound);
        }
    }

    private static IEnumerable<(AsOf AsOf, long Bound)> Bounds(List<RecordedEvent> log) =>
    [
        (AsOf.Now, 12),
        (new AsOf.Position(At(0)), 0),
        (new AsOf.Position(At(5)), 5),
        (new AsOf.Position(At(99)), 12),
        (new AsOf.RecordedTime(log[0].RecordedAt.AddTicks(-1)), 0),
        (new AsOf.RecordedTime(log[4].RecordedAt), 6),
        (new AsOf.RecordedTime(log[4].RecordedAt.AddDays(1)), 12),
    ];

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1, 3, 1, 4)]
    [InlineData(2, 9, 3, 6)]
    [InlineData(9, 9, 6, 6)]
    public async Task Versions_bound_the_reading_of_a_stream(long after, long asOf, long low, long bound)
    {
        await using var store = await OpenAsync();
        await store.AppendAsync([Event("a"), Event("b"), Event("a"), Event("a"), Event("a"), Event("b")], []);
        var log = (await AllAsync(store)).Where(recorded => recorded.Stream == "a").ToList();

        foreach (var direction in Enum.GetValues<ReadDirection>())
        {
            var request = ReadRequest.Stream("a") with { AfterVersion = new(after), AsOf = new AsOf.Version(new(asOf)), Direction = direction };
            await AssertReadAsync(store, request, log, low, bound);
        }
    }

    private static async Task AssertReadAsync(IEventReader store, ReadRequest request, IEnumerable<RecordedEvent> matching, long low, long bound)
    {
        var expected = matching.Where(recorded => recorded.Position.Value > low && recorded.Position.Value <= bound).ToList();
        var isForwards = request.Direction == ReadDirection.Forwards;
        if (!isForwards)
            expected.Reverse();
        var isCut = expected.Count >= request.Limit;
        expected = [.. expected.Take((int)(request.Limit ?? int.MaxValue))];
        var readTo = isCut ? expected[^1].Position.Value - (isForwards ? 0 : 1) : isForwards ? bound : low;

        var pages = await PagesAsync(store, request);

        Assert.Equal(expected, pages.SelectMany(page => page.Events));
        Assert.Equal((readTo, readTo == (isForwards ? bound : low)), (pages[^1].ReadTo.Value, pages[^1].AtHead));
        Assert.All(pages.SkipLast(1), page => Assert.False(page.AtHead));
    }
}
