using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class BlockCacheTests
{
    private const int Slots = 16;

    [Fact]
    public void It_never_holds_more_than_it_may_and_never_gives_another_block() =>
        Gen.Select(Gen.ULong[1, 3], Gen.Int[0, 40], Gen.Bool).Array[1, 400].Sample(steps =>
        {
            var cache = new BlockCache(Slots * IndexBlocks.Bytes);
            var blocks = new Dictionary<(ulong, int), byte[]>();
            foreach (var (file, block, isAdd) in steps)
            {
                if (isAdd)
                    cache.Add(file, block, blocks.TryGetValue((file, block), out var known) ? known : blocks[(file, block)] = new byte[1]);
                else if (cache.Find(file, block) is { } found)
                    Assert.Same(blocks[(file, block)], found);
            }

            Assert.InRange(blocks.Keys.Count(key => cache.Find(key.Item1, key.Item2) is not null), Math.Min(1, blocks.Count), Slots);
        });

    [Fact]
    public void What_was_added_last_is_there() => Gen.Int[0, 100].Array[1, 100].Sample(added =>
    {
        var cache = new BlockCache(Slots * IndexBlocks.Bytes);
        return added.All(block =>
        {
            cache.Add(1, block, new byte[1]);
            return cache.Find(1, block) is not null;
        });
    });

    [Fact]
    public void What_is_used_stays_while_the_rest_comes_and_goes()
    {
        var cache = new BlockCache(Slots * IndexBlocks.Bytes);
        cache.Add(1, 0, new byte[1]);
        for (var block = 1; block < 1_000; block++)
        {
            Assert.NotNull(cache.Find(1, 0));
            cache.Add(1, block, new byte[1]);
        }

        Assert.Null(cache.Find(1, 1));
    }

    [Fact]
    public void A_block_added_twice_takes_one_place()
    {
        var cache = new BlockCache(Slots * IndexBlocks.Bytes);
        for (var block = 0; block < Slots; block++)
        {
            cache.Add(1, block, new byte[1]);
            cache.Add(1, block, new byte[1]);
        }

        Assert.All(Enumerable.Range(0, Slots), block => Assert.NotNull(cache.Find(1, block)));
    }
}
