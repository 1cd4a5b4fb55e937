namespace Clew.Store.Segments.Indexes;

/// <summary>
/// Names and the events that carry them, in memory: an open-addressed table of names, and for each a chain of events from the latest
/// back. One writer; readers take a chain under the owner's lock and walk it outside, because what a chain holds never changes.
/// </summary>
internal sealed class KeyTable
{
    private const int NamesBits = 13;
    private const int NamesBytes = 1 << NamesBits;

    private int[] slots = new int[64];
    private readonly ChunkedList<Key> keys = new();
    private readonly ChunkedList<Link> links = new();
    private readonly List<byte[]> names = [];
    private int nameBytes = NamesBytes;

    public int KeyCount => keys.Count;

    /// <summary>Adds an event to a name.</summary>
    /// <param name="hash">The name's.</param>
    /// <param name="name">UTF-8.</param>
    /// <param name="ordinal">Higher than all before.</param>
    /// <param name="version">For a stream, the version that the event brought it to.</param>
    /// <returns>Which of the names it is.</returns>
    public int Add(ulong hash, ReadOnlySpan<byte> name, int ordinal, long version = 0)
    {
        var index = Find(hash, name);
        if (index < 0)
            index = NewKey(hash, name);

        ref var key = ref keys[index];
        if (key.Count == 0)
            key.FirstVersion = version;
        links.Add(new(ordinal, key.Last));
        key.Last = links.Count - 1;
        key.Count++;
        return index;
    }

    /// <summary>Takes the last addition back; it must have been of this name.</summary>
    public void RemoveLast(ulong hash, ReadOnlySpan<byte> name)
    {
        ref var key = ref keys[Find(hash, name)];
        key.Last = links[key.Last].Before;
        key.Count--;
        links.RemoveLast();
    }

    /// <summary>The events of a name up to an ordinal, the latest first.</summary>
    public Chain ChainOf(ulong hash, ReadOnlySpan<byte> name, int upTo) => Find(hash, name) is var index and >= 0 ? ChainOf(index, upTo) : default;

    public Chain ChainOf(int index, int upTo = int.MaxValue)
    {
        var key = keys[index];
        var (at, skipped) = (key.Last, 0);
        while (at >= 0 && links[at].Ordinal > upTo)
        {
            at = links[at].Before;
            skipped++;
        }

        return new(links, at, key.Count - skipped, key.FirstVersion);
    }

    public ulong HashOf(int index) => keys[index].Hash;

    /// <returns>Which of the names it is; -1 where it is none.</returns>
    public int Find(ulong hash, ReadOnlySpan<byte> name)
    {
        for (var slot = (int)hash & (slots.Length - 1); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            ref var key = ref keys[slots[slot] - 1];
            if (key.Hash == hash && names[key.Name >> NamesBits].AsSpan(key.Name & (NamesBytes - 1), key.NameBytes).SequenceEqual(name))
                return slots[slot] - 1;
        }

        return -1;
    }

    private int NewKey(ulong hash, ReadOnlySpan<byte> name)
    {
        if (nameBytes + name.Length > NamesBytes)
        {
            names.Add(new byte[NamesBytes]);
            nameBytes = 0;
        }

        if (KeyCount * 2 >= slots.Length)
            Rehash();

        name.CopyTo(names[^1].AsSpan(nameBytes));
        keys.Add(new() { Hash = hash, Name = ((names.Count - 1) << NamesBits) + nameBytes, NameBytes = name.Length, Last = -1 });
        nameBytes += name.Length;
        Place(KeyCount - 1);
        return KeyCount - 1;
    }

    private void Rehash()
    {
        slots = new int[slots.Length * 2];
        for (var index = 0; index < KeyCount; index++)
            Place(index);
    }

    private void Place(int index)
    {
        var slot = (int)keys[index].Hash & (slots.Length - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (slots.Length - 1);
        slots[slot] = index + 1;
    }

    internal readonly record struct Link(int Ordinal, int Before);

    private struct Key
    {
        public ulong Hash;
        public long FirstVersion;
        public int Name;
        public int NameBytes;
        public int Last;
        public int Count;
    }
}

/// <summary>The events of one name, walked from the latest back.</summary>
internal struct Chain(ChunkedList<KeyTable.Link> links, int at, int count, long firstVersion)
{
    /// <summary>How many events are left.</summary>
    public int Count { get; private set; } = count;

    /// <summary>For a stream, the version that the current event brought it to.</summary>
    public readonly long Version => firstVersion + Count - 1;

    /// <summary>The ordinal of the current event; -1 where none is left.</summary>
    public readonly int Ordinal => Count == 0 ? -1 : links[at].Ordinal;

    /// <summary>Goes back to the latest event that is not after the ordinal.</summary>
    public void SeekBack(int ordinal)
    {
        while (Count > 0 && links[at].Ordinal > ordinal)
        {
            at = links[at].Before;
            Count--;
        }
    }

    /// <summary>The ordinals after one, in ascending order.</summary>
    public readonly int[] After(int ordinal)
    {
        var walk = this;
        var found = 0;
        for (; walk.Ordinal > ordinal; walk.SeekBack(walk.Ordinal - 1))
            found++;

        var ordinals = new int[found];
        for (walk = this; found > 0; walk.SeekBack(walk.Ordinal - 1))
            ordinals[--found] = walk.Ordinal;

        return ordinals;
    }
}
