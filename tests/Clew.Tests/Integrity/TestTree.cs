using Clew.Integrity;

namespace Clew.Tests.Integrity;

/// <summary>A Merkle tree as RFC 9162 defines it, by recursion over all its leaves.</summary>
internal sealed class TestTree(IReadOnlyList<Digest> leaves)
{
    public TreeHead Head => HeadAt(leaves.Count);

    /// <summary>Leaves that are nothing but different.</summary>
    public static TestTree Of(int size) => new(LeavesOf(size));

    /// <summary>Such leaves, but one.</summary>
    public static TestTree With(int size, int index, Digest leaf)
    {
        var leaves = LeavesOf(size);
        leaves[index] = leaf;
        return new(leaves);
    }

    public Digest Leaf(int index) => leaves[index];

    public TreeHead HeadAt(int size) => new(size, size == 0 ? Merkle.Empty : Root(0, size));

    public InclusionProof Inclusion(int index) => new(index, leaves.Count, PathOf(Merkle.InclusionPath(index, leaves.Count)));

    public ConsistencyProof Consistency(int older) => new(older, leaves.Count, older == 0 ? [] : PathOf(Merkle.ConsistencyPath(older, leaves.Count)));

    private static Digest[] LeavesOf(int size) => [.. Enumerable.Range(0, size).Select(number => Digest.Of([(byte)number, (byte)(number >> 8)]))];

    private Digest[] PathOf(IReadOnlyList<LeafRange> ranges) => [.. ranges.Select(range => Root((int)range.First, (int)range.Count))];

    private Digest Root(int first, int count)
    {
        if (count == 1)
            return leaves[first];

        var half = 1;
        while (half * 2 < count)
            half *= 2;
        return Merkle.Node(Root(first, half), Root(first + half, count - half));
    }
}
