using System.Diagnostics.CodeAnalysis;

namespace Clew.Integrity;

// A text in the manner of c2sp.org/tlog-proof:
//
//   clew/consistency-proof/v1
//   the hashes of the proof, one a line, in base64
//   (empty)
//   the older seal
//   (empty)
//   the newer seal

/// <summary>
/// Shows that a log only grew between two seals, to anybody who has the log's public key and nothing else: both seals, and the way from one
/// to the other.
/// </summary>
/// <remarks>What it says must be believed only after <see cref="Check(IReadOnlyList{INoteVerifier}, string?)"/> has found it valid.</remarks>
public sealed class ConsistencyProofFile
{
    private const string FirstLine = "clew/consistency-proof/v1";

    /// <summary>A proof, made of what a log knows.</summary>
    /// <param name="older">The seal that somebody holds.</param>
    /// <param name="newer">A later one of the same log.</param>
    /// <param name="path">The hashes that lead from one to the other.</param>
    public ConsistencyProofFile(Seal older, Seal newer, IReadOnlyList<Digest> path)
    {
        ArgumentNullException.ThrowIfNull(older);
        ArgumentNullException.ThrowIfNull(newer);
        ArgumentNullException.ThrowIfNull(path);
        Older = older;
        Newer = newer;
        Consistency = new(older.Head.Size, newer.Head.Size, path);
    }

    /// <summary>The seal that somebody holds.</summary>
    public Seal Older { get; }

    /// <summary>The later one.</summary>
    public Seal Newer { get; }

    /// <summary>The way from one to the other.</summary>
    public ConsistencyProof Consistency { get; }

    /// <summary>Takes a proof apart.</summary>
    /// <param name="bytes">All of it, and nothing else.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="fault">What is wrong with the bytes.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ConsistencyProofFile? proof, [NotNullWhen(false)] out string? fault)
    {
        proof = null;
        fault = FaultOf(bytes, ref proof);
        return fault is null;
    }

    /// <summary>Checks that the newer seal's log continues the older one's, and who signed both.</summary>
    /// <param name="known">The keys that are believed, any one of which is enough for each seal.</param>
    /// <param name="origin">Which log it must be; without it, any log that one of the keys seals.</param>
    public ProofCheck Check(IReadOnlyList<INoteVerifier> known, string? origin = null) => Check(known, known, origin);

    /// <summary>The same across a key rotation, where each seal has its own keys: one that has handed over is not believed for the newer seal.</summary>
    /// <param name="older">The keys that are believed for the older seal (<see cref="KeySuccession.KeysAt"/>).</param>
    /// <param name="newer">Those for the newer one.</param>
    /// <param name="origin">Which log it must be; without it, any log that one of the keys seals.</param>
    public ProofCheck Check(IReadOnlyList<INoteVerifier> older, IReadOnlyList<INoteVerifier> newer, string? origin = null)
    {
        ArgumentNullException.ThrowIfNull(older);
        ArgumentNullException.ThrowIfNull(newer);
        var (olderFault, _) = ProofCheck.Of(Older, older, origin, "older seal");
        var (newerFault, keys) = ProofCheck.Of(Newer, newer, Older.Origin, "newer seal");
        return olderFault ?? newerFault ?? PathFault() ?? (ProofCheck)new ProofCheck.Valid(Newer, keys);
    }

    /// <summary>The whole proof, as it is kept and sent.</summary>
    public override string ToString() => $"{FirstLine}\n{PathText.Of(Consistency.Path)}{Older}\n{Newer}";

    private static string? FaultOf(ReadOnlySpan<byte> bytes, ref ConsistencyProofFile? proof)
    {
        var lines = new Lines(bytes);
        if (!lines.MoveNext() || !lines.Current.SequenceEqual("clew/consistency-proof/v1"u8))
            return $"the first line of the proof is not {FirstLine}";
        if (PathText.FaultOf(ref lines, out var path) is { } pathFault)
            return pathFault;
        if (!SignedNote.TrySplit(lines.Rest, out var first, out var second))
            return "the proof has no two seals with an empty line between them";
        if (!Seal.TryParse(first, out var older, out var olderFault))
            return $"its older seal is none: {olderFault}";
        if (!Seal.TryParse(second, out var newer, out var newerFault))
            return $"its newer seal is none: {newerFault}";

        proof = new(older, newer, path);
        return null;
    }

    private ProofCheck.Invalid? PathFault()
    {
        var (older, newer) = (Older.Head, Newer.Head);
        if (Consistency.PathLength is not { } needs)
            return new(ProofFault.WrongPosition, $"The older seal covers {older.Size} events, and the newer one only {newer.Size}.");
        if (Consistency.Path.Count != needs)
            return ProofCheck.WrongLength(Consistency.Path.Count, needs, $"from {older.Size} to {newer.Size} events");
        if (!Consistency.Verify(older.Root, newer.Root))
            return new(ProofFault.WrongRoot, "The hashes do not lead from the older root to the newer one: one of them is wrong, or the log was changed.");

        return null;
    }
}
