using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Clew.Integrity;

/// <summary>The Merkle tree of RFC 9162, section 2.1, as pure functions over digests.</summary>
internal static class Merkle
{
    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;

    /// <summary>How much is hashed for a node.</summary>
    public const int NodeBytes = 1 + (2 * Digest.Bytes);

    /// <summary>The root of a tree without leaves: the digest of no bytes.</summary>
    public static Digest Empty { get; } = Digest.Of([]);

    /// <summary>Where a tree of so many leaves, from 2, is divided: the largest power of two below its size.</summary>
    public static long Split(long size) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(size - 1)));

    public static Digest Node(Digest left, Digest right)
    {
        Span<byte> bytes = stackalloc byte[NodeBytes];
        WriteNode(bytes, [left, right]);
        return Digest.Of(bytes);
    }

    /// <summary>What is hashed for a node, of <see cref="NodeBytes"/>.</summary>
    /// <param name="target">Takes it.</param>
    /// <param name="pair">The two nodes below it.</param>
    public static void WriteNode(Span<byte> target, ReadOnlySpan<Digest> pair)
    {
        target[0] = NodePrefix;
        MemoryMarshal.AsBytes(pair).CopyTo(target[1..]);
    }

    /// <summary>The leaf of an event.</summary>
    /// <param name="envelope">Its envelope, which stays for ever.</param>
    /// <param name="content">The digest of its salt, data and metadata.</param>
    public static Digest Leaf(ReadOnlySpan<byte> envelope, Digest content)
    {
        var rented = ArrayPool<byte>.Shared.Rent(LeafBytes(envelope.Length));
        var bytes = rented.AsSpan(0, LeafBytes(envelope.Length));
        WriteLeaf(bytes, envelope);
        content.CopyTo(bytes[^Digest.Bytes..]);
        var leaf = Digest.Of(bytes);
        ArrayPool<byte>.Shared.Return(rented);
        return leaf;
    }

    /// <summary>How much is hashed for a leaf.</summary>
    public static int LeafBytes(int envelopeBytes) => 1 + envelopeBytes + Digest.Bytes;

    /// <summary>What is hashed for a leaf, of <see cref="LeafBytes"/>, but for the digest of its content, which ends it.</summary>
    public static void WriteLeaf(Span<byte> target, ReadOnlySpan<byte> envelope)
    {
        target[0] = LeafPrefix;
        envelope.CopyTo(target[1..]);
    }

    /// <summary>
    /// The stretches of leaves whose roots prove that a leaf is in a tree, from the leaf up (RFC 9162, section 2.1.3.1).
    /// </summary>
    /// <param name="index">The leaf's, from 0.</param>
    /// <param name="size">Of the tree; more than the index.</param>
    public static IReadOnlyList<LeafRange> InclusionPath(long index, long size)
    {
        var path = new List<LeafRange>();
        var tree = new LeafRange(0, size);
        while (tree.Count > 1)
        {
            var (left, right) = tree.Divide();
            (tree, var sibling) = index < right.First ? (left, right) : (right, left);
            path.Add(sibling);
        }

        path.Reverse();
        return path;
    }

    /// <summary>The stretches whose roots prove that a tree continues an older one (RFC 9162, section 2.1.4.1).</summary>
    /// <param name="older">The older one's size, from 1.</param>
    /// <param name="newer">The newer one's size; no less.</param>
    public static IReadOnlyList<LeafRange> ConsistencyPath(long older, long newer)
    {
        var path = new List<LeafRange>();
        var tree = new LeafRange(0, newer);
        while (tree.Last + 1 != older)
        {
            var (left, right) = tree.Divide();
            (tree, var sibling) = older <= right.First ? (left, right) : (right, left);
            path.Add(sibling);
        }

        // The older root itself is known to whoever checks.
        if (tree.First > 0)
            path.Add(tree);
        path.Reverse();
        return path;
    }

    /// <summary>The root that an inclusion path leads to (RFC 9162, section 2.1.3.2).</summary>
    /// <returns>Null where the path is too long or too short for the index and the size.</returns>
    public static Digest? RootOf(Digest leaf, long index, long size, IReadOnlyList<Digest> path)
    {
        if (index < 0 || index >= size)
            return null;

        var (node, last, root) = (index, size - 1, leaf);
        foreach (var sibling in path)
        {
            if (last == 0)
                return null;

            if ((node & 1) == 1 || node == last)
            {
                root = Node(sibling, root);
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                root = Node(root, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 ? root : null;
    }

    /// <summary>The two roots that a consistency path leads to (RFC 9162, section 2.1.4.2).</summary>
    /// <returns>Null where the path does not have the length that the sizes ask for.</returns>
    public static (Digest Older, Digest Newer)? RootsOf(long older, long newer, Digest olderRoot, IReadOnlyList<Digest> path)
    {
        if (older < 1 || older > newer)
            return null;
        if (older == newer)
            return path.Count == 0 ? (olderRoot, olderRoot) : null;

        var isWhole = BitOperations.IsPow2(older);
        if (path.Count == 0 && !isWhole)
            return null;

        var (node, last) = (older - 1, newer - 1);
        while ((node & 1) == 1)
            (node, last) = (node >> 1, last >> 1);

        var at = isWhole ? 0 : 1;
        var first = isWhole ? olderRoot : path[0];
        var (oldRoot, newRoot) = (first, first);
        for (; at < path.Count; at++)
        {
            if (last == 0)
                return null;

            if ((node & 1) == 1 || node == last)
            {
                (oldRoot, newRoot) = (Node(path[at], oldRoot), Node(path[at], newRoot));
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                newRoot = Node(newRoot, path[at]);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 ? (oldRoot, newRoot) : null;
    }
}

/// <summary>Adjacent leaves of a tree that have a root of their own.</summary>
internal readonly record struct LeafRange(long First, long Count)
{
    public long Last => First + Count - 1;

    public (LeafRange Left, LeafRange Right) Divide()
    {
        var left = Merkle.Split(Count);
        return (new(First, left), new(First + left, Count - left));
    }
}
