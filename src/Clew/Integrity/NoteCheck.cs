namespace Clew.Integrity;

/// <summary>What the signatures of a note are worth to somebody who knows some keys.</summary>
public abstract record NoteCheck
{
    private NoteCheck()
    {
    }

    /// <summary>Every signature of a known key is right, and there is one.</summary>
    /// <param name="Keys">The known keys that signed it, in the order of the note, each once; never empty.</param>
    public sealed record SignedBy(IReadOnlyList<NoteKey> Keys) : NoteCheck
    {
        /// <inheritdoc/>
        public bool Equals(SignedBy? other) => other is not null && Keys.SequenceEqual(other.Keys);

        /// <inheritdoc/>
        public override int GetHashCode() => Keys.Count;
    }

    /// <summary>No known key signed it: it says nothing to who asks.</summary>
    public sealed record ByNobodyKnown : NoteCheck;

    /// <summary>A signature in the name of a known key is not that key's: the note was changed, or forged.</summary>
    /// <param name="Key">The first such key.</param>
    public sealed record WrongSignature(NoteKey Key) : NoteCheck;
}
