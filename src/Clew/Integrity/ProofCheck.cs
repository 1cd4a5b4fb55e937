using Clew.Events;

namespace Clew.Integrity;

/// <summary>What a proof is worth to somebody who knows some keys.</summary>
public abstract record ProofCheck
{
    private ProofCheck()
    {
    }

    /// <summary>It holds, if the keys that signed its seal are to be believed.</summary>
    /// <param name="Seal">The seal that it leads to; of two seals, the newer one.</param>
    /// <param name="Keys">The known keys that signed it, each once; never empty. Whose signature is enough is for the caller to say.</param>
    public sealed record Valid(Seal Seal, IReadOnlyList<NoteKey> Keys) : ProofCheck
    {
        /// <inheritdoc/>
        public bool Equals(Valid? other) => other is not null && Seal == other.Seal && Keys.SequenceEqual(other.Keys);

        /// <inheritdoc/>
        public override int GetHashCode() => Seal.GetHashCode();
    }

    /// <summary>It proves nothing.</summary>
    /// <param name="Fault">The first thing that is wrong with it.</param>
    /// <param name="Why">The same as a sentence for people.</param>
    public sealed record Invalid(ProofFault Fault, string Why) : ProofCheck;

    /// <returns>Why the seal is worth nothing; otherwise the known keys that signed it.</returns>
    internal static (Invalid? Fault, IReadOnlyList<NoteKey> Keys) Of(Seal seal, IReadOnlyList<INoteVerifier> known, string? origin, string name)
    {
        if (origin is not null && seal.Origin != origin)
            return (new(ProofFault.AnotherLog, $"The {name} is of the log {Names.Shown(seal.Origin)}, and {Names.Shown(origin)} was asked for."), []);

        return seal.Check(known) switch
        {
            NoteCheck.SignedBy signed => (null, signed.Keys),
            NoteCheck.WrongSignature wrong => (new(
                ProofFault.WrongSignature,
                $"The {name}'s signature in the name of the key {Names.Shown(wrong.Key.Name)} is wrong: " +
                "the seal was changed, or somebody else signed it."), []),
            _ => (new(
                ProofFault.NoKnownSignature,
                $"No known key has signed the {name}; it has a signature in the name of {Names.Shown(seal.Note.Signatures[0].KeyName)}."), []),
        };
    }

    internal static Invalid WrongLength(int has, int needs, string where)
    {
        var (fault, what) = has < needs ? (ProofFault.PathTooShort, "some are missing") : (ProofFault.PathTooLong, "some are too many");
        return new(fault, $"The proof has {has} hashes, and {where} it needs {needs}: {what}.");
    }
}

/// <summary>What can be wrong with a proof.</summary>
public enum ProofFault
{
    /// <summary>The seal is of another log than the one that was asked for, or two seals are of different logs.</summary>
    AnotherLog,

    /// <summary>No known key has signed a seal.</summary>
    NoKnownSignature,

    /// <summary>A signature in the name of a known key is not that key's.</summary>
    WrongSignature,

    /// <summary>The event is not at the position that the proof is for, or the sealed log does not reach so far.</summary>
    WrongPosition,

    /// <summary>There are fewer hashes than the sizes ask for.</summary>
    PathTooShort,

    /// <summary>There are more hashes than the sizes ask for.</summary>
    PathTooLong,

    /// <summary>The hashes lead to another root than the sealed one.</summary>
    WrongRoot,
}
