using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task A_subscription_reads_history_and_then_what_comes_and_moves_on_where_nothing_matches()
    {
        await using var store = await OpenAsync();
        await using var pages = store.SubscribeAsync(new(new EventFilter.OfStream("a")), Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await pages.MoveNextAsync());
        Assert.Equal((0, 0L, true), (pages.Current.Events.Count, pages.Current.ReadTo.Value, pages.Current.AtHead));
        foreach (var (stream, found) in new[] { ("b", 0), ("a", 1), ("b", 0) })
        {
            var waiting = pages.MoveNextAsync();
            var result = Assert.IsType<AppendResult.Appended>(await store.AppendAsync(Event(stream)));
            Assert.True(await waiting);
            Assert.Equal((found, result.Last, true), (pages.Current.Events.Count, pages.Current.ReadTo, pages.Current.AtHead));
        }
    }

    [Fact]
    public async Task A_subscription_goes_on_after_its_checkpoint_and_no_other_lineage_or_future_is_taken()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Events("a", 3));
        var head = await store.HeadAsync(Cancellation);
        async Task<EventPage> FirstAsync(Checkpoint after) =>
            await store.SubscribeAsync(new(EventFilter.All) { After = after }, Cancellation).FirstAsync(Cancellation);

        Assert.Equal([2L, 3L], (await FirstAsync(head.Checkpoint with { Position = At(1) })).Events.Select(e => e.Position.Value));
        Assert.Empty((await FirstAsync(head.Checkpoint)).Events);
        foreach (var wrong in new[] { head.Checkpoint with { Position = At(4) }, new(head.Lineage with { Epoch = 2 }, At(1)), new(new(Guid.NewGuid(), 1), At(1)) })
            Assert.Equal(wrong, (await Assert.ThrowsAsync<CheckpointRefusedException>(() => FirstAsync(wrong))).Checkpoint);
    }

    [Fact]
    public async Task Closing_ends_subscriptions_and_refuses_what_comes_later()
    {
        var store = await OpenAsync();
        await using var pages = store.SubscribeAsync(new(EventFilter.All), Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await pages.MoveNextAsync());
        var waiting = pages.MoveNextAsync();

        await store.DisposeAsync();

        Assert.False(await waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.AppendAsync(Event("a")));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.HeadAsync(Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => PagesAsync(store, ReadRequest.All));
    }

    [Fact]
    public async Task A_clock_that_jumps_is_refused_until_it_is_right_again_and_time_never_goes_back()
    {
        var clock = new HandClock();
        await using var store = await OpenAsync(new() { Time = clock });
        await store.AppendAsync(Event("a"));
        clock.Jump(TimeSpan.FromDays(2));
        await Assert.ThrowsAsync<ClockRefusedException>(async () => await store.AppendAsync(Event("a")));
        clock.Jump(TimeSpan.FromDays(-2) - TimeSpan.FromHours(1));
        await store.AppendAsync(Events("a", 2));

        var log = await AllAsync(store);

        Assert.Equal(3, log.Count);
        Assert.Single(log.Select(recorded => recorded.RecordedAt).Distinct());
        Assert.Equal(log[0].RecordedAt, (await store.HeadAsync(Cancellation)).RecordedAt);
    }

    [Fact]
    public async Task A_cancelled_call_throws_and_leaves_the_log_alone()
    {
        await using var store = await OpenAsync();
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.AppendAsync(Batch(Event("a")), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.ReadAsync(ReadRequest.All, cancelled).ToListAsync(cancelled));
        Assert.Equal(GlobalPosition.Start, (await store.HeadAsync(Cancellation)).Position);
    }
}
