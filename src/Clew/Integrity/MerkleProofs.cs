namespace Clew.Integrity;

/// <summary>Shows that an event is in a log: the hashes beside the way from its leaf to the root (RFC 9162, section 2.1.3).</summary>
/// <param name="Index">The event's position less one.</param>
/// <param name="Size">How many events the log had.</param>
/// <param name="Path">From the leaf's sibling up to the root's child; at most 63.</param>
public sealed record InclusionProof(long Index, long Size, IReadOnlyList<Digest> Path)
{
    /// <summary>How many hashes it must have; none where the event lies outside of the log.</summary>
    internal int? PathLength => Index >= 0 && Index < Size ? Merkle.InclusionPath(Index, Size).Count : null;

    /// <summary>Whether the event is in the log.</summary>
    /// <param name="leaf">The event's; see <see cref="EventProof.LeafOf"/>.</param>
    /// <param name="root">The log's at this size.</param>
    public bool Verify(Digest leaf, Digest root) => Merkle.RootOf(leaf, Index, Size, Path) == root;

    /// <inheritdoc/>
    public bool Equals(InclusionProof? other) =>
        other is not null && Index == other.Index && Size == other.Size && Path.SequenceEqual(other.Path);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Index, Size, Path.Count);
}

/// <summary>
/// Shows that a log only grew: that what it held at one size is the beginning of what it holds at another (RFC 9162, section 2.1.4).
/// </summary>
/// <param name="OlderSize">How many events the log had.</param>
/// <param name="NewerSize">How many it has.</param>
/// <param name="Path">The hashes that lead from the older root to the newer one; at most 64.</param>
public sealed record ConsistencyProof(long OlderSize, long NewerSize, IReadOnlyList<Digest> Path)
{
    /// <summary>How many hashes it must have; none where the older log is the larger one.</summary>
    internal int? PathLength =>
        OlderSize < 0 || OlderSize > NewerSize ? null
        : OlderSize == 0 || OlderSize == NewerSize ? 0
        : Merkle.ConsistencyPath(OlderSize, NewerSize).Count;

    /// <summary>Whether the log only grew.</summary>
    /// <param name="olderRoot">Its root at the older size.</param>
    /// <param name="newerRoot">Its root at the newer size.</param>
    public bool Verify(Digest olderRoot, Digest newerRoot) =>
        OlderSize == 0
            ? VerifyFromNothing(olderRoot, newerRoot)
            : Merkle.RootsOf(OlderSize, NewerSize, olderRoot, Path) == (olderRoot, newerRoot);

    /// <inheritdoc/>
    public bool Equals(ConsistencyProof? other) =>
        other is not null && OlderSize == other.OlderSize && NewerSize == other.NewerSize && Path.SequenceEqual(other.Path);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(OlderSize, NewerSize, Path.Count);

    // RFC 9162 asks for no such proof: every log continues the one that holds nothing.
    private bool VerifyFromNothing(Digest olderRoot, Digest newerRoot) =>
        Path.Count == 0 && olderRoot == Merkle.Empty && (NewerSize > 0 || (NewerSize == 0 && newerRoot == Merkle.Empty));
}

/// <summary>The hashes of a proof as text: one a line, in base64, from the bottom up, and an empty line behind them.</summary>
internal static class PathText
{
    // A log of as many events as a position can count needs no more.
    private const int HashesMax = 64;

    public static string Of(IReadOnlyList<Digest> path) =>
        string.Concat(path.Select(hash => $"{Canonical.TextOf(hash)}\n")) + "\n";

    public static string? FaultOf(ref Lines lines, out IReadOnlyList<Digest> path)
    {
        var hashes = new List<Digest>();
        path = hashes;
        while (lines.MoveNext())
        {
            if (lines.Current.IsEmpty)
                return null;
            if (!Canonical.TryDigest(lines.Current, out var hash))
                return $"line {lines.Number} of the proof is no hash: {Digest.Bytes} bytes in base64";
            if (hashes.Count == HashesMax)
                return $"the proof has more than {HashesMax} hashes, and no log needs as many";
            hashes.Add(hash);
        }

        return "the proof ends before the empty line behind its hashes";
    }
}
