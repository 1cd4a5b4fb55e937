using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class LogTreeTests
{
    /// <summary>More than make a node of the second level.</summary>
    private const int Many = 70_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_tree_of_a_log_without_events_has_the_root_of_nothing()
    {
        await using var store = await OpenAsync(new MemoryDisk());

        Assert.Equal(new TreeHead(0, Merkle.Empty), await store.TreeHeadAsync(cancellation: Cancellation));
        Assert.True((await store.ProveConsistencyAsync(default, cancellation: Cancellation)).Verify(Merkle.Empty, Merkle.Empty));
    }

    [Fact]
    public async Task Roots_of_every_size_up_to_a_thousand_are_those_of_the_definition()
    {
        await using var store = await FilledAsync(new MemoryDisk(), 1_000);
        var naive = NaiveTree.Of(await AllAsync(store));

        for (var size = 0; size <= 1_000; size++)
            Assert.Equal(new TreeHead(size, naive.Root(size)), await store.TreeHeadAsync(new(size), Cancellation));
    }

    [Fact]
    public async Task Proofs_of_a_long_log_are_those_of_the_definition_with_and_without_the_file_of_the_tree()
    {
        var disk = new MemoryDisk();
        await using var store = await FilledAsync(disk, Many);
        await store.TreeFiledAsync(Many, Cancellation);
        var naive = NaiveTree.Of(await AllAsync(store));

        await CheckProofsAsync(store, naive, proofs: 100);
        disk.Remove(TreeFile.FileName);
        await CheckProofsAsync(store, naive, proofs: 2);
    }

    [Fact]
    public async Task An_entry_of_the_tree_that_is_damaged_or_cut_off_is_computed_from_the_events()
    {
        var disk = new MemoryDisk();
        await using var store = await FilledAsync(disk, Many);
        await store.TreeFiledAsync(Many, Cancellation);
        var expected = await store.TreeHeadAsync(cancellation: Cancellation);
        var whole = disk[TreeFile.FileName];

        await Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 7], Gen.Bool).SampleAsync(
            async (at, bit, isCut) =>
            {
                disk[TreeFile.FileName] = isCut ? whole[..at] : whole;
                if (!isCut)
                    disk.Flip(TreeFile.FileName, at, bit);
                Assert.Equal(expected, await store.TreeHeadAsync(cancellation: Cancellation));
            },
            iter: 20,
            threads: 1);
    }

    [Fact]
    public async Task The_next_writer_goes_on_with_a_tree_whose_end_is_torn()
    {
        var disk = new MemoryDisk();
        TreeHead expected;
        await using (var store = await FilledAsync(disk, Many))
        {
            await store.TreeFiledAsync(Many, Cancellation);
            expected = await store.TreeHeadAsync(cancellation: Cancellation);
        }

        var whole = disk[TreeFile.FileName];
        await Gen.Int[0, whole.Length - 1].SampleAsync(
            async at =>
            {
                var torn = disk.Copy();
                torn[TreeFile.FileName] = [.. whole[..at], .. new byte[whole.Length - at]];
                torn.Forget();
                await using var store = await OpenAsync(torn);
                await store.TreeFiledAsync(Many, Cancellation);
                Assert.Equal(whole, torn[TreeFile.FileName]);
                Assert.Equal(expected, await store.TreeHeadAsync(cancellation: Cancellation));
            },
            iter: 10,
            threads: 1);
    }

    [Fact]
    public async Task A_tree_of_another_course_of_the_log_is_made_anew()
    {
        var disk = new MemoryDisk();
        await using (var before = await FilledAsync(disk, 400))
        {
        }

        var (one, other) = (disk.Copy(), disk.Copy());
        one.Forget();
        other.Forget();
        await using (var store = await FilledAsync(one, 1_000))
            await store.TreeFiledAsync(1_400, Cancellation);

        await using var diverged = await FilledAsync(other, 500);
        await diverged.DisposeAsync();
        other[TreeFile.FileName] = one[TreeFile.FileName];
        other.Forget();
        await using var reopened = await OpenAsync(other);
        await reopened.TreeFiledAsync(900, Cancellation);

        Assert.Equal(NaiveTree.Of(await AllAsync(reopened)).Root(900), (await reopened.TreeHeadAsync(cancellation: Cancellation)).Root);
    }

    [Fact]
    public async Task A_reader_in_another_process_gives_the_roots_and_proofs_of_the_writer()
    {
        var disk = new MemoryDisk();
        await using var store = await FilledAsync(disk, 3_000);
        await using var reader = await SegmentEventReader.OpenAsync(Surroundings(disk), new(), Cancellation);

        Assert.Equal(await store.TreeHeadAsync(cancellation: Cancellation), await reader.TreeHeadAsync(cancellation: Cancellation));
        await CheckProofsAsync(reader, NaiveTree.Of(await AllAsync(store)), proofs: 20);
    }

    [Fact]
    public async Task Roots_over_events_of_all_lengths_are_those_of_the_definition()
    {
        int[] lengths = [0, 5_000, 300_000, 1, 3_900, 4_100, 70_000, 2];
        await using var store = await OpenAsync(new MemoryDisk());
        for (var number = 0; number < 300; number++)
            await store.AppendAsync(new AppendBatch([new EventData("s", "counted", new byte[lengths[number % lengths.Length]])]), Cancellation);

        Assert.Equal(NaiveTree.Of(await AllAsync(store)).Root(300), (await store.TreeHeadAsync(cancellation: Cancellation)).Root);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(11, 11)]
    [InlineData(5, 4)]
    [InlineData(5, 11)]
    public async Task What_the_log_does_not_hold_is_refused(long position, long at)
    {
        await using var store = await FilledAsync(new MemoryDisk(), 10);

        var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await store.ProveInclusionAsync(new(position), new(at), Cancellation));

        Assert.StartsWith("Positions from ", refused.Message, StringComparison.Ordinal);
    }

    private static async Task CheckProofsAsync(IVerifiableLog log, NaiveTree naive, int proofs)
    {
        var head = (await log.TreeHeadAsync(cancellation: Cancellation)).Size;
        await Gen.Long[1, head].SelectMany(size => Gen.Select(Gen.Const(size), Gen.Long[1, size])).SampleAsync(
            async (size, position) =>
            {
                var (root, older) = (naive.Root(size), naive.Root(position));
                Assert.Equal(root, (await log.TreeHeadAsync(new(size), Cancellation)).Root);

                var inclusion = await log.ProveInclusionAsync(new(position), new(size), Cancellation);
                Assert.Equal(naive.Inclusion(position - 1, size), inclusion.Path);
                Assert.True(inclusion.Verify(naive.Leaf(position - 1), root));

                var consistency = await log.ProveConsistencyAsync(new(position), new(size), Cancellation);
                Assert.True(consistency.Verify(older, root));
                Assert.False(position < size && consistency.Verify(root, older));
            },
            iter: proofs,
            threads: 1);
    }

    private static Surroundings Surroundings(MemoryDisk disk) => new(disk, TimeProvider.System, new ThreadWorkers(), SystemEntropy.Fill);

    private static ValueTask<SegmentEventStore> OpenAsync(MemoryDisk disk) => SegmentEventStore.OpenAsync(Surroundings(disk), new(), Cancellation);

    private static async Task<SegmentEventStore> FilledAsync(MemoryDisk disk, int events)
    {
        var store = await OpenAsync(disk);
        foreach (var batch in Enumerable.Range(1, events).Chunk(1_000))
            await store.AppendAsync(new AppendBatch([.. batch.Select(number => new EventData($"s-{number % 7}", "counted", new byte[number % 50]))]), Cancellation);

        return store;
    }

    private static async Task<List<RecordedEvent>> AllAsync(SegmentEventStore store)
    {
        var events = new List<RecordedEvent>();
        await foreach (var page in store.ReadAsync(ReadRequest.All, Cancellation))
            events.AddRange(page.Events);

        return events;
    }
}
