using System.Diagnostics.CodeAnalysis;
using Clew.Events;

namespace Clew.Integrity;

/// <summary>The seals and key rotations of a log, one after the other: how a store keeps them, in a file that only grows.</summary>
/// <remarks>
/// Each note is followed by one empty line, by which it counts: what follows the last one was torn off by a crash, and a writer may cut it
/// off. A note that is there again, countersigned, adds its signatures to the first one.
/// </remarks>
public sealed class SealBook
{
    private readonly List<Seal> seals = [];
    private readonly List<KeyRotation> rotations = [];
    private readonly Dictionary<string, int> placeOf = [];

    private SealBook()
    {
    }

    /// <summary>The seals in the order of their first appearance, each once, with the signatures of all its copies.</summary>
    public IReadOnlyList<Seal> Seals => seals;

    /// <summary>The rotations in the order of their first appearance, each once.</summary>
    public IReadOnlyList<KeyRotation> Rotations => rotations;

    /// <summary>How many bytes hold whole notes with the empty line behind each.</summary>
    public int WholeBytes { get; private set; }

    /// <summary>Takes a book apart.</summary>
    /// <param name="bytes">All of it; it may be empty.</param>
    /// <param name="book">The book.</param>
    /// <param name="fault">What is wrong with which note. A last note that was torn off is no fault.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SealBook? book, [NotNullWhen(false)] out string? fault)
    {
        var read = new SealBook();
        while (SignedNote.TrySplit(bytes[read.WholeBytes..], out var note, out var rest))
        {
            if (read.Add(note) is not { } found)
            {
                read.WholeBytes = bytes.Length - rest.Length;
                continue;
            }

            // A crash may also leave zeros where the last note was to be.
            if (rest.IsEmpty && note.Contains((byte)0))
                break;

            (book, fault) = (null, $"the note from byte {read.WholeBytes:N0} on: {found}");
            return false;
        }

        (book, fault) = (read, null);
        return true;
    }

    /// <summary>What is appended to a book for a seal, or for a copy of it with more signatures.</summary>
    public static string EntryOf(Seal seal)
    {
        ArgumentNullException.ThrowIfNull(seal);
        return $"{seal}\n";
    }

    /// <summary>What is appended to a book for a rotation.</summary>
    public static string EntryOf(KeyRotation rotation)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        return $"{rotation}\n";
    }

    /// <summary>Follows the rotations from a key that is trusted, in the order of the book.</summary>
    /// <param name="trusted">The key, known from elsewhere than from this book.</param>
    /// <param name="origin">The log's; rotations of others do not count.</param>
    /// <param name="verifierOf">Makes the verifier of a key; null where it cannot check signatures of that type.</param>
    public KeySuccession KeysFrom(NoteKey trusted, string origin, Func<NoteKey, INoteVerifier?> verifierOf)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(verifierOf);
        var terms = new List<KeyTerm> { new(trusted, From: 0, Last: null) };
        var refused = new List<RefusedRotation>();
        var followed = new HashSet<NoteKey> { trusted };
        foreach (var rotation in rotations.Where(rotation => rotation.Origin == origin && followed.Contains(rotation.OldKey)))
        {
            var current = terms[^1];
            if ((followed.Contains(rotation.NewKey) ? "It leads back to a key that had handed over." : Refusal(rotation, current, verifierOf)) is { } why)
            {
                refused.Add(new(rotation, why));
                continue;
            }

            terms[^1] = current with { Last = rotation.Last.Size };
            terms.Add(new(rotation.NewKey, rotation.Last.Size, Last: null));
            followed.Add(rotation.NewKey);
        }

        return new(terms, refused);
    }

    private static string? Refusal(KeyRotation rotation, KeyTerm current, Func<NoteKey, INoteVerifier?> verifierOf)
    {
        var next = $"{Names.Shown(rotation.NewKey.Name)} ({rotation.NewKey.Id:x8})";
        if (!rotation.IsSignedByBoth(verifierOf))
            return $"The rotation to the key {next} is not signed by both keys, or nobody here can check them.";
        if (rotation.OldKey != current.Key)
            return $"The rotation to the key {next} is signed by a key that had handed over to another one before.";
        if (rotation.Last.Size < current.From)
            return $"The rotation to the key {next} ends the old key's time at {rotation.Last.Size:N0} events, and it began at {current.From:N0}.";

        return null;
    }

    private string? Add(ReadOnlySpan<byte> bytes)
    {
        if (!SignedNote.TryParse(bytes, out var note, out var fault))
            return fault;
        if (KeyRotation.IsOne(note))
            return AddRotation(note);

        Seal? seal = null;
        fault = Seal.FaultOf(note, ref seal);
        return fault ?? Merge(seals, seal!, note, (first, more) => first.With(more));
    }

    private string? AddRotation(SignedNote note)
    {
        KeyRotation? rotation = null;
        return KeyRotation.FaultOf(note, ref rotation) ?? Merge(rotations, rotation!, note, (first, more) => first.With(more));
    }

    private string? Merge<T>(List<T> kept, T one, SignedNote note, Func<T, IReadOnlyList<NoteSignature>, T?> with)
        where T : class
    {
        if (placeOf.TryAdd(note.Text, kept.Count))
        {
            kept.Add(one);
            return null;
        }

        var place = placeOf[note.Text];
        if (with(kept[place], note.Signatures) is not { } merged)
            return $"with its copies before it has more than {SignedNote.SignaturesMax} signatures or {SignedNote.BytesMax:N0} bytes";

        kept[place] = merged;
        return null;
    }
}
