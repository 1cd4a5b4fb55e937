using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task A_log_keeps_its_lineage_and_no_two_logs_share_one()
    {
        var options = new ContractOptions();
        var store = await OpenAsync(options);
        await using var other = await OpenAsync();
        var before = await store.HeadAsync(Cancellation);

        await using var again = await ReopenAsync(store, options);

        Assert.Equal(before, await again.HeadAsync(Cancellation));
        Assert.Equal(1, before.Lineage.Epoch);
        Assert.NotEqual(before.Lineage.LogId, (await other.HeadAsync(Cancellation)).Lineage.LogId);
        Assert.Equal(before.Lineage, (await PagesAsync(again, ReadRequest.All))[0].Lineage);
    }

    [Fact]
    public async Task A_clock_that_was_confirmed_may_jump()
    {
        var clock = new HandClock();
        await using var store = await OpenAsync(new() { Time = clock, Clock = new() { Confirmed = true } });
        await store.AppendAsync(Event("a"));
        clock.Jump(TimeSpan.FromDays(3_650));
        await store.AppendAsync(Event("a"));
        clock.Jump(TimeSpan.FromDays(-3_650));
        await store.AppendAsync(Event("a"));

        var times = (await AllAsync(store)).Select(recorded => recorded.RecordedAt).ToList();
        Assert.Equal([clock.GetUtcNow(), clock.GetUtcNow().AddDays(3_650), clock.GetUtcNow().AddDays(3_650)], times);
    }

    [Fact]
    public async Task A_clock_may_jump_as_far_as_its_bound_and_no_further()
    {
        var clock = new HandClock();
        await using var store = await OpenAsync(new() { Time = clock, Clock = new() { JumpMax = TimeSpan.FromMinutes(5) } });
        await store.AppendAsync(Event("a"));
        clock.Jump(TimeSpan.FromMinutes(5));
        await store.AppendAsync(Event("a"));
        clock.Pass(TimeSpan.FromDays(3));
        await store.AppendAsync(Event("a"));
        clock.Jump(TimeSpan.FromMinutes(-5.1));

        await Assert.ThrowsAsync<ClockRefusedException>(async () => await store.AppendAsync(Event("a")));
        Assert.Equal(3, (await store.HeadAsync(Cancellation)).Position.Value);
    }

    [Fact]
    public async Task What_waits_or_asks_ends_when_it_is_cancelled()
    {
        await using var store = await OpenAsync();
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var pages = store.SubscribeAsync(new(EventFilter.All), source.Token).GetAsyncEnumerator(source.Token);
        Assert.True(await pages.MoveNextAsync());
        var waiting = pages.MoveNextAsync();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.HeadAsync(source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.SubscribeAsync(new(EventFilter.All), source.Token).FirstAsync(source.Token));
        Assert.Equal(Appended(1, 1, ("a", 1)), await store.AppendAsync(Event("a")));
    }

    public static TheoryData<string> Contradictions =>
        ["after", "after version", "limit 0", "limit -1", "version of all", "as of version of a query", "as of -1", "as of version -1", "no stream", "no query", "no filter", "no as-of"];

    [Theory]
    [MemberData(nameof(Contradictions))]
    public async Task A_request_that_contradicts_itself_is_refused(string what)
    {
        await using var store = await OpenAsync();
        var ofA = ReadRequest.Stream("a");
        var request = what switch
        {
            "after" => ofA with { After = At(-1) },
            "after version" => ofA with { AfterVersion = new(-1) },
            "limit 0" => ofA with { Limit = 0 },
            "limit -1" => ofA with { Limit = -1 },
            "version of all" => ReadRequest.All with { AfterVersion = new(1) },
            "as of version of a query" => ReadRequest.Matching(Query.Types("x")) with { AsOf = new AsOf.Version(new(1)) },
            "as of -1" => ofA with { AsOf = new AsOf.Position(At(-1)) },
            "as of version -1" => ofA with { AsOf = new AsOf.Version(new(-1)) },
            "no stream" => ReadRequest.Stream(default),
            "no query" => ReadRequest.Matching(null!),
            "no filter" => new(null!),
            _ => ofA with { AsOf = null! },
        };

        await Assert.ThrowsAnyAsync<ArgumentException>(() => PagesAsync(store, request));
        if (what is "no stream" or "no query" or "no filter")
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.SubscribeAsync(new(request.Filter), Cancellation).FirstAsync(Cancellation));
    }

    [Fact]
    public async Task A_batch_takes_the_most_conditions_and_not_one_more()
    {
        await using var store = await OpenAsync();
        AppendCondition[] Conditions(int count) => [.. Enumerable.Range(0, count).Select(number => Version($"s{number}", 0))];

        await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Event("a"), Conditions(AppendBatch.ConditionsMax + 1)));
        Assert.Equal(Appended(1, 1, ("a", 1)), await store.AppendAsync(Event("a"), Conditions(AppendBatch.ConditionsMax)));
    }

    [Fact]
    public async Task A_batch_is_recognised_while_its_last_event_is_in_the_window()
    {
        var options = new ContractOptions { WindowEvents = 4 };
        var store = await OpenAsync(options);
        var batch = Batch(Event("a"), Event("a"), Event("a"));
        await store.AppendAsync(batch, Cancellation);
        await store.AppendAsync(Events("b", 3));

        await using var again = await ReopenAsync(store, options);

        Assert.Equal(Appended(1, 3, ("a", 3)), await again.AppendAsync(batch, Cancellation));
        var refused = await Assert.ThrowsAsync<EventIdReusedException>(async () => await again.AppendAsync(Batch([.. batch.Events.Skip(1)]), Cancellation));
        Assert.Equal((batch.Events[2].Id, At(3)), (refused.Id, refused.Position));
        Assert.Equal(Appended(7, 7, ("a", 4)), await again.AppendAsync(Batch(batch.Events[0]), Cancellation));
    }

    [Theory]
    [InlineData(ReadDirection.Forwards)]
    [InlineData(ReadDirection.Backwards)]
    public async Task A_read_under_way_when_the_store_closes_never_looks_complete(ReadDirection direction)
    {
        var store = await OpenAsync();
        for (var batch = 0; batch < 3; batch++)
            await store.AppendAsync(Events("a", 500));
        await using var pages = store.ReadAsync(ReadRequest.All with { Direction = direction }, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await pages.MoveNextAsync());
        Assert.False(pages.Current.AtHead);

        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pages.MoveNextAsync());
    }
}
