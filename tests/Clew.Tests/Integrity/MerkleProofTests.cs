using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class MerkleProofTests
{
    private const int SizeMax = 300;

    private static readonly Gen<(int Size, int Index)> Place =
        Gen.Int[1, SizeMax].SelectMany(size => Gen.Select(Gen.Const(size), Gen.Int[0, size - 1]));

    [Fact]
    public void Each_leaf_proves_that_it_is_in_its_tree() =>
        Place.Sample(place =>
        {
            var tree = TestTree.Of(place.Size);
            var proof = tree.Inclusion(place.Index);
            Assert.Equal(proof.Path.Count, proof.PathLength);
            Assert.True(proof.Verify(tree.Leaf(place.Index), tree.Head.Root));
            Assert.False(proof.Verify(Flipped(tree.Leaf(place.Index)), tree.Head.Root));
            Assert.False(proof.Verify(tree.Leaf(place.Index), Flipped(tree.Head.Root)));
        });

    [Fact]
    public void Each_tree_proves_that_it_continues_each_smaller_one() =>
        Place.Sample(place =>
        {
            var tree = TestTree.Of(place.Size);
            var (older, newer) = (tree.HeadAt(place.Index), tree.Head);
            var proof = tree.Consistency(place.Index);
            Assert.Equal(proof.Path.Count, proof.PathLength);
            Assert.True(proof.Verify(older.Root, newer.Root));
            Assert.True(tree.Consistency(place.Size).Verify(newer.Root, newer.Root));
            Assert.False(proof.Verify(Flipped(older.Root), newer.Root));
            Assert.Equal(place.Index == 0, proof.Verify(older.Root, Flipped(newer.Root)));
        });

    [Fact]
    public void Nothing_but_a_log_that_holds_nothing_continues_one_that_holds_nothing_without_its_root()
    {
        Assert.True(new ConsistencyProof(0, 0, []).Verify(Merkle.Empty, Merkle.Empty));
        Assert.True(new ConsistencyProof(0, 5, []).Verify(Merkle.Empty, default));
        Assert.False(new ConsistencyProof(0, 0, []).Verify(Merkle.Empty, default));
        Assert.False(new ConsistencyProof(0, 5, []).Verify(default, default));
        Assert.False(new ConsistencyProof(0, 5, [default]).Verify(Merkle.Empty, default));
        Assert.False(new ConsistencyProof(0, -1, []).Verify(Merkle.Empty, default));
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(5, 5)]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(0, 0)]
    public void An_index_outside_of_the_tree_proves_nothing(long index, long size)
    {
        Assert.Null(new InclusionProof(index, size, []).PathLength);
        Assert.False(new InclusionProof(index, size, []).Verify(default, default));
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(6, 5)]
    [InlineData(long.MinValue, long.MaxValue)]
    public void A_log_that_shrinks_proves_nothing(long older, long newer)
    {
        Assert.Null(new ConsistencyProof(older, newer, []).PathLength);
        Assert.False(new ConsistencyProof(older, newer, []).Verify(default, default));
    }

    [Fact]
    public void The_largest_tree_needs_63_hashes_for_a_leaf_and_64_for_its_history()
    {
        Assert.Equal(63, new InclusionProof(0, long.MaxValue, []).PathLength);
        Assert.Equal(64, new ConsistencyProof(1 | (1L << 61), long.MaxValue, []).PathLength);
    }

    [Fact]
    public void Proofs_are_equal_whose_hashes_are()
    {
        Assert.Equal(TestTree.Of(9).Inclusion(3), TestTree.Of(9).Inclusion(3));
        Assert.NotEqual(TestTree.Of(9).Inclusion(3), TestTree.Of(9).Inclusion(4));
        Assert.Equal(TestTree.Of(9).Consistency(3), TestTree.Of(9).Consistency(3));
        Assert.NotEqual(TestTree.Of(9).Consistency(3), TestTree.Of(9).Consistency(4));
    }

    private static Digest Flipped(Digest digest)
    {
        digest[0] ^= 1;
        return digest;
    }
}
