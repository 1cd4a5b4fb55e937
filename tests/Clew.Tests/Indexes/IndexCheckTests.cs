using System.Buffers.Binary;
using Clew.Store;
using Clew.Store.Segments.Indexes;
using Clew.Sweep.Commands;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class IndexCheckTests
{
    private const int HeaderListEntries = 144 + 24;

    private static readonly Guid LogId = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

    [Fact]
    public Task A_file_merged_of_several_has_the_sum_of_one_that_was_made_at_once() =>
        Gen.Select(IndexedLog.Any, Gen.Int[1, 30].Array[1, 5]).SampleAsync(async (log, lengths) =>
        {
            var disk = new MemoryDisk();
            var parts = new List<IIndexSource>();
            foreach (var part in log.Cut(lengths))
                parts.Add(new FileSource(await FileAsync(disk, (ulong)parts.Count + 1, part.Source)));
            var merged = await FileAsync(disk, 1_000, parts);
            var whole = await FileAsync(new MemoryDisk(), 1, log.Source);

            Assert.True((await SumAsync(whole)).Equals(await SumAsync(merged)));
        }, iter: 60);

    [Fact]
    public Task A_file_in_which_two_numbers_changed_places_has_another_sum_or_contradicts_itself() =>
        Gen.Select(IndexedLog.Any, Gen.Int[0, int.MaxValue], Gen.Int[0, 1_019], Gen.Int[0, 1_019]).SampleAsync(async (log, chosen, first, second) =>
        {
            var disk = new MemoryDisk();
            var whole = await FileAsync(disk, 1, log.Source);
            var sum = await SumAsync(whole);
            var blocks = Enumerable.Range(1, whole.Header.Blocks - 1).Where(number => !IsFilter(whole, number)).ToArray();
            var number = blocks[chosen % blocks.Length];
            var isSame = false;
            Rewrite(disk, whole.Name, number, block => isSame = !Swap(block, first * sizeof(uint), second * sizeof(uint)));
            if (isSame)
                return;

            var file = (await IndexFile.OpenAsync(disk, whole.Name, LogId, new BlockCache(1 << 20)))!;
            try
            {
                Assert.False(sum.Equals(await SumAsync(file)));
            }
            catch (StoreCorruptedException noticed)
            {
                Assert.Equal(whole.Name, noticed.Damage.File);
            }
        }, iter: 500);

    [Fact]
    public async Task Lists_with_a_gap_between_them_are_named()
    {
        var (disk, name, section) = await LargeAsync();
        Rewrite(disk, name, section.KeysBlock, block =>
        {
            var key = Enumerable.Range(0, 200).Select(entry => entry * IndexSection.KeyBytes).First(at => IndexFile.ReadKey(block.AsSpan(at)).Events > 1);
            block[key + 12]++;
        });

        Assert.Contains("are not listed behind those of the key before", await FaultAsync(disk, name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_is_not_in_order_is_named()
    {
        var (disk, name, section) = await LargeAsync();
        Rewrite(disk, name, section.ListBlock, block => Swap(block, 100 * sizeof(uint), 101 * sizeof(uint)));

        Assert.Contains("are not in order", await FaultAsync(disk, name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_is_longer_than_its_keys_say_is_named()
    {
        var (disk, name, section) = await LargeAsync();
        Rewrite(disk, name, 0, block => BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(HeaderListEntries), section.ListEntries + 1));

        Assert.Contains($"it lists {section.ListEntries + 1} events for its Stream keys, which have {section.ListEntries}", await FaultAsync(disk, name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_damaged_block_is_named()
    {
        var (disk, name, _) = await LargeAsync();
        var blocks = disk[name].Length / IndexBlocks.Bytes;
        for (var number = 1; number < blocks; number++)
        {
            var damaged = disk.Copy();
            damaged.Flip(name, (number * IndexBlocks.Bytes) + (number % IndexBlocks.Bytes), number % 8);
            var file = (await IndexFile.OpenAsync(damaged, name, LogId, new BlockCache(1 << 20)))!;

            var noticed = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SumAsync(file));

            Assert.Equal((long)number * IndexBlocks.Bytes, noticed.Damage.Offset);
        }
    }

    private static async Task<(MemoryDisk Disk, string Name, IndexSection Streams)> LargeAsync()
    {
        var disk = new MemoryDisk();
        var file = await FileAsync(disk, 1, IndexedLog.Large(events: 6_000).Source);
        return (disk, file.Name, file.Header.Sections[(int)IndexKind.Stream]);
    }

    private static async Task<string> FaultAsync(MemoryDisk disk, string name)
    {
        var file = (await IndexFile.OpenAsync(disk, name, LogId, new BlockCache(1 << 20)))!;
        return (await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SumAsync(file))).Message;
    }

    private static async Task<IndexFile> FileAsync(MemoryDisk disk, ulong nonce, params IReadOnlyList<IIndexSource> sources)
    {
        var name = await new IndexFileWriter(disk, LogId, nonce, () => default).WriteAsync(sources);
        return (await IndexFile.OpenAsync(disk, name, LogId, new BlockCache(1 << 20)))!;
    }

    private static async Task<IndexSum> SumAsync(IndexFile file)
    {
        var sum = new IndexSum();
        await new IndexCheck(file, sum).RunAsync(TestContext.Current.CancellationToken);
        return sum;
    }

    private static bool IsFilter(IndexFile file, int number) =>
        file.Header.Sections.Any(section => number >= section.FilterBlock && number < section.ListBlock);

    private static bool Swap(byte[] block, int first, int second)
    {
        var (one, other) = (block[first..(first + sizeof(uint))], block[second..(second + sizeof(uint))]);
        other.CopyTo(block, first);
        one.CopyTo(block, second);
        return !one.SequenceEqual(other);
    }

    // With a right checksum, as if a fault of Clew had written it.
    private static void Rewrite(MemoryDisk disk, string name, int number, Action<byte[]> rewrite)
    {
        var block = disk[name].AsSpan(number * IndexBlocks.Bytes, IndexBlocks.Bytes).ToArray();
        rewrite(block);
        IndexBlocks.Seal(block, BinaryPrimitives.ReadUInt64LittleEndian(disk[name].AsSpan(8)), number);
        disk.Put(name, number * IndexBlocks.Bytes, block);
    }
}
