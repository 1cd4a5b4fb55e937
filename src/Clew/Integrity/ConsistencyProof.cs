namespace Clew.Integrity;

/// <summary>Shows that a log only grew from one size to another: nothing before was changed, removed or moved (RFC 9162, section 2.1.4).</summary>
/// <param name="OlderSize">How many events the older tree covers.</param>
/// <param name="NewerSize">How many the newer one does; no fewer.</param>
/// <param name="Path">The nodes that lead to both roots.</param>
public sealed record ConsistencyProof(long OlderSize, long NewerSize, IReadOnlyList<Digest> Path)
{
    /// <summary>Whether it shows that the tree with the newer root continues the one with the older root.</summary>
    public bool Holds(Digest olderRoot, Digest newerRoot) =>
        OlderSize == 0
            ? NewerSize >= 0 && Path.Count == 0 && olderRoot == Merkle.Empty
            : Merkle.RootsOf(OlderSize, NewerSize, olderRoot, Path) == (olderRoot, newerRoot);
}
