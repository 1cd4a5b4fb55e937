namespace Clew.Integrity;

/// <summary>
/// The right edge of a Merkle tree that grows: the roots of the full subtrees that its leaves make up, the largest first. One more leaf
/// costs one node on average.
/// </summary>
internal sealed class MerkleFrontier
{
    private readonly List<Digest> full = [];

    public MerkleFrontier()
    {
    }

    private MerkleFrontier(MerkleFrontier other)
    {
        full.AddRange(other.full);
        Count = other.Count;
    }

    /// <summary>How many leaves it has.</summary>
    public long Count { get; private set; }

    public void Add(Digest leaf) => Add(leaf, 0);

    /// <summary>Adds a full subtree of 2^height leaves; the leaves before it are a multiple of that.</summary>
    public void Add(Digest root, int height)
    {
        for (var level = height; (Count >> level & 1) == 1; level++)
        {
            root = Merkle.Node(full[^1], root);
            full.RemoveAt(full.Count - 1);
        }

        full.Add(root);
        Count += 1L << height;
    }

    /// <summary>The root of what was added, and of some more leaves that stay outside.</summary>
    public Digest RootWith(ReadOnlySpan<Digest> more)
    {
        var edge = new MerkleFrontier(this);
        foreach (var leaf in more)
            edge.Add(leaf);

        return edge.Root();
    }

    public Digest Root()
    {
        if (full.Count == 0)
            return Merkle.Empty;

        var root = full[^1];
        for (var index = full.Count - 2; index >= 0; index--)
            root = Merkle.Node(full[index], root);

        return root;
    }
}
