using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Contract;

/// <summary>How a replica becomes a store, and when it may not.</summary>
public sealed class PromotionTests : IDisposable
{
    private readonly TestFolder folders = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folders.Dispose();

    [Theory]
    [InlineData(Promotion.SameLog, 1)]
    [InlineData(Promotion.NewEpoch, 2)]
    public async Task A_promoted_replica_takes_appends_and_continues_positions_and_versions(Promotion promotion, int epoch)
    {
        var (original, replica) = await PairAsync();

        var head = await SegmentReplica.PromoteAsync(replica, promotion, cancellation: Cancellation);

        await using var store = await SegmentEventStore.OpenAsync(replica, cancellation: Cancellation);
        Assert.Equal(head, await store.HeadAsync(Cancellation));
        Assert.Equal((epoch, 3L), (head.Lineage.Epoch, head.Position.Value));
        Assert.Equal(
            new AppendResult.Appended(new(4), new(4), [new("s", new(4))]),
            await store.AppendAsync(new EventData("s", "t", default), new AppendCondition.StreamAtVersion("s", new(3))));
        Assert.Null(await SegmentReplica.FindAsync(replica, Cancellation));
        await using var before = await SegmentEventReader.OpenAsync(original, cancellation: Cancellation);
        Assert.Equal(await AllAsync(before), (await AllAsync(store))[..3]);
        Assert.True((await SegmentStoreVerification.RunAsync(replica, cancellation: Cancellation)).IsSound);
    }

    [Fact]
    public async Task A_batch_that_was_appended_to_the_original_is_known_to_its_promoted_replica()
    {
        var (original, replica) = await PairAsync();
        await using var before = await SegmentEventReader.OpenAsync(original, cancellation: Cancellation);
        var again = (await AllAsync(before))[1];
        await SegmentReplica.PromoteAsync(replica, Promotion.SameLog, cancellation: Cancellation);
        await using var store = await SegmentEventStore.OpenAsync(replica, cancellation: Cancellation);

        var result = await store.AppendAsync(new EventData("s", "t", default) { Id = again.Id });

        Assert.Equal(new AppendResult.Appended(new(2), new(2), [new("s", new(2))]), result);
    }

    [Fact]
    public async Task A_consumer_with_a_checkpoint_of_the_original_is_refused_by_a_log_of_its_own_and_taken_by_the_same_log()
    {
        foreach (var (promotion, isTaken) in new[] { (Promotion.SameLog, true), (Promotion.NewEpoch, false) })
        {
            var (_, replica) = await PairAsync();
            var checkpoint = new Checkpoint((await SegmentReplica.FindAsync(replica, Cancellation))!.Lineage, new(2));
            await SegmentReplica.PromoteAsync(replica, promotion, cancellation: Cancellation);
            await using var store = await SegmentEventStore.OpenAsync(replica, cancellation: Cancellation);

            var refused = await RefusalAsync(store, checkpoint);

            Assert.Equal(isTaken, refused is null);
        }
    }

    [Fact]
    public async Task A_consumer_that_is_further_than_the_replica_is_refused()
    {
        var (original, replica) = await PairAsync();
        Directory.Delete(original, recursive: true);
        var beyond = new Checkpoint((await SegmentReplica.FindAsync(replica, Cancellation))!.Lineage, new(4));
        await SegmentReplica.PromoteAsync(replica, Promotion.SameLog, cancellation: Cancellation);
        await using var store = await SegmentEventStore.OpenAsync(replica, cancellation: Cancellation);

        Assert.NotNull(await RefusalAsync(store, beyond));
    }

    [Fact]
    public async Task As_the_same_log_it_is_refused_while_the_original_is_open_for_writing()
    {
        var (original, replica) = await PairAsync();
        await using (await SegmentEventStore.OpenAsync(original, cancellation: Cancellation))
        {
            var refused = await RefusedAsync(replica);
            Assert.Contains($"in {original}, is open for writing", refused, StringComparison.Ordinal);
            Assert.Contains("Promotion.NewEpoch", refused, StringComparison.Ordinal);
        }

        await SegmentReplica.CheckPromotionAsync(replica, Promotion.SameLog, Cancellation);
        await SegmentReplica.PromoteAsync(replica, Promotion.SameLog, cancellation: Cancellation);
    }

    [Fact]
    public async Task As_the_same_log_it_is_refused_while_the_original_has_more_events()
    {
        var (original, replica) = await PairAsync();
        await AppendAsync(original);

        Assert.Contains("has events up to position 4, and the replica has them up to 3", await RefusedAsync(replica), StringComparison.Ordinal);

        await CopyAsync(original, replica);
        await SegmentReplica.PromoteAsync(replica, Promotion.SameLog, cancellation: Cancellation);
    }

    [Fact]
    public async Task Events_of_the_original_beyond_its_mark_count_too()
    {
        var (original, replica) = await PairAsync();
        var head = Path.Combine(original, Watermark.FileName);
        var mark = await File.ReadAllBytesAsync(head, Cancellation);
        await AppendAsync(original);
        await File.WriteAllBytesAsync(head, mark, Cancellation);

        Assert.Contains("has events up to position 4", await RefusedAsync(replica), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_a_log_of_its_own_it_asks_nobody()
    {
        var (original, replica) = await PairAsync();
        await using var writer = await SegmentEventStore.OpenAsync(original, cancellation: Cancellation);
        await writer.AppendAsync(new EventData("s", "t", default));

        var head = await SegmentReplica.PromoteAsync(replica, Promotion.NewEpoch, cancellation: Cancellation);

        Assert.Equal((2, 3L), (head.Lineage.Epoch, head.Position.Value));
    }

    [Fact]
    public async Task An_original_that_is_gone_or_damaged_or_another_log_by_now_is_in_nobodys_way()
    {
        foreach (var loss in new Action<string>[]
        {
            folder => Directory.Delete(folder, recursive: true),
            folder => File.Delete(Path.Combine(folder, StoreHeader.FileName)),
            folder => File.Delete(Directory.GetFiles(folder, "*.seg").Single()),
            folder => File.WriteAllText(Directory.GetFiles(folder, "*.seg").Single(), "no segment"),
            folder =>
            {
                Directory.Delete(folder, recursive: true);
                SegmentEventStore.OpenAsync(folder).AsTask().GetAwaiter().GetResult().DisposeAsync().AsTask().GetAwaiter().GetResult();
            },
        })
        {
            var (original, replica) = await PairAsync();
            loss(original);

            Assert.Equal(3, (await SegmentReplica.PromoteAsync(replica, Promotion.SameLog, cancellation: Cancellation)).Position.Value);
        }
    }

    [Fact]
    public async Task A_replica_that_lies_where_its_original_was_is_not_in_its_own_way()
    {
        var (original, replica) = await PairAsync();
        Directory.Delete(original, recursive: true);
        await CopyAsync(replica, original);
        Assert.Equal(original, (await SegmentReplica.FindAsync(original, Cancellation))!.Original);

        await SegmentReplica.PromoteAsync(original, Promotion.SameLog, cancellation: Cancellation);

        await AppendAsync(original);
    }

    [Fact]
    public async Task An_original_that_may_not_be_looked_at_is_no_original_that_is_gone()
    {
        var (_, replica) = await PairAsync();
        var surroundings = new Surroundings(FolderDisk.Existing(replica), TimeProvider.System, new ThreadWorkers(), SystemEntropy.Fill);
        var promotion = new ReplicaPromotion(surroundings, new(), path => throw new DiskException(DiskFault.Denied, path));

        var refused = await Assert.ThrowsAsync<PromotionRefusedException>(async () => await promotion.RunAsync(Promotion.SameLog, Cancellation));

        Assert.Contains("cannot be looked at, for want of permission", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_promotes_a_replica_that_is_open_or_a_folder_that_holds_none()
    {
        var (original, replica) = await PairAsync();
        var lineage = (await SegmentReplica.FindAsync(replica, Cancellation))!.Lineage;

        await using (await SegmentReplica.OpenAsync(replica, lineage, cancellation: Cancellation))
            await Assert.ThrowsAsync<StoreInUseException>(async () => await SegmentReplica.PromoteAsync(replica, Promotion.NewEpoch, cancellation: Cancellation));
        var none = await Assert.ThrowsAsync<PromotionRefusedException>(async () => await SegmentReplica.PromoteAsync(original, Promotion.NewEpoch, cancellation: Cancellation));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentReplica.PromoteAsync(folders.Next(), Promotion.NewEpoch, cancellation: Cancellation));

        Assert.Contains("holds no replica", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_promotion_that_was_cut_short_is_finished_by_the_next_and_takes_no_other_course()
    {
        var (original, replica) = await PairAsync();
        var (lineage, mark) = ((await SegmentReplica.FindAsync(replica, Cancellation))!.Lineage, Path.Combine(replica, ReplicaMark.FileName));
        var bytes = await File.ReadAllBytesAsync(mark, Cancellation);
        await SegmentReplica.PromoteAsync(replica, Promotion.NewEpoch, cancellation: Cancellation);
        await File.WriteAllBytesAsync(mark, bytes, Cancellation);
        Assert.True((await SegmentReplica.FindAsync(replica, Cancellation))!.IsPromoting);

        Assert.Contains("is becoming a log of its own", await RefusedAsync(replica), StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreIsReplicaException>(async () => await SegmentEventStore.OpenAsync(replica, cancellation: Cancellation));
        var refused = await Assert.ThrowsAsync<ReplicaRefusedException>(async () => await SegmentReplica.OpenAsync(replica, lineage, original, cancellation: Cancellation));
        var head = await SegmentReplica.PromoteAsync(replica, Promotion.NewEpoch, cancellation: Cancellation);

        Assert.Contains("is becoming a log of its own", refused.Message, StringComparison.Ordinal);
        Assert.Equal((2, 3L), (head.Lineage.Epoch, head.Position.Value));
        await AppendAsync(replica);
    }

    [Fact]
    public async Task A_replica_of_the_promoted_log_is_another_one()
    {
        var (original, replica) = await PairAsync();
        var other = folders.Next();
        await CopyAsync(original, other);
        await SegmentReplica.PromoteAsync(replica, Promotion.NewEpoch, cancellation: Cancellation);

        await Assert.ThrowsAsync<ReplicaRefusedException>(() => CopyAsync(replica, other));
    }

    private async Task<(string Original, string Replica)> PairAsync()
    {
        var (original, replica) = (folders.Next(), folders.Next());
        for (var number = 0; number < 3; number++)
            await AppendAsync(original);
        await CopyAsync(original, replica);
        return (original, replica);
    }

    private static async Task AppendAsync(string folder)
    {
        await using var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        Assert.IsType<AppendResult.Appended>(await store.AppendAsync(new EventData("s", "t", default)));
    }

    private static async Task CopyAsync(string source, string folder)
    {
        await using var reader = await SegmentEventReader.OpenAsync(source, cancellation: Cancellation);
        await using var replica = await SegmentReplica.OpenAsync(folder, (await reader.HeadAsync(Cancellation)).Lineage, source, cancellation: Cancellation);
        await Replication.CopyAsync(reader, replica, null, Cancellation);
    }

    // Refused by the look alone and by the promotion itself, and still a replica.
    private static async Task<string> RefusedAsync(string replica)
    {
        var look = await Assert.ThrowsAsync<PromotionRefusedException>(async () => await SegmentReplica.CheckPromotionAsync(replica, Promotion.SameLog, Cancellation));
        var refused = await Assert.ThrowsAsync<PromotionRefusedException>(async () => await SegmentReplica.PromoteAsync(replica, Promotion.SameLog, cancellation: Cancellation));
        Assert.Equal(look.Message, refused.Message);
        Assert.NotNull(await SegmentReplica.FindAsync(replica, Cancellation));
        return refused.Message;
    }

    private static async Task<CheckpointRefusedException?> RefusalAsync(SegmentEventStore store, Checkpoint after)
    {
        try
        {
            await store.SubscribeAsync(new(EventFilter.All) { After = after }, Cancellation).FirstAsync(Cancellation);
            return null;
        }
        catch (CheckpointRefusedException refused)
        {
            return refused;
        }
    }

    private static async Task<RecordedEvent[]> AllAsync(IEventReader log) => await log.ReadEventsAsync(ReadRequest.All, Cancellation).ToArrayAsync(Cancellation);
}
