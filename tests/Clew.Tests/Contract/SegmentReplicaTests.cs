using System.Collections.Concurrent;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Contract;

public sealed class SegmentReplicaTests : EventReplicaContract, IDisposable
{
    private static readonly SegmentStoreOptions SmallSegments = new() { SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin };

    private readonly TestFolder folders = new();
    private readonly ConcurrentDictionary<IEventReplica, string> folderOf = [];

    public void Dispose() => folders.Dispose();

    private protected override ValueTask<IEventReplica> OpenAsync(Lineage lineage) => OpenAsync(folders.Next(), lineage);

    private protected override async ValueTask<IEventReplica> ReopenAsync(IEventReplica replica, Lineage lineage)
    {
        await replica.DisposeAsync();
        Assert.True(folderOf.TryRemove(replica, out var folder));
        return await OpenAsync(folder, lineage);
    }

    private async ValueTask<IEventReplica> OpenAsync(string folder, Lineage lineage)
    {
        var replica = await SegmentReplica.OpenAsync(folder, lineage, options: SmallSegments, cancellation: Cancellation);
        folderOf[replica] = folder;
        return replica;
    }

    [Fact]
    public async Task The_folder_of_a_replica_takes_no_appends_and_is_read_like_any_store()
    {
        var folder = await ReplicaAsync();
        var before = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToList();

        var refused = await Assert.ThrowsAsync<StoreIsReplicaException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);

        Assert.Contains($"{folder} holds a replica of the log", refused.Message, StringComparison.Ordinal);
        Assert.Contains("clew follow --promote", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(folder).Order(StringComparer.Ordinal));
        Assert.Equal(6, (await EventsAsync(reader)).Length);
        Assert.True(report.IsSound);
        Assert.Empty(report.Notes);
    }

    [Fact]
    public async Task A_store_of_its_own_is_no_replica_and_is_left_as_it_is()
    {
        var folder = folders.Next();
        await using (var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation))
            await store.AppendAsync(new EventData("s", "t", default));

        var refused = await Assert.ThrowsAsync<ReplicaRefusedException>(async () => await SegmentReplica.OpenAsync(folder, new(Guid.NewGuid(), 1), cancellation: Cancellation));

        Assert.Contains("is a store of its own", refused.Message, StringComparison.Ordinal);
        await using var again = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        Assert.IsType<AppendResult.Appended>(await again.AppendAsync(new EventData("s", "t", default)));
    }

    [Fact]
    public async Task A_replica_of_another_log_or_of_another_life_of_it_is_refused()
    {
        var folder = await ReplicaAsync();
        var found = await SegmentReplica.FindAsync(folder, Cancellation);

        foreach (var other in new[] { new(Guid.NewGuid(), 1), found!.Lineage with { Epoch = 2 } })
        {
            var refused = await Assert.ThrowsAsync<ReplicaRefusedException>(async () => await SegmentReplica.OpenAsync(folder, other, cancellation: Cancellation));
            Assert.Contains($"is a replica of the log {found.Lineage}, and this is {other}", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_source_itself_is_no_replica_of_it_by_whichever_path()
    {
        var folder = await ReplicaAsync();
        var link = folders.Next();
        Directory.CreateSymbolicLink(link, folder);
        var lineage = (await SegmentReplica.FindAsync(folder, Cancellation))!.Lineage;

        foreach (var path in new[] { folder, link })
        {
            var refused = await Assert.ThrowsAsync<ReplicaRefusedException>(async () => await SegmentReplica.OpenAsync(folder, lineage, path, cancellation: Cancellation));
            Assert.Contains("is the source itself", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_folder_of_other_things_is_left_as_it_is()
    {
        var folder = Directory.CreateDirectory(folders.Next()).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "letter.txt"), "mine", Cancellation);

        await Assert.ThrowsAsync<StoreFormatException>(async () => await SegmentReplica.OpenAsync(folder, new(Guid.NewGuid(), 1), cancellation: Cancellation));

        Assert.Equal(["letter.txt"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_source_that_is_not_there_makes_no_replica()
    {
        var (folder, source) = (folders.Next(), folders.Next());

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentReplica.OpenAsync(folder, new(Guid.NewGuid(), 1), source, cancellation: Cancellation));

        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_second_process_at_one_replica_is_refused()
    {
        await using var source = await LogAsync();
        var (folder, lineage) = (folders.Next(), await LineageAsync(source));
        await using var first = await SegmentReplica.OpenAsync(folder, lineage, cancellation: Cancellation);

        await Assert.ThrowsAsync<StoreInUseException>(async () => await SegmentReplica.OpenAsync(folder, lineage, cancellation: Cancellation));

        await first.ReplicateAsync(await EventsAsync(source), Cancellation);
    }

    [Fact]
    public async Task What_a_replica_says_of_itself_follows_its_source_when_that_moves()
    {
        await using var log = await LogAsync();
        var (folder, lineage) = (folders.Next(), await LineageAsync(log));
        var (first, second) = (Directory.CreateDirectory(folders.Next()).FullName, Directory.CreateDirectory(folders.Next()).FullName);
        Assert.Null(await SegmentReplica.FindAsync(folder, Cancellation));

        await (await SegmentReplica.OpenAsync(folder, lineage, cancellation: Cancellation)).DisposeAsync();
        Assert.Equal(new ReplicaState(lineage, null, null, false), await SegmentReplica.FindAsync(folder, Cancellation));
        await (await SegmentReplica.OpenAsync(folder, lineage, first, cancellation: Cancellation)).DisposeAsync();
        Assert.Equal(new ReplicaState(lineage, first, first, false), await SegmentReplica.FindAsync(folder, Cancellation));
        await (await SegmentReplica.OpenAsync(folder, lineage, second, cancellation: Cancellation)).DisposeAsync();
        Assert.Equal(new ReplicaState(lineage, second, second, false), await SegmentReplica.FindAsync(folder, Cancellation));
    }

    [Fact]
    public async Task The_original_of_a_replica_of_a_replica_is_the_log_and_not_the_replica_between()
    {
        await using var log = await LogAsync();
        var lineage = await LineageAsync(log);
        var original = Directory.CreateDirectory(folders.Next()).FullName;
        var (between, last) = (folders.Next(), folders.Next());
        await (await SegmentReplica.OpenAsync(between, lineage, original, cancellation: Cancellation)).DisposeAsync();

        await (await SegmentReplica.OpenAsync(last, lineage, between, cancellation: Cancellation)).DisposeAsync();

        Assert.Equal(new ReplicaState(lineage, between, original, false), await SegmentReplica.FindAsync(last, Cancellation));
    }

    [Fact]
    public async Task A_mark_that_is_damaged_is_named_and_the_folder_stays_closed_to_appends()
    {
        var folder = await ReplicaAsync();
        var mark = Path.Combine(folder, ReplicaMark.FileName);
        var bytes = await File.ReadAllBytesAsync(mark, Cancellation);
        bytes[20] ^= 1;
        await File.WriteAllBytesAsync(mark, bytes, Cancellation);

        foreach (var open in new Func<Task>[]
        {
            async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation),
            async () => await SegmentReplica.OpenAsync(folder, new(Guid.NewGuid(), 1), cancellation: Cancellation),
            async () => await SegmentReplica.FindAsync(folder, Cancellation),
            async () => await SegmentReplica.PromoteAsync(folder, Promotion.NewEpoch, cancellation: Cancellation),
        })
        {
            Assert.Equal(ReplicaMark.FileName, (await Assert.ThrowsAsync<StoreCorruptedException>(open)).Damage.File);
        }

        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        Assert.Equal(6, (await EventsAsync(reader)).Length);
    }

    [Fact]
    public async Task Batches_that_are_larger_than_a_segment_or_a_group_are_replicated()
    {
        await using var source = new InMemoryEventStore();
        foreach (var bytes in new[] { 10, 200_000, 5_000_000, 10, 7_000_000, 10 })
            await source.AppendAsync([new EventData("s", "t", new byte[bytes]), new EventData("s", "t", new byte[bytes / 2])]);
        await using var replica = await OpenAsync(await LineageAsync(source));

        await replica.ReplicateAsync(await EventsAsync(source), Cancellation);

        Assert.Equal(await EventsAsync(source), await EventsAsync(replica));
    }

    [Fact]
    public async Task What_the_log_erases_is_erased_in_a_replica_that_has_it_and_comes_erased_into_one_that_has_not()
    {
        await using var source = await LogAsync();
        var events = await EventsAsync(source);
        var (first, folder) = (folders.Next(), folders.Next());
        await using var early = await SegmentReplica.OpenAsync(first, await LineageAsync(source), cancellation: Cancellation);
        await early.ReplicateAsync(events, Cancellation);
        Assert.IsType<EraseResult.Erased>(await source.EraseAsync(new(new EraseTarget.Position(new(2))) { Reason = "r", By = "b" }, Cancellation));
        await source.AppendAsync([new EventData("after", "t", "1"u8.ToArray())]);

        await Replication.CopyAsync(source, early, cancellation: Cancellation);
        await using var late = await SegmentReplica.OpenAsync(folder, await LineageAsync(source), cancellation: Cancellation);
        await Replication.CopyAsync(source, late, cancellation: Cancellation);

        Assert.True((await EventsAsync(early))[1].IsErased);
        Assert.Equal(await EventsAsync(source), await EventsAsync(early));
        Assert.Equal(await EventsAsync(source), await EventsAsync(late));
        var root = Integrity.NaiveTree.Of(await EventsAsync(source)).Root((await source.HeadAsync(Cancellation)).Position.Value);
        Assert.Equal((root, root), ((await early.TreeHeadAsync(cancellation: Cancellation)).Root, (await late.TreeHeadAsync(cancellation: Cancellation)).Root));
        Assert.False(File.Exists(Path.Combine(first, ErasureJournal.FileName)));
        Assert.True((await SegmentStoreVerification.RunAsync(first, cancellation: Cancellation)).IsSound);
    }

    private async Task<string> ReplicaAsync()
    {
        await using var source = await LogAsync();
        var folder = folders.Next();
        await using var replica = await SegmentReplica.OpenAsync(folder, await LineageAsync(source), cancellation: Cancellation);
        await replica.ReplicateAsync(await EventsAsync(source), Cancellation);
        return folder;
    }
}
