namespace Clew.Integrity;

/// <summary>A key, and which seals of a log it may sign.</summary>
/// <param name="Key">The key.</param>
/// <param name="From">The least size that it seals: the one at which it took over, 0 for the first key.</param>
/// <param name="Last">The greatest size that it seals: the one at which it handed over; none where it still seals.</param>
public sealed record KeyTerm(NoteKey Key, long From, long? Last)
{
    /// <summary>Whether the key may sign a seal of this size. At the size of a rotation the old key and the new one both may.</summary>
    public bool Covers(long size) => size >= From && size <= (Last ?? long.MaxValue);
}

/// <summary>A rotation that leads to no trusted key.</summary>
/// <param name="Rotation">The rotation.</param>
/// <param name="Why">A sentence for people.</param>
public sealed record RefusedRotation(KeyRotation Rotation, string Why);

/// <summary>Which keys somebody trusts for a log who trusted one of them and followed the rotations from there.</summary>
/// <param name="Terms">The keys in the order in which they took over, beginning with the one that was trusted; never empty.</param>
/// <param name="Refused">Rotations away from one of these keys that do not count. One that both keys signed means that a key was stolen.</param>
public sealed record KeySuccession(IReadOnlyList<KeyTerm> Terms, IReadOnlyList<RefusedRotation> Refused)
{
    /// <summary>The key that seals now.</summary>
    public NoteKey Current => Terms[^1].Key;

    /// <summary>The keys that may sign a seal of this size.</summary>
    public IEnumerable<NoteKey> KeysAt(long size) => Terms.Where(term => term.Covers(size)).Select(term => term.Key);
}
