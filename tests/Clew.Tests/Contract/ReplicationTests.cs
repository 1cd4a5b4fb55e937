using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Tests.Events;
using CsCheck;

namespace Clew.Tests.Contract;

/// <summary>A log copied into a replica of it, whole and for ever.</summary>
public sealed class ReplicationTests : IDisposable
{
    private static readonly SegmentStoreOptions SmallSegments = new() { SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin, PortionEvents = 16 };

    private readonly TestFolder folders = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folders.Dispose();

    [Fact]
    public Task A_log_copied_in_several_runs_is_the_same_log_byte_for_byte() =>
        ModelGen.Event.Array[1, 40].Array[1, 12].Array[1, 4].SampleAsync(CopyInRunsAsync, iter: 30);

    [Fact]
    public Task A_log_that_grows_and_erases_between_copies_that_are_broken_off_is_copied_file_by_file() =>
        Gen.Select(Step, Step.Array[3, 14]).SampleAsync(async (first, steps) => await CopyFilesAsync([first, .. steps]), iter: 25);

    [Fact]
    public async Task Who_reads_a_replica_sees_what_comes_into_segments_that_are_replaced()
    {
        var (original, folder) = (folders.Next(), folders.Next());
        await using var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        await CopyAsync(original, folder);
        await using var reader = await SegmentEventReader.OpenAsync(folder, SmallSegments, Cancellation);

        foreach (var events in new[] { 3, 5, 900, 2, 1_000 })
        {
            await AppendAsync(store, events);
            var head = (await CopyAsync(original, folder)).Replica;
            await foreach (var page in reader.SubscribeAsync(new(EventFilter.All), Cancellation))
            {
                if (page.ReadTo == head.Position)
                    break;
            }

            Assert.Equal(await AllAsync(store), await AllAsync(reader));
        }
    }

    [Fact]
    public async Task A_replica_that_got_some_events_one_by_one_goes_on_with_events()
    {
        var (original, folder) = (folders.Next(), folders.Next());
        await using var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        await AppendAsync(store, 500);
        await CopyAsync(original, folder);
        await AppendAsync(store, 300);
        await using (var replica = await SegmentReplica.OpenAsync(folder, (await store.HeadAsync(Cancellation)).Lineage, original, SmallSegments, Cancellation))
            await replica.ReplicateAsync((await AllAsync(store))[500..], Cancellation);
        await AppendAsync(store, 2_000);

        Assert.Equal(2_000, (await CopyAsync(original, folder)).Events);

        Assert.Equal(Bytes(await AllAsync(store)), Bytes(await ReadAsync(folder)));
        Assert.True((await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)).IsSound);
    }

    [Fact]
    public async Task An_index_file_that_is_damaged_or_of_other_segments_is_made_anew_and_not_copied()
    {
        var (original, folder, other) = (folders.Next(), folders.Next(), folders.Next());
        await using (var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation))
            await AppendAsync(store, 3_000);
        var index = Directory.GetFiles(original, "*.idx").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(index, Cancellation);
        bytes[9_000] ^= 1;
        await File.WriteAllBytesAsync(index, bytes, Cancellation);

        await CopyAsync(original, folder);
        await CopyAsync(folder, other);

        Assert.True((await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)).IsSound);
        Assert.Equal(Files(folder, "*.seg"), Files(original, "*.seg"));
        Assert.Equal(Files(folder, "*.seg"), Files(other, "*.seg"));
        Assert.Equal(Files(folder, "*.idx"), Files(other, "*.idx"));
    }

    [Fact]
    public async Task Copying_beside_a_writer_at_full_speed_ends_at_the_head_of_its_beginning()
    {
        var (original, folder) = (folders.Next(), folders.Next());
        await using var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        await AppendAsync(store, 200);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await AppendAsync(store, 20);
        }, Cancellation);

        var head = await store.HeadAsync(Cancellation);
        var copied = await CopyAsync(original, folder);
        await stop.CancelAsync();
        await writing;
        await CopyAsync(original, folder);

        Assert.InRange(copied.Events, head.Position.Value, long.MaxValue);
        Assert.Equal(copied.Events, copied.Replica.Position.Value);
        Assert.Equal(await AllAsync(store), await ReadAsync(folder));
    }

    [Fact]
    public async Task What_was_copied_is_counted_and_told()
    {
        var (original, folder) = (folders.Next(), folders.Next());
        await using var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        await AppendAsync(store, 100);
        var told = new Told();

        var first = await CopyAsync(original, folder, told);
        var nothing = await CopyAsync(original, folder);
        await AppendAsync(store, 1);
        var more = await CopyAsync(original, folder);

        var bytes = (await AllAsync(store)).Sum(recorded => (long)recorded.Record.Length);
        Assert.Equal((100L, 0L, 1L), (first.Events, nothing.Events, more.Events));
        Assert.Equal(bytes, first.Bytes + more.Bytes);
        Assert.Equal(await store.HeadAsync(Cancellation), more.Replica);
        Assert.Equal(more.Replica, more.Source);
        Assert.Equal(first, told[^1]);
    }

    [Fact]
    public async Task A_follower_has_what_is_there_and_then_what_comes_until_it_is_stopped()
    {
        var (original, folder) = (folders.Next(), folders.Next());
        await using var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        await AppendAsync(store, 100);
        await using var reader = await SegmentEventReader.OpenAsync(original, SmallSegments, Cancellation);
        await using var replica = await SegmentReplica.OpenAsync(folder, (await store.HeadAsync(Cancellation)).Lineage, original, SmallSegments, Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var told = new Told();

        var following = Replication.FollowAsync(reader, replica, told, stop.Token).AsTask();
        await ReachedAsync(replica, 100);
        for (var number = 1; number <= 50; number++)
        {
            await AppendAsync(store, 1);
            if (number % 10 == 0)
                await ReachedAsync(replica, 100 + number);
        }

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
        Assert.Equal(await AllAsync(store), await AllAsync(replica));
        Assert.Equal((0L, 0L), (told[0].Events, told[0].Replica.Position.Value));
        Assert.Equal(150, told[^1].Events);
    }

    [Fact]
    public async Task A_follower_whose_source_is_closed_says_so()
    {
        var (original, folder) = (folders.Next(), folders.Next());
        var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        await AppendAsync(store, 3);
        await using var replica = await SegmentReplica.OpenAsync(folder, (await store.HeadAsync(Cancellation)).Lineage, original, SmallSegments, Cancellation);

        var following = Replication.FollowAsync(store, replica, null, Cancellation).AsTask();
        await ReachedAsync(replica, 3);
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => following);
    }

    [Fact]
    public async Task A_source_that_is_damaged_gives_what_comes_before_the_damage_and_is_named()
    {
        var (original, folder) = (folders.Next(), folders.Next());
        await using (var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation))
            await AppendAsync(store, 4_000);
        var first = Directory.GetFiles(original, "*.seg").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(first, Cancellation);
        bytes.AsSpan(40_000, 500).Fill(0xA5);
        await File.WriteAllBytesAsync(first, bytes, Cancellation);

        var fault = await Assert.ThrowsAsync<StoreCorruptedException>(() => CopyAsync(original, folder));

        Assert.Equal(fault.Damage.Position!.Value.Value - 1, (await ReadAsync(folder)).Length);
        Assert.InRange((await ReadAsync(folder)).Length, 10, 3_999);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(37)]
    [InlineData(64)]
    public async Task A_replica_with_another_history_is_refused_and_the_first_difference_named(int from)
    {
        await using var source = new InMemoryEventStore();
        await AppendAsync(source, 64);
        var events = await AllAsync(source);
        for (var index = from - 1; index < 64; index++)
            events[index] = Changed(events[index]);
        await using var replica = await SegmentReplica.OpenAsync(folders.Next(), (await source.HeadAsync(Cancellation)).Lineage, cancellation: Cancellation);
        await replica.ReplicateAsync(events, Cancellation);

        foreach (var more in new[] { 0, 10 })
        {
            await AppendAsync(source, more);
            var diverged = await Assert.ThrowsAsync<ReplicaDivergedException>(async () => await Replication.CopyAsync(source, replica, null, Cancellation));
            Assert.Equal(from, diverged.Position.Value);
            Assert.Contains($"differ from position {from} on", diverged.Message, StringComparison.Ordinal);
        }

        Assert.Equal(64, (await replica.HeadAsync(Cancellation)).Position.Value);
    }

    [Fact]
    public async Task A_source_that_has_lost_events_is_not_followed()
    {
        await using var source = new InMemoryEventStore();
        await AppendAsync(source, 8);
        var events = await AllAsync(source);
        var lineage = (await source.HeadAsync(Cancellation)).Lineage;
        await using var shorter = await SegmentReplica.OpenAsync(folders.Next(), lineage, cancellation: Cancellation);
        await shorter.ReplicateAsync(events[..5], Cancellation);
        await using var replica = await SegmentReplica.OpenAsync(folders.Next(), lineage, cancellation: Cancellation);
        await replica.ReplicateAsync(events, Cancellation);

        var lost = await Assert.ThrowsAsync<ReplicaDivergedException>(async () => await Replication.FollowAsync(shorter, replica, null, Cancellation));

        Assert.Equal(6, lost.Position.Value);
        Assert.Contains("up to position 8, and its source ends at 5", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_log_is_not_copied_into_a_replica()
    {
        await using var source = new InMemoryEventStore();
        await using var replica = await SegmentReplica.OpenAsync(folders.Next(), new(Guid.NewGuid(), 1), cancellation: Cancellation);

        await Assert.ThrowsAsync<ReplicaRefusedException>(async () => await Replication.CopyAsync(source, replica, null, Cancellation));
    }

    [Fact]
    public async Task An_event_that_was_erased_on_one_side_only_is_the_same_event()
    {
        await using var source = new InMemoryEventStore();
        await AppendAsync(source, 3);
        var events = await AllAsync(source);
        var lineage = (await source.HeadAsync(Cancellation)).Lineage;
        await using var erased = await SegmentReplica.OpenAsync(folders.Next(), lineage, cancellation: Cancellation);
        await erased.ReplicateAsync([events[0], Erasing.Erased(events[1]), Erasing.Erased(events[2])], Cancellation);
        await using var whole = await SegmentReplica.OpenAsync(folders.Next(), lineage, cancellation: Cancellation);
        await whole.ReplicateAsync(events, Cancellation);

        Assert.Equal(0, (await Replication.CopyAsync(source, erased, null, Cancellation)).Events);
        Assert.Equal(0, (await Replication.CopyAsync(erased, whole, null, Cancellation)).Events);
        Assert.Equal(0, (await Replication.CopyAsync(erased, erased, null, Cancellation)).Events);
    }

    [Fact]
    public void Events_are_the_same_only_where_envelope_and_content_are() => Gen.Select(EventGen.Placed, Gen.Int[0, 3]).Sample((placed, change) =>
    {
        var recorded = Recorded(placed);
        var other = Recorded(change switch
        {
            0 => placed with { Position = placed.Position ^ 1 },
            1 => placed with { Salt = [.. placed.Salt[..^1], (byte)(placed.Salt[^1] ^ 1)] },
            2 => placed with { Data = placed.Data with { Data = (byte[])[.. placed.Data.Data.Span, 1] } },
            _ => placed with { Seed = placed.Seed + 1 },
        });

        Assert.True(recorded.IsSameAs(recorded));
        Assert.True(recorded.IsSameAs(Erasing.Erased(recorded)) && Erasing.Erased(recorded).IsSameAs(recorded));
        Assert.Equal(change == 3, recorded.IsSameAs(other));
        Assert.Equal(change == 3, recorded.IsSameAs(Erasing.Erased(other)));
        Assert.Equal(change == 3, Erasing.Erased(recorded).IsSameAs(Erasing.Erased(other)));
    });

    private async Task CopyInRunsAsync(EventShape[][][] runs)
    {
        var (original, folder) = (folders.Next(), folders.Next());
        await using var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        foreach (var batches in runs)
        {
            foreach (var batch in batches)
                await store.AppendAsync([.. batch.Select(shape => shape.ToData())]);
            await CopyAsync(original, folder);
        }

        Assert.Equal(Bytes(await AllAsync(store)), Bytes(await ReadAsync(folder)));
        Assert.True((await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)).IsSound);
    }

    // Appends so many batches, erases an event where there is one, copies all or gives up after so many reports, and opens the log anew.
    private static readonly Gen<(int Batches, int Erased, int? GivesUpAfter, bool Reopens)> Step = Gen.Select(
        Gen.Int[0, 300], Gen.Int[-3, 2_000], Gen.OneOf(Gen.Const((int?)null), Gen.Int[0, 3].Select(reports => (int?)reports)), Gen.Bool);

    private async Task CopyFilesAsync((int Batches, int Erased, int? GivesUpAfter, bool Reopens)[] steps)
    {
        var (original, folder) = (folders.Next(), folders.Next());
        var store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
        foreach (var (batches, erased, givesUpAfter, reopens) in steps)
        {
            await AppendAsync(store, batches);
            var head = (await store.HeadAsync(Cancellation)).Position.Value;
            if (erased > 0 && head > 0)
                await store.EraseAsync(new(new EraseTarget.Position(new((erased % head) + 1))) { Reason = "r", By = "b" }, Cancellation);
            if (reopens)
            {
                await store.DisposeAsync();
                store = await SegmentEventStore.OpenAsync(original, SmallSegments, Cancellation);
            }

            await CopyAndGiveUpAsync(original, folder, givesUpAfter);
        }

        var copied = (await CopyAsync(original, folder)).Replica;
        await store.DisposeAsync();

        Assert.Equal(copied.Position.Value, (await ReadAsync(original)).Length);
        Assert.Equal(Files(original, "*.seg"), Files(folder, "*.seg"));
        Assert.False(File.Exists(Path.Combine(folder, ErasureJournal.FileName)));
        var (one, other) = (await SegmentStoreVerification.RunAsync(original, cancellation: Cancellation), await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation));
        Assert.True(other.IsSound);
        Assert.Empty(other.Notes);
        Assert.Null(other.TreeDifference);
        Assert.Equal(one.Tree, other.Tree);
    }

    private static async Task CopyAndGiveUpAsync(string source, string folder, int? reports)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var reader = await SegmentEventReader.OpenAsync(source, SmallSegments, Cancellation);
        await using var replica = await SegmentReplica.OpenAsync(folder, (await reader.HeadAsync(Cancellation)).Lineage, source, SmallSegments, Cancellation);
        try
        {
            await Replication.CopyAsync(reader, replica, new Stopping(stop, reports), stop.Token);
        }
        catch (OperationCanceledException)
        {
            // What it has so far must be a log too, also without closing it.
            var events = await AllAsync(replica);
            Assert.Equal((await replica.HeadAsync(Cancellation)).Position.Value, events.Length);
            await Replication.CopyAsync(reader, replica, null, Cancellation);
        }
    }

    private static string[] Files(string folder, string pattern) =>
        [.. Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}")];

    // But for the checksum that each segment seeds.
    private static string[] Bytes(RecordedEvent[] events) => [.. events.Select(recorded => Convert.ToHexString(recorded.Record[sizeof(uint)..]))];

    private static RecordedEvent Recorded(PlacedEvent placed)
    {
        var record = placed.Record();
        return new(record, 0, record.Length);
    }

    private static RecordedEvent Changed(RecordedEvent recorded)
    {
        var record = recorded.Record.ToArray();
        record[EventRecord.Payload(record).Start] ^= 1;
        HostileRecord.Seal(record, seed: 0);
        return new(record, 0, record.Length);
    }

    private static async Task AppendAsync(IEventStore store, int events)
    {
        for (var number = 0; number < events; number++)
            await store.AppendAsync(new EventData($"s-{number % 7}", "t", new byte[number % 100]));
    }

    private static async Task<ReplicationProgress> CopyAsync(string source, string folder, IProgress<ReplicationProgress>? progress = null)
    {
        await using var reader = await SegmentEventReader.OpenAsync(source, SmallSegments, Cancellation);
        await using var replica = await SegmentReplica.OpenAsync(folder, (await reader.HeadAsync(Cancellation)).Lineage, source, SmallSegments, Cancellation);
        return await Replication.CopyAsync(reader, replica, progress, Cancellation);
    }

    private static async Task ReachedAsync(SegmentReplica log, long position)
    {
        await foreach (var page in log.SubscribeAsync(new(EventFilter.All), Cancellation))
        {
            if (page.ReadTo.Value >= position)
                return;
        }
    }

    private static async Task<RecordedEvent[]> ReadAsync(string folder)
    {
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        return await AllAsync(reader);
    }

    private static async Task<RecordedEvent[]> AllAsync(IEventReader log) => await log.ReadEventsAsync(ReadRequest.All, Cancellation).ToArrayAsync(Cancellation);

    private sealed class Stopping(CancellationTokenSource stop, int? reports) : IProgress<ReplicationProgress>
    {
        private int told;

        public void Report(ReplicationProgress value)
        {
            if (told++ == reports)
                stop.Cancel();
        }
    }

    private sealed class Told : List<ReplicationProgress>, IProgress<ReplicationProgress>
    {
        public void Report(ReplicationProgress value) => Add(value);
    }
}
