using System.Runtime.InteropServices;

namespace Clew.Integrity;

/// <summary>Goes through the events of a log once, and gives the roots of the trees at some sizes on the way.</summary>
/// <param name="sizes">The sizes at which the root is wanted; in any order.</param>
internal sealed class TreeSum(IEnumerable<long> sizes)
{
    /// <summary>So many leaves are made and folded together.</summary>
    public const int TileLeaves = 256;

    private const int TileHeight = 8;

    private readonly Queue<long> wanted = new(sizes.Where(size => size > 0).Distinct().Order());
    private readonly Dictionary<long, Digest> roots = new() { [0] = Merkle.Empty };
    private readonly LeafHasher hasher = new();
    private readonly MerkleFrontier frontier = new();
    private readonly List<Digest> leaves = new(TileLeaves);
    private readonly List<Digest> tiles = [];
    private int pending;

    /// <summary>How many events it has taken.</summary>
    public long Count => frontier.Count + pending;

    /// <summary>The roots of the full tiles, in order.</summary>
    public IReadOnlyList<Digest> Tiles => tiles;

    /// <summary>Takes the next event.</summary>
    public void Add(ReadOnlySpan<byte> record)
    {
        hasher.Add(record);
        if (++pending < TileLeaves)
            return;

        TakeLeaves();
        tiles.Add(hasher.Fold(CollectionsMarshal.AsSpan(leaves)));
        frontier.Add(tiles[^1], TileHeight);
        leaves.Clear();
        pending = 0;
    }

    /// <summary>The tree over all events that were taken.</summary>
    public TreeHead Head()
    {
        TakeLeaves();
        return new(Count, frontier.RootWith(CollectionsMarshal.AsSpan(leaves)));
    }

    /// <summary>The root at one of the sizes that are wanted.</summary>
    /// <returns>Null where there were fewer events.</returns>
    public Digest? RootAt(long size)
    {
        TakeLeaves();
        return roots.TryGetValue(size, out var root) ? root : null;
    }

    private void TakeLeaves()
    {
        hasher.MoveTo(leaves);
        while (wanted.TryPeek(out var size) && size <= frontier.Count + leaves.Count)
            roots[wanted.Dequeue()] = frontier.RootWith(CollectionsMarshal.AsSpan(leaves)[..(int)(size - frontier.Count)]);
    }
}
