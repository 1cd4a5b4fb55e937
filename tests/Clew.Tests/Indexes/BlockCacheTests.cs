using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class BlockCacheTests
{
    private const int Slots = 16;

    [Fact]
    public void It_never_holds_more_than_it_may_and_never_gives_another_block() =>
        Gen.Select(Gen.ULong[1, 3], Gen.Int[0, 40], Gen.Bool, Gen.Int[0, IndexBlocks.Bytes - 8]).Array[1, 400].Sample(steps =>
        {
            var cache = new BlockCache(Slots * IndexBlocks.Bytes);
            var blocks = new HashSet<(ulong File, int Block)>();
            var found = new byte[8];
            foreach (var (file, block, isAdd, offset) in steps)
            {
                if (isAdd)
                    Add(cache, blocks, file, block);
                else if (cache.TryRead(file, block, offset, found))
                    Assert.Equal(BlockOf(file, block)[offset..(offset + found.Length)], found);
            }

            Assert.InRange(blocks.Count(key => Has(cache, key.File, key.Block)), Math.Min(1, blocks.Count), Slots);
        });

    [Fact]
    public void What_was_added_last_is_there() => Gen.Int[0, 100].Array[1, 100].Sample(added =>
    {
        var cache = new BlockCache(Slots * IndexBlocks.Bytes);
        return added.All(block =>
        {
            cache.Add(1, block, BlockOf(1, block));
            return Has(cache, 1, block);
        });
    });

    [Fact]
    public void What_is_used_stays_while_the_rest_comes_and_goes()
    {
        var cache = new BlockCache(Slots * IndexBlocks.Bytes);
        cache.Add(1, 0, BlockOf(1, 0));
        for (var block = 1; block < 1_000; block++)
        {
            Assert.True(Has(cache, 1, 0));
            cache.Add(1, block, BlockOf(1, block));
        }

        Assert.False(Has(cache, 1, 1));
    }

    [Fact]
    public void A_block_added_twice_takes_one_place()
    {
        var cache = new BlockCache(Slots * IndexBlocks.Bytes);
        for (var block = 0; block < Slots; block++)
        {
            cache.Add(1, block, BlockOf(1, block));
            cache.Add(1, block, BlockOf(1, block));
        }

        Assert.All(Enumerable.Range(0, Slots), block => Assert.True(Has(cache, 1, block)));
    }

    private static void Add(BlockCache cache, HashSet<(ulong, int)> blocks, ulong file, int block)
    {
        cache.Add(file, block, BlockOf(file, block));
        blocks.Add((file, block));
    }

    private static bool Has(BlockCache cache, ulong file, int block) => cache.TryRead(file, block, 0, new byte[1]);

    private static byte[] BlockOf(ulong file, int block)
    {
        var bytes = new byte[IndexBlocks.Bytes];
        new Random((int)file * 1_000 + block).NextBytes(bytes);
        return bytes;
    }
}
