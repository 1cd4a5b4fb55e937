using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Clew.Events;
using Clew.Store;
using CsCheck;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task An_erased_event_keeps_its_envelope_and_loses_its_content_for_every_reader_and_for_ever()
    {
        var options = new ContractOptions();
        var store = await OpenAsync(options);
        await store.AppendAsync(Batch(Event("a", "x", "k:1"), Full("b"), Event("a", "y")), Cancellation);
        var before = await AllAsync(store);

        var result = await EraseAsync(store, At(2));

        Assert.Equal(Erased(1, 0, 4), result);
        await CheckAsync(store);
        await using var again = await ReopenAsync(store, options);
        await CheckAsync(again);

        async Task CheckAsync(IEventStore open)
        {
            foreach (var request in new[] { ReadRequest.All, ReadRequest.Stream("b"), ReadRequest.Matching(Query.Tags("k:2")), ReadRequest.All with { Direction = ReadDirection.Backwards } })
            {
                var erased = (await AllAsync(open, request)).Single(recorded => recorded.Position == At(2));
                Assert.True(erased.IsErased && erased.Data.IsEmpty && erased.Metadata.IsEmpty);
                Assert.Equal(Seen.Of(before[1]) with { Data = "", Metadata = "" }, Seen.Of(erased));
            }

            Assert.Equal([before[0], before[2]], (await AllAsync(open)).Where(recorded => recorded.Stream == new StreamName("a")));
        }
    }

    [Fact]
    public async Task An_erasure_is_an_event_that_says_who_why_and_what_was_there()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Batch(Event("a"), Full("b")), Cancellation);

        await EraseAsync(store, At(2), reason: "asked for: \"Zoë\" \ud83d\ude00", by: "ann");

        var record = Assert.Single(await AllAsync(store, ReadRequest.Stream(EraseRequest.RecordStream)));
        Assert.Equal((EraseRequest.RecordType, 3L, "application/json"), (record.Type, record.Position.Value, record.ContentType));
        using var data = JsonDocument.Parse(record.Data);
        Assert.Equal("asked for: \"Zoë\" \ud83d\ude00", data.RootElement.GetProperty("reason").GetString());
        Assert.Equal("ann", data.RootElement.GetProperty("by").GetString());
        var erased = Assert.Single(data.RootElement.GetProperty("events").EnumerateArray());
        Assert.Equal(2, erased.GetProperty("position").GetInt64());
        Assert.Equal(EventRecord.Digest((await AllAsync(store))[1].Record), erased.GetProperty("digest").GetBytesFromBase64());
    }

    [Fact]
    public async Task What_is_left_of_an_event_is_the_digest_of_its_salt_data_and_metadata()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Full("a"));
        var record = (await AllAsync(store))[0].Record.ToArray();
        var (start, data, metadata) = EventRecord.Payload(record);

        await EraseAsync(store, At(1));

        var erased = (await AllAsync(store))[0];
        Assert.Equal(SHA256.HashData(record.AsSpan(start, EventRecord.SaltBytes + data + metadata)), EventRecord.Digest(erased.Record));
        Assert.Equal(record.Length, erased.Record.Length);
    }

    [Fact]
    public async Task An_event_that_somebody_holds_stays_what_it_was()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Full("a"));
        var held = (await AllAsync(store))[0];
        var data = held.Data.ToArray();

        await EraseAsync(store, At(1));

        Assert.False(held.IsErased);
        Assert.Equal(data, held.Data.ToArray());
    }

    [Fact]
    public async Task A_stream_and_what_matches_a_query_are_erased_as_a_whole_and_what_is_erased_already_is_counted()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Batch(Event("a", "x", "k:1"), Event("b", "x"), Event("a", "y"), Event("c", "y", "k:1"), Event("c", "y")), Cancellation);

        Assert.Equal(Erased(2, 0, 6), await EraseAsync(store, new EraseTarget.OfStream("a")));
        Assert.Equal(Erased(1, 1, 7), await EraseAsync(store, new EraseTarget.Matching(Query.Tags("k:1"))));
        Assert.Equal(Erased(0, 2), await EraseAsync(store, new EraseTarget.OfStream("a")));
        Assert.Equal(Erased(0, 1), await EraseAsync(store, At(4)));

        Assert.Equal([1, 3, 4], (await AllAsync(store)).Where(recorded => recorded.IsErased).Select(recorded => recorded.Position.Value));
    }

    [Fact]
    public async Task A_position_beyond_the_log_and_an_empty_selection_are_answers_and_change_nothing()
    {
        await using var store = await OpenAsync();
        EraseTarget[] targets = [new EraseTarget.Position(At(1)), new EraseTarget.OfStream("no"), new EraseTarget.Matching(Query.Types("no"))];
        foreach (var target in targets)
            Assert.Equal(new EraseResult.NothingFound(), await EraseAsync(store, target));
        await store.AppendAsync(Event("a"));
        Assert.Equal(new EraseResult.NothingFound(), await EraseAsync(store, At(2)));

        Assert.Equal(At(1), (await store.HeadAsync(Cancellation)).Position);
    }

    [Fact]
    public async Task Clews_own_events_are_not_erased_nor_is_anything_beside_them()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Batch(Event("a", "x", "k:1"), Event("a", "$own", "k:1"), Event("$own", "x")), Cancellation);
        await store.AppendAsync(Event("a", "y", "k:2"));
        await EraseAsync(store, At(4));

        Assert.Equal(new EraseResult.Refused(At(5)), await EraseAsync(store, At(5)));
        Assert.Equal(new EraseResult.Refused(At(5)), await EraseAsync(store, new EraseTarget.OfStream(EraseRequest.RecordStream)));
        Assert.Equal(new EraseResult.Refused(At(2)), await EraseAsync(store, new EraseTarget.Matching(Query.Tags("k:1"))));
        Assert.Equal(new EraseResult.Refused(At(3)), await EraseAsync(store, At(3)));

        Assert.Equal([4], (await AllAsync(store)).Where(recorded => recorded.IsErased).Select(recorded => recorded.Position.Value));
        Assert.Equal(At(5), (await store.HeadAsync(Cancellation)).Position);
    }

    [Fact]
    public async Task More_than_a_thousand_events_are_erased_and_recorded_in_portions()
    {
        var options = new ContractOptions();
        var store = await OpenAsync(options);
        await store.AppendAsync(Batch([.. Events("a", 2_001), Event("b")]), Cancellation);

        Assert.Equal(Erased(2_001, 0, 2_003, 2_004, 2_005), await EraseAsync(store, new EraseTarget.OfStream("a")));

        await using var again = await ReopenAsync(store, options);
        var records = await AllAsync(again, ReadRequest.Stream(EraseRequest.RecordStream));
        Assert.Equal([1_000, 1_000, 1], records.Select(record => ErasureRecord.Read(record)!.Count));
        Assert.Equal(
            (await AllAsync(again)).Where(recorded => recorded.IsErased).Select(recorded => recorded.Position.Value),
            records.SelectMany(record => ErasureRecord.Read(record)!).Select(erased => erased.Position));
    }

    public static TheoryData<string> UnfitErasures => ["reason", "long reason", "blank reason", "by", "long by", "target", "position", "stream", "query", "all"];

    [Theory]
    [MemberData(nameof(UnfitErasures))]
    public async Task An_erasure_that_breaks_a_rule_is_refused_and_nothing_is_erased(string what)
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Event("a"));
        var good = new EraseRequest(new EraseTarget.Position(At(1))) { Reason = "r", By = "b" };
        var request = what switch
        {
            "reason" => good with { Reason = "" },
            "long reason" => good with { Reason = new('r', EraseRequest.ReasonCharactersMax + 1) },
            "blank reason" => good with { Reason = " \n" },
            "by" => good with { By = null! },
            "long by" => good with { By = new('b', EraseRequest.ByCharactersMax + 1) },
            "target" => good with { Target = null! },
            "position" => good with { Target = new EraseTarget.Position(At(0)) },
            "stream" => good with { Target = new EraseTarget.OfStream(default) },
            "query" => good with { Target = new EraseTarget.Matching(null!) },
            _ => good with { Target = new EraseTarget.Matching(Query.All) },
        };

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await ((IEventEraser)store).EraseAsync(request, Cancellation));
        Assert.False(Assert.Single(await AllAsync(store)).IsErased);
    }

    [Fact]
    public async Task The_longest_reason_and_name_are_taken()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Event("a"));

        var result = await EraseAsync(store, At(1), new('ß', EraseRequest.ReasonCharactersMax), new('"', EraseRequest.ByCharactersMax));

        Assert.Equal(Erased(1, 0, 2), result);
    }

    [Theory]
    [InlineData("$erasures", "happened")]
    [InlineData("a", "$erased")]
    public async Task Nobody_appends_what_would_pass_for_the_record_of_an_erasure(string stream, string type)
    {
        await using var store = await OpenAsync();

        var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await store.AppendAsync(Event(stream, type)));

        Assert.Contains("would pass for the record of an erasure", refused.Message, StringComparison.Ordinal);
        Assert.Equal(GlobalPosition.Start, (await store.HeadAsync(Cancellation)).Position);
    }

    [Fact]
    public async Task What_was_erased_still_counts_for_conditions_and_for_repeated_batches()
    {
        await using var store = await OpenAsync();
        var batch = Batch(Event("a", "x", "k:1"), Event("b"));
        var appended = await store.AppendAsync(batch, Cancellation);

        await EraseAsync(store, At(1));

        Assert.Equal(appended, await store.AppendAsync(batch, Cancellation));
        Assert.IsType<AppendResult.Conflict>(await store.AppendAsync(Event("c"), Version("a", 0), Nothing(Query.Tags("k:1"))));
    }

    [Fact]
    public async Task A_subscription_sees_the_record_of_an_erasure_like_any_event()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(Event("a"));
        await using var pages = store.SubscribeAsync(new(EventFilter.All), Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await pages.MoveNextAsync());

        var waiting = pages.MoveNextAsync();
        await EraseAsync(store, At(1));

        Assert.True(await waiting);
        Assert.Equal(EraseRequest.RecordStream, Assert.Single(pages.Current.Events).Stream);
    }

    [Fact]
    public async Task A_closed_store_and_a_cancelled_call_erase_nothing()
    {
        var store = await OpenAsync();
        await store.AppendAsync(Event("a"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await ((IEventEraser)store).EraseAsync(new(new EraseTarget.Position(At(1))) { Reason = "r", By = "b" }, new CancellationToken(canceled: true)));
        Assert.False(Assert.Single(await AllAsync(store)).IsErased);

        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await EraseAsync(store, At(1)));
    }

    [Fact]
    public Task Erasing_any_selection_erases_what_a_read_of_it_finds_and_nothing_else() =>
        Gen.Select(ModelGen.Event.Array[1, 40], Gen.OneOf(ModelGen.Filter.Where(filter => filter != EventFilter.All).Select(TargetOf), Gen.Long[1, 50].Select(at => (EraseTarget)new EraseTarget.Position(At(at)))).Array[1, 4])
            .SampleAsync(EraseSelectedAsync, iter: Histories / 2);

    [Fact]
    public async Task Erasing_while_many_append_and_read_erases_all_it_says_and_disturbs_nobody()
    {
        await using var store = await OpenAsync();
        for (var number = 0; number < 60; number++)
            await store.AppendAsync(Batch([.. Enumerable.Range(0, 5).Select(_ => Full($"s{number % 3}"))]), Cancellation);
        var before = await AllAsync(store);

        var appending = Enumerable.Range(0, Appenders).Select(task => Task.Run(async () =>
        {
            for (var count = 0; count < AppendsEach; count++)
                Assert.IsType<AppendResult.Appended>(await store.AppendAsync(Full($"t{task}")));
        })).ToList();
        var reading = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!appending.TrueForAll(task => task.IsCompleted))
                Assert.All((await AllAsync(store, ReadRequest.Stream("s1"))).Zip(before.Where(one => one.Stream == new StreamName("s1"))), pair => AssertSameOrErased(pair.Second, pair.First));
        })).ToList();
        var erasing = Task.WhenAll(
            EraseAsync(store, new EraseTarget.OfStream("s0")).AsTask(), EraseAsync(store, new EraseTarget.OfStream("s1")).AsTask(), EraseAsync(store, new EraseTarget.OfStream("s1")).AsTask());

        var results = await erasing;
        await Task.WhenAll([.. appending, .. reading]);

        Assert.Equal(300 - 100, results.Sum(result => Assert.IsType<EraseResult.Erased>(result).Now));
        Assert.Equal(100, results.Sum(result => Assert.IsType<EraseResult.Erased>(result).Before));
        var log = await AllAsync(store);
        Assert.All(log, recorded => Assert.Equal(recorded.Stream.Value is "s0" or "s1", recorded.IsErased));
        Assert.All(before.Zip(log), pair => AssertSameOrErased(pair.First, pair.Second));
    }

    private async Task EraseSelectedAsync(EventShape[] events, EraseTarget[] targets)
    {
        var options = new ContractOptions();
        var store = await OpenAsync(options);
        await store.AppendAsync(Batch([.. events.Select(shape => shape.ToData())]), Cancellation);
        var before = await AllAsync(store);
        var erased = new HashSet<long>();
        foreach (var target in targets)
        {
            var selected = await PositionsAsync(store, target.ToRead());
            var now = selected.Count(position => !erased.Contains(position));
            var record = (await store.HeadAsync(Cancellation)).Position.Value + 1;
            EraseResult expected = selected.Contains(before.Count + 1) || selected.Any(position => position > before.Count) ? new EraseResult.Refused(At(selected.First(position => position > before.Count)))
                : selected.Length == 0 ? new EraseResult.NothingFound()
                : Erased(now, selected.Length - now, now == 0 ? [] : [record]);

            Assert.Equal(expected, await EraseAsync(store, target));
            if (expected is EraseResult.Erased)
                erased.UnionWith(selected);
        }

        await using var again = await ReopenAsync(store, options);
        Assert.All(before.Zip(await AllAsync(again)), pair =>
        {
            Assert.Equal(erased.Contains(pair.Second.Position.Value), pair.Second.IsErased);
            AssertSameOrErased(pair.First, pair.Second);
        });
    }

    private static EraseTarget TargetOf(EventFilter filter) => filter switch
    {
        EventFilter.OfStream(var name) => new EraseTarget.OfStream(name),
        EventFilter.Matching(var query) when query != Query.All => new EraseTarget.Matching(query),
        _ => new EraseTarget.Position(At(1)),
    };

    private protected static void AssertSameOrErased(RecordedEvent before, RecordedEvent after)
    {
        var expected = Seen.Of(before);
        Assert.Equal(after.IsErased ? expected with { Data = "", Metadata = "" } : expected, Seen.Of(after));
    }

    private protected static ValueTask<EraseResult> EraseAsync(IEventReader store, GlobalPosition position, string reason = "a mistake", string by = "ann") =>
        EraseAsync(store, new EraseTarget.Position(position), reason, by);

    private protected static ValueTask<EraseResult> EraseAsync(IEventReader store, EraseTarget target, string reason = "a mistake", string by = "ann") =>
        ((IEventEraser)store).EraseAsync(new(target) { Reason = reason, By = by }, Cancellation);

    private protected static EraseResult.Erased Erased(long now, long before, params long[] records) => new(now, before, [.. records.Select(At)]);

    private protected static EventData Full(string stream) => new(stream, "full", "{\"secret\":\"the crown jewels are in the well\"}"u8.ToArray())
    {
        Metadata = "{\"actor\":\"somebody whom the law lets go\"}"u8.ToArray(),
        Tags = ["k:2", "customer:42"],
        SchemaVersion = 3,
        OccurredAt = new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero),
        CorrelationId = Guid.Parse("0197a000-0000-7000-8000-000000000001", CultureInfo.InvariantCulture),
        CausationId = Guid.Parse("0197a000-0000-7000-8000-000000000002", CultureInfo.InvariantCulture),
    };
}
