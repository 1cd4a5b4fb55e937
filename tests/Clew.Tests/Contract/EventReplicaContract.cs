using Clew.Events;
using Clew.Store;
using Clew.Tests.Events;
using CsCheck;

namespace Clew.Tests.Contract;

/// <summary>What every replica does; each store's test class inherits it.</summary>
public abstract class EventReplicaContract
{
    /// <summary>Long enough for several segments, and short enough for many.</summary>
    private static readonly Gen<ModelStep[]> History = Gen.OneOf(
        ModelGen.Step.Array[1, 60],
        ModelGen.Event.Array[1, 40].Select(events => (ModelStep)new ModelStep.Append(events, [])).Array[1, 40]);

    /// <summary>After how many batches a portion ends, and whether the replica is then closed and opened again.</summary>
    private static readonly Gen<(int Batches, bool Reopen)> Portion = Gen.Select(Gen.Int[1, 12], Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))));

    private protected abstract ValueTask<IEventReplica> OpenAsync(Lineage lineage);

    /// <summary>Closes a replica and opens it again.</summary>
    private protected abstract ValueTask<IEventReplica> ReopenAsync(IEventReplica replica, Lineage lineage);

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_replica_made_in_any_portions_and_reopened_between_them_is_its_log_byte_for_byte_and_answers_as_it() =>
        Gen.Select(History, Portion.Array[1, 8], ModelGen.Read.Array[8]).SampleAsync(ReplicateAsync, iter: 60);

    [Fact]
    public async Task Nothing_is_replicated_where_the_events_break_a_rule_and_the_replica_goes_on()
    {
        await using var source = await LogAsync();
        var (lineage, events) = (await LineageAsync(source), await EventsAsync(source));
        await using var replica = await OpenAsync(lineage);
        await replica.ReplicateAsync(events[..3], Cancellation);
        var whole = events[3..];

        foreach (var (broken, position, why) in BrokenRules(events))
        {
            var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await replica.ReplicateAsync(broken, Cancellation));
            Assert.Contains($"The event at position {position} cannot be replicated: {why}", refused.Message, StringComparison.Ordinal);
            Assert.Equal(3, (await replica.HeadAsync(Cancellation)).Position.Value);
        }

        await replica.ReplicateAsync(whole, Cancellation);
        Assert.Equal(events, await EventsAsync(replica));
    }

    [Fact]
    public async Task No_events_change_nothing()
    {
        await using var replica = await OpenAsync(new(Guid.NewGuid(), 3));

        var head = await replica.ReplicateAsync([], Cancellation);

        Assert.Equal((3, 0L, null), (head.Lineage.Epoch, head.Position.Value, head.RecordedAt));
        Assert.Equal(head, await replica.HeadAsync(Cancellation));
    }

    [Fact]
    public async Task The_head_that_is_answered_is_that_of_the_log()
    {
        await using var source = await LogAsync();
        await using var replica = await OpenAsync(await LineageAsync(source));

        var head = await replica.ReplicateAsync(await EventsAsync(source), Cancellation);

        Assert.Equal(await source.HeadAsync(Cancellation), head);
    }

    [Fact]
    public async Task Who_subscribes_to_a_replica_sees_what_comes_in_whole_batches()
    {
        await using var source = await LogAsync();
        var events = await EventsAsync(source);
        await using var replica = await OpenAsync(await LineageAsync(source));
        await using var pages = replica.SubscribeAsync(new(EventFilter.All), Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await pages.MoveNextAsync());

        var waiting = pages.MoveNextAsync();
        await replica.ReplicateAsync(events[..3], Cancellation);

        Assert.True(await waiting);
        Assert.Equal(events[..3], pages.Current.Events);
    }

    [Fact]
    public async Task The_same_events_given_twice_at_the_same_time_are_taken_once()
    {
        await using var source = await LogAsync();
        var events = await EventsAsync(source);
        await using var replica = await OpenAsync(await LineageAsync(source));

        var calls = Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await replica.ReplicateAsync(events, Cancellation))).ToArray();
        await Task.WhenAll(calls.Select(call => call.ContinueWith(_ => { }, TaskScheduler.Default)));

        Assert.Equal(1, calls.Count(call => call.IsCompletedSuccessfully));
        Assert.All(calls.Where(call => call.IsFaulted), call => Assert.IsType<ArgumentException>(call.Exception!.InnerException));
        Assert.Equal(events, await EventsAsync(replica));
    }

    [Fact]
    public async Task An_erased_event_is_replicated_as_erased()
    {
        await using var source = await LogAsync();
        var events = await EventsAsync(source);
        events[1] = Erasing.Erased(events[1]);
        var lineage = await LineageAsync(source);
        var replica = await OpenAsync(lineage);
        await replica.ReplicateAsync(events, Cancellation);

        replica = await ReopenAsync(replica, lineage);

        await using var _ = replica;
        var found = await EventsAsync(replica);
        Assert.Equal([false, true, false, false, false, false], found.Select(recorded => recorded.IsErased));
        Assert.Equal(0, found[1].Data.Length);
        Assert.Equal(events, found);
    }

    [Fact]
    public async Task A_replica_that_is_cancelled_has_whole_batches_and_goes_on_from_its_head()
    {
        await using var source = await LogAsync();
        var events = await EventsAsync(source);
        await using var replica = await OpenAsync(await LineageAsync(source));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await replica.ReplicateAsync(events, cancelled.Token));

        var come = (int)(await replica.HeadAsync(Cancellation)).Position.Value;
        await replica.ReplicateAsync(events[come..], Cancellation);
        Assert.Equal(events, await EventsAsync(replica));
    }

    [Fact]
    public async Task A_replica_that_was_closed_takes_nothing()
    {
        await using var source = await LogAsync();
        var replica = await OpenAsync(await LineageAsync(source));

        await replica.DisposeAsync();
        await replica.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await replica.ReplicateAsync(await EventsAsync(source), Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await replica.HeadAsync(Cancellation));
    }

    /// <summary>Six events in three batches, of one, two and three events; all of them in the stream a but the last, which is in b.</summary>
    private protected static async Task<InMemoryEventStore> LogAsync()
    {
        var log = new InMemoryEventStore();
        foreach (var batch in new[] { new[] { "a" }, ["a", "a"], ["a", "a", "b"] })
            await log.AppendAsync([.. batch.Select(stream => new EventData(stream, "happened", "data"u8.ToArray()) { Tags = [$"in:{stream}"] })]);

        return log;
    }

    private protected static async Task<RecordedEvent[]> EventsAsync(IEventReader log) => await log.ReadEventsAsync(ReadRequest.All, Cancellation).ToArrayAsync(Cancellation);

    private protected static async Task<Lineage> LineageAsync(IEventReader log) => (await log.HeadAsync(Cancellation)).Lineage;

    private static IEnumerable<(RecordedEvent[] Events, long Position, string Why)> BrokenRules(RecordedEvent[] all)
    {
        yield return (all[1..], 2, "the one before it is 3, where the log ends");
        yield return (all[4..], 5, "the one before it is 3, where the log ends");
        yield return ([all[3], all[5], all[4]], 6, "the one before it is 4");
        yield return ([all[3], all[3], all[4], all[5]], 4, "the one before it is 4");
        yield return (all[3..5], 5, "its batch has 1 more");
        yield return (all[3..4], 4, "its batch has 2 more");
        yield return ([all[3], default, all[5]], 5, "there is no event");
        yield return ([Changed(all[3], batchIndex: 1), all[4], all[5]], 4, "it is of another batch than its place says");
        yield return ([all[3], Changed(all[4], batchCount: 4), all[5]], 5, "it is of another batch than its place says");
        yield return ([Changed(all[3], microsecondsLater: -1_000_000_000), all[4], all[5]], 4, "it is recorded before the event before it");
        yield return ([all[3], Changed(all[4], microsecondsLater: 1), all[5]], 5, "it is recorded before the event before it, or at another time than its batch");
        yield return ([all[3], Changed(all[4], version: 7), all[5]], 5, "it is version 7 of a, and the one before it is 4");
    }

    private static RecordedEvent Changed(
        RecordedEvent recorded, int? batchIndex = null, int? batchCount = null, long microsecondsLater = 0, long? version = null)
    {
        var record = recorded.Record.ToArray();
        BitConverter.TryWriteBytes(record.AsSpan(EventRecord.HeaderBytes + 8), (ushort)(batchIndex ?? recorded.BatchIndex));
        BitConverter.TryWriteBytes(record.AsSpan(EventRecord.HeaderBytes + 10), (ushort)(batchCount ?? recorded.BatchCount));
        EventRecord.Place(record, recorded.Position.Value, version ?? recorded.Version.Value, EventRecord.RecordedAt(record) + microsecondsLater, seed: 0);
        return new(record, 0, record.Length);
    }

    private async Task ReplicateAsync(ModelStep[] history, (int Batches, bool Reopen)[] portions, ModelStep[] reads)
    {
        var clock = new HandClock();
        var model = new ModelLog(EventLimits.IdempotenceWindowEvents);
        await using IEventStore source = new InMemoryEventStore(clock, new());
        await new ModelRun(model, clock, store => new(store), Cancellation).RunAsync(source, history);
        var events = await EventsAsync(source);
        var lineage = await LineageAsync(source);
        var replica = await OpenAsync(lineage);
        try
        {
            var turn = 0;
            for (var next = 0; next < events.Length;)
            {
                var (batches, reopen) = portions[turn++ % portions.Length];
                var behind = Behind(events, next, batches);
                Assert.Equal(behind, (await replica.ReplicateAsync(events[next..behind], Cancellation)).Position.Value);
                next = behind;
                if (reopen)
                    replica = await ReopenAsync(replica, lineage);
            }

            Assert.Equal(events.Select(Bytes), (await EventsAsync(replica)).Select(Bytes));
            foreach (var read in reads.Cast<ModelStep.Read>())
                await PageLaws.CheckAsync(replica, read.Against(model), model, Cancellation);
        }
        finally
        {
            await replica.DisposeAsync();
        }
    }

    private static int Behind(RecordedEvent[] events, int next, int batches)
    {
        for (; batches > 0 && next < events.Length; batches--)
            next += events[next].BatchCount;

        return next;
    }

    // All of the record but the checksum that its segment seeds: envelope, payload checksum, state, salt, data and metadata.
    private static string Bytes(RecordedEvent recorded) => Convert.ToHexString(recorded.Record[sizeof(uint)..]);
}
