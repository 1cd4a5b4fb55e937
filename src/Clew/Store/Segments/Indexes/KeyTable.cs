namespace Clew.Store.Segments.Indexes;

/// <summary>
/// Names and the events that carry them, in memory: an open-addressed table of names, and for each a chain of events from the latest
/// back. One writer; readers take a chain under the owner's lock and walk it outside, because what a chain holds never changes.
/// </summary>
internal sealed class KeyTable
{
    private int[] slots = new int[64];
    private Key[] keys = new Key[32];
    private Link[] links = new Link[64];
    private byte[] names = new byte[1024];
    private int linkCount;
    private int nameBytes;

    public int KeyCount { get; private set; }

    /// <summary>Adds an event to a name.</summary>
    /// <param name="hash">The name's.</param>
    /// <param name="name">UTF-8.</param>
    /// <param name="ordinal">Higher than all before.</param>
    /// <param name="version">For a stream, the version that the event brought it to.</param>
    public void Add(ulong hash, ReadOnlySpan<byte> name, int ordinal, long version = 0)
    {
        var index = Find(hash, name);
        if (index < 0)
            index = NewKey(hash, name);

        ref var key = ref keys[index];
        if (key.Count == 0)
            key.FirstVersion = version;
        if (linkCount == links.Length)
            Array.Resize(ref links, linkCount * 2);

        links[linkCount] = new(ordinal, key.Last);
        key.Last = linkCount++;
        key.Count++;
    }

    /// <summary>Takes the last addition back; it must have been of this name.</summary>
    public void RemoveLast(ulong hash, ReadOnlySpan<byte> name)
    {
        ref var key = ref keys[Find(hash, name)];
        key.Last = links[key.Last].Before;
        key.Count--;
        linkCount--;
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

    private int Find(ulong hash, ReadOnlySpan<byte> name)
    {
        for (var slot = (int)hash & (slots.Length - 1); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            ref var key = ref keys[slots[slot] - 1];
            if (key.Hash == hash && names.AsSpan(key.Name, key.NameBytes).SequenceEqual(name))
                return slots[slot] - 1;
        }

        return -1;
    }

    private int NewKey(ulong hash, ReadOnlySpan<byte> name)
    {
        if (nameBytes + name.Length > names.Length)
            Array.Resize(ref names, Math.Max(names.Length * 2, nameBytes + name.Length));
        if (KeyCount == keys.Length)
            Array.Resize(ref keys, KeyCount * 2);
        if (KeyCount * 2 >= slots.Length)
            Rehash();

        name.CopyTo(names.AsSpan(nameBytes));
        keys[KeyCount] = new() { Hash = hash, Name = nameBytes, NameBytes = name.Length, Last = -1 };
        nameBytes += name.Length;
        Place(KeyCount++);
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
internal struct Chain(KeyTable.Link[] links, int at, int count, long firstVersion)
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
