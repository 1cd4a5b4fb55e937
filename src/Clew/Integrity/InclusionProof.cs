namespace Clew.Integrity;

/// <summary>Shows that an event is in the log of a size (RFC 9162, section 2.1.3).</summary>
/// <param name="Index">The leaf's, from 0: the event's position less one.</param>
/// <param name="Size">How many events the tree covers.</param>
/// <param name="Path">The siblings on the way from the leaf to the root.</param>
public sealed record InclusionProof(long Index, long Size, IReadOnlyList<Digest> Path)
{
    /// <summary>Whether it shows that the leaf is in the tree with this root.</summary>
    public bool Holds(Digest leaf, Digest root) => Merkle.RootOf(leaf, Index, Size, Path) == root;
}
