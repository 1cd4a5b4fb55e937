using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    /// <summary>Appends batches of 7 events to the store and to a model.</summary>
    private protected static async Task<ModelLog> FillAsync(IEventStore store, HandClock clock, int batches, ModelLog? model = null)
    {
        model ??= new(EventLimits.IdempotenceWindowEvents);
        for (var batch = 0; batch < batches; batch++)
        {
            var events = Enumerable.Range(0, 7).Select(index => Event(index == 3 ? "b" : "a", index < 5 ? "x" : "y", $"k:{batch % 2}"));
            var sent = Batch([.. events]);
            Assert.Equal(model.Append(sent, clock.GetUtcNow()).Result, await store.AppendAsync(sent, Cancellation));
            clock.Pass(TimeSpan.FromSeconds(1));
        }

        return model;
    }

    [Theory]
    [InlineData(ReadDirection.Forwards)]
    [InlineData(ReadDirection.Backwards)]
    public async Task Many_events_come_in_pages_that_split_no_batch(ReadDirection direction)
    {
        var clock = new HandClock();
        await using var store = await OpenAsync(new() { Time = clock });
        var model = await FillAsync(store, clock, batches: 300);

        Assert.InRange((await PagesAsync(store, ReadRequest.All with { Direction = direction })).Count, 2, 5);
        EventFilter[] filters = [EventFilter.All, new EventFilter.OfStream("a"), new EventFilter.Matching(Query.Types("y")), new EventFilter.Matching(Query.Tags("k:1"))];
        foreach (var filter in filters)
        {
            foreach (var limit in new long?[] { null, 511, 512, 513, 1_500 })
                await PageLaws.CheckAsync(store, new(filter) { After = At(3), AsOf = new AsOf.Position(At(2_097)), Direction = direction, Limit = limit }, model, Cancellation);
        }
    }

    [Fact]
    public async Task Two_subscribers_each_get_a_long_history_and_what_comes_after_it()
    {
        var clock = new HandClock();
        await using var store = await OpenAsync(new() { Time = clock });
        var model = await FillAsync(store, clock, batches: 300);
        EventFilter[] filters = [EventFilter.All, new EventFilter.OfStream("b")];
        var following = filters.Select(filter => FollowedAsync(store, filter, 2_800)).ToList();

        await FillAsync(store, clock, batches: 100, model);

        var seen = await Task.WhenAll(following);
        Assert.Equal(await AllAsync(store), seen[0]);
        Assert.Equal(await AllAsync(store, ReadRequest.Stream("b")), seen[1]);
    }

    [Fact]
    public async Task A_page_of_a_subscription_is_a_place_to_go_on_from()
    {
        var clock = new HandClock();
        var options = new ContractOptions { Time = clock };
        var store = await OpenAsync(options);
        await FillAsync(store, clock, batches: 300);
        var first = await store.SubscribeAsync(new(EventFilter.All), Cancellation).FirstAsync(Cancellation);
        Assert.False(first.AtHead);

        await using var again = await ReopenAsync(store, options);

        var next = await again.SubscribeAsync(new(EventFilter.All) { After = first.Checkpoint }, Cancellation).FirstAsync(Cancellation);
        Assert.Equal(first.ReadTo.Value + 1, next.Events[0].Position.Value);
        Assert.Equal(0, first.ReadTo.Value % 7);
    }
}
