using Clew.Events;
using Clew.Store;
using Clew.Store.Segments.Indexes;
using Clew.Sweep.Commands;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class IndexFileTests
{
    private static readonly Guid LogId = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    private static readonly Gen<int[]> Lengths = Gen.Int[1, 30].Array[1, 5];

    [Fact]
    public Task A_file_made_of_a_tail_finds_what_a_dictionary_finds() => IndexedLog.Any.SampleAsync(async log =>
    {
        var (_, file) = await FileAsync(new MemoryDisk(), 1, log.Source);
        await CheckAsync(log, file);
    }, iter: 60);

    [Fact]
    public Task A_file_merged_of_several_in_tiers_finds_what_a_dictionary_finds() =>
        Gen.Select(IndexedLog.Any, Lengths, Gen.Int[2, 8]).SampleAsync(async (log, lengths, fanIn) =>
        {
            var disk = new MemoryDisk();
            var tier = new List<IndexFile>();
            foreach (var part in log.Cut(lengths))
                tier.Add((await FileAsync(disk, (ulong)tier.Count + 1, part.Source)).File);

            for (var round = 1ul; tier.Count > 1; round++)
                tier = await MergedAsync(disk, tier, fanIn, round * 1_000);

            await CheckAsync(log, tier[0]);
        }, iter: 60);

    [Fact]
    public async Task A_file_of_many_events_and_names_is_found_through_all_its_blocks()
    {
        var log = IndexedLog.Large(events: 6_000);
        var (disk, file) = await FileAsync(new MemoryDisk(), 1, log.Source);

        await CheckAsync(log, file);
        Assert.True(file.Header.Sections[(int)IndexKind.Stream].Keys > 4 * IndexSection.KeysPerBlock);
        Assert.All(file.Header.Sections[..(int)IndexKind.Id], section => Assert.True(section.ListEntries > IndexSection.ListEntriesPerBlock));
        Assert.Equal(disk[file.Name].Length, file.Bytes);
    }

    [Fact]
    public Task A_damaged_block_is_named_and_never_believed() => Gen.Select(IndexedLog.Any, Gen.Int[0, IndexBlocks.Bytes - 1], Gen.Int[0, 7]).SampleAsync(
        async (log, offset, bit) =>
        {
            var (disk, whole) = await FileAsync(new MemoryDisk(), 1, log.Source);
            for (var block = 0; block < whole.Header.Blocks; block++)
            {
                var damaged = disk.Copy();
                damaged.Flip(whole.Name, (block * IndexBlocks.Bytes) + offset, bit);
                var file = await IndexFile.OpenAsync(damaged, whole.Name, LogId, new BlockCache(1 << 20));
                if (block == 0)
                {
                    Assert.Null(file);
                    continue;
                }

                var corrupted = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await file!.ReadAsync(block, 0, new byte[1]));
                Assert.Equal(whole.Name, corrupted.Damage.File);
                Assert.Equal((long)block * IndexBlocks.Bytes, corrupted.Damage.Offset);
                Assert.Contains("delete this file", corrupted.Message, StringComparison.Ordinal);
                await IsRightOrNamedAsync(log, file!);
            }
        }, iter: 10);

    [Fact]
    public Task A_block_of_another_place_or_another_file_is_not_believed() => IndexedLog.Any.SampleAsync(async log =>
    {
        var (disk, file) = await FileAsync(new MemoryDisk(), 1, log.Source);
        var (otherDisk, other) = await FileAsync(new MemoryDisk(), 2, log.Source);
        var swapped = disk.Copy();
        swapped.Put(file.Name, IndexBlocks.Bytes, disk[file.Name].AsSpan(2 * IndexBlocks.Bytes, IndexBlocks.Bytes));
        var foreign = disk.Copy();
        foreign.Put(file.Name, IndexBlocks.Bytes, otherDisk[other.Name].AsSpan(IndexBlocks.Bytes, IndexBlocks.Bytes));

        foreach (var damaged in new[] { swapped, foreign })
        {
            var opened = await IndexFile.OpenAsync(damaged, file.Name, LogId, new BlockCache(1 << 20));
            await Assert.ThrowsAsync<StoreCorruptedException>(async () => await opened!.ReadAsync(1, 0, new byte[1]));
        }
    }, iter: 10);

    [Fact]
    public async Task A_file_that_is_cut_off_of_another_log_or_under_another_name_is_no_index()
    {
        var (disk, file) = await FileAsync(new MemoryDisk(), 1, IndexedLog.Large(events: 50).Source);
        var bytes = disk[file.Name];
        var other = IndexFileHeader.ParseName(file.Name)!.Value is var (first, last) ? $"{first:D20}-{last + 1:D20}.idx" : "";
        disk[other] = bytes;

        Assert.Null(await IndexFile.OpenAsync(disk, other, LogId, new BlockCache(1 << 20)));
        Assert.Null(await IndexFile.OpenAsync(disk, file.Name, Guid.Empty, new BlockCache(1 << 20)));
        foreach (var length in new[] { 0, 1, IndexBlocks.Bytes - 1, IndexBlocks.Bytes, bytes.Length - 1 })
        {
            disk[file.Name] = bytes[..length];
            Assert.Null(await IndexFile.OpenAsync(disk, file.Name, LogId, new BlockCache(1 << 20)));
        }
    }

    [Fact]
    public Task A_file_that_lies_under_right_checksums_is_no_index_is_named_or_stays_within_its_stretch() =>
        Gen.Select(IndexedLog.Any, Gen.Frequency((1, Gen.Const(0)), (1, Gen.Int[1, 30])), Gen.Int[0, 300], Gen.Byte.Array[1, 12]).SampleAsync(
            async (log, block, offset, lie) =>
            {
                var (disk, whole) = await FileAsync(new MemoryDisk(), 1, log.Source);
                var bytes = disk[whole.Name];
                var sealedBlock = bytes.AsMemory(block % whole.Header.Blocks * IndexBlocks.Bytes, IndexBlocks.Bytes);
                lie.CopyTo(sealedBlock[(block == 0 ? 32 + (offset % 230) : offset)..]);
                IndexBlocks.Seal(sealedBlock.Span, whole.Header.Nonce, block % whole.Header.Blocks);
                disk[whole.Name] = bytes;

                if (await IndexFile.OpenAsync(disk, whole.Name, LogId, new BlockCache(1 << 20)) is { } file)
                    await StaysWithinAsync(log, file);
            }, iter: 1_000);

    private static async Task<(MemoryDisk Disk, IndexFile File)> FileAsync(MemoryDisk disk, ulong nonce, params IReadOnlyList<IIndexSource> sources)
    {
        var name = await new IndexFileWriter(disk, LogId, nonce, () => default).WriteAsync(sources);
        return (disk, (await IndexFile.OpenAsync(disk, name, LogId, new BlockCache(1 << 20)))!);
    }

    private static async Task<List<IndexFile>> MergedAsync(MemoryDisk disk, List<IndexFile> files, int fanIn, ulong nonce)
    {
        var merged = new List<IndexFile>();
        foreach (var chunk in files.Chunk(fanIn))
            merged.Add((await FileAsync(disk, nonce++, [.. chunk.Select(file => new FileSource(file))])).File);
        return merged;
    }

    private static async Task CheckAsync(IndexedLog log, IndexFile file)
    {
        Assert.Equal((log.First, log.Last, log.End), (file.First, file.Last, file.Header.End));
        var ids = log.Records.Select(record => EventRecord.Id(record)).ToArray();
        Assert.Equal((ids.Min(), ids.Max()), (file.Header.LowestId, file.Header.HighestId));

        foreach (var kind in Enum.GetValues<IndexKind>())
        {
            var expected = new Dictionary<ulong, List<long>>();
            foreach (var position in log.Positions)
            {
                foreach (var hash in IndexedLog.HashesOf(log.At(position), kind))
                    (expected.TryGetValue(hash, out var positions) ? positions : expected[hash] = []).Add(position);
            }

            Assert.Equal(expected.Count, file.Header.Sections[(int)kind].Keys);
            foreach (var (hash, positions) in expected)
                Assert.Equal(positions, await TailIndexTests.PositionsAsync(await file.FindAsync(kind, hash)));
            foreach (var absent in new[] { 0UL, 1UL, ulong.MaxValue, ulong.MaxValue / 2 }.Where(hash => !expected.ContainsKey(hash)))
                Assert.Equal(0, (await file.FindAsync(kind, absent)).Count);
        }

        var offsets = new uint[log.Records.Count];
        await file.OffsetsAsync(log.First, offsets);
        Assert.Equal(Enumerable.Range(0, offsets.Length).Select(ordinal => IndexedLog.OffsetOf(ordinal)), offsets);
        await file.OffsetsAsync(log.Last, offsets.AsMemory(0, 1));
        Assert.Equal(IndexedLog.OffsetOf(log.Records.Count - 1), offsets[0]);
    }

    private static async Task StaysWithinAsync(IndexedLog log, IndexFile file)
    {
        const int enough = 1_000;
        foreach (var name in IndexedLog.Names)
        {
            try
            {
                var postings = await file.FindAsync(name.Kind, name.Hash);
                for (var index = 0L; index < Math.Min(postings.Count, enough); index++)
                    Assert.InRange(await postings.AtAsync(index), log.First, log.Last);
            }
            catch (StoreCorruptedException corrupted)
            {
                Assert.Equal(file.Name, corrupted.Damage.File);
            }
        }
    }

    private static async Task IsRightOrNamedAsync(IndexedLog log, IndexFile file)
    {
        foreach (var name in IndexedLog.Names)
        {
            try
            {
                Assert.Equal(log.WithHash(name.Kind, name.Hash), await TailIndexTests.PositionsAsync(await file.FindAsync(name.Kind, name.Hash)));
            }
            catch (StoreCorruptedException corrupted)
            {
                Assert.Equal(file.Name, corrupted.Damage.File);
            }
        }
    }
}
