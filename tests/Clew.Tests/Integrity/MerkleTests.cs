using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class MerkleTests
{
    private const int SizesMax = 1_000;

    private static readonly Digest[] Leaves = [.. Enumerable.Range(0, SizesMax).Select(number => Merkle.Leaf([(byte)number, (byte)(number >> 8)], default))];

    private static readonly NaiveTree Naive = new(Leaves);

    [Fact]
    public void The_root_of_nothing_is_the_digest_of_nothing() =>
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Merkle.Empty.ToString());

    [Fact]
    public void Each_leaf_of_each_tree_up_to_a_thousand_proves_the_root()
    {
        for (var size = 1; size <= SizesMax; size++)
        {
            var root = Naive.Root(0, size);
            for (var index = 0; index < size; index += size < 70 ? 1 : 1 + (size / 13))
                Assert.Equal(root, Merkle.RootOf(Leaves[index], index, size, Path(Merkle.InclusionPath(index, size))));
        }
    }

    [Fact]
    public void Each_tree_up_to_a_thousand_proves_that_it_continues_the_older_ones()
    {
        for (var newer = 1; newer <= SizesMax; newer++)
        {
            for (var older = 1; older <= newer; older += newer < 70 ? 1 : 1 + (newer / 13))
            {
                var roots = Merkle.RootsOf(older, newer, Naive.Root(0, older), Path(Merkle.ConsistencyPath(older, newer)));
                Assert.Equal((Naive.Root(0, older), Naive.Root(0, newer)), roots);
            }
        }
    }

    [Fact]
    public void A_path_that_is_too_short_too_long_or_changed_proves_nothing() =>
        Gen.Int[1, SizesMax].SelectMany(size => Gen.Select(Gen.Const(size), Gen.Int[0, size - 1], Gen.Int[0, 20], Gen.Int[0, 255])).Sample((size, index, at, bit) =>
        {
            var (root, path) = (Naive.Root(0, size), Path(Merkle.InclusionPath(index, size)));
            Assert.Null(Merkle.RootOf(Leaves[index], index, size, [.. path, Merkle.Empty]));
            Assert.Null(Merkle.RootOf(Leaves[index], size, size, path));
            if (path.Count == 0)
                return;

            Assert.Null(Merkle.RootOf(Leaves[index], index, size, [.. path.Skip(1)]));
            path[at % path.Count] = Flipped(path[at % path.Count], bit);
            Assert.NotEqual(root, Merkle.RootOf(Leaves[index], index, size, path));
        });

    [Fact]
    public void Leaves_added_one_by_one_have_the_root_that_the_definition_gives()
    {
        var frontier = new MerkleFrontier();
        Assert.Equal(Merkle.Empty, frontier.Root());
        for (var size = 1; size <= SizesMax; size++)
        {
            frontier.Add(Leaves[size - 1]);
            Assert.Equal(Naive.Root(0, size), frontier.Root());
        }
    }

    private static List<Digest> Path(IReadOnlyList<LeafRange> ranges) => [.. ranges.Select(range => Naive.Root(range.First, range.Count))];

    private static Digest Flipped(Digest digest, int bit)
    {
        digest[bit / 8] ^= (byte)(1 << (bit % 8));
        return digest;
    }
}
