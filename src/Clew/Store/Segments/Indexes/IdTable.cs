namespace Clew.Store.Segments.Indexes;

/// <summary>
/// The ids of consecutive events, in memory, and the latest place of each: an open-addressed table, made when somebody first asks. Nobody does
/// while ids ascend, or in a replica.
/// </summary>
internal sealed class IdTable(KeyHasher hasher)
{
    private readonly ChunkedList<Guid> ids = new();

    // Half of the hash, and the ordinal plus 1; 0 is free.
    private (uint Hash, int Place)[] slots = new (uint, int)[64];
    private bool isOutdated = true;

    /// <summary>By ordinal.</summary>
    public ChunkedList<Guid> Ids => ids;

    /// <summary>Adds the id of the next event.</summary>
    public void Add(Guid id)
    {
        ids.Add(id);
        if (isOutdated)
            return;

        if (ids.Count * 4 > slots.Length * 3)
            Grow();
        var hash = HashOf(id);
        slots[SlotOf(id, hash)] = (hash, ids.Count);
    }

    /// <summary>Takes the last addition back; many of them cost little more than one.</summary>
    public void RemoveLast()
    {
        ids.RemoveLast();
        isOutdated = true;
    }

    /// <returns>The ordinal of the latest event with this id; -1 where there is none.</returns>
    public int Find(Guid id)
    {
        Renew();
        return slots[SlotOf(id, HashOf(id))].Place - 1;
    }

    private void Renew()
    {
        if (!isOutdated)
            return;

        isOutdated = false;
        var length = slots.Length;
        while (ids.Count * 4 > length * 3)
            length *= 2;
        slots = new (uint, int)[length];
        for (var ordinal = 0; ordinal < ids.Count; ordinal++)
            slots[SlotOf(ids[ordinal], HashOf(ids[ordinal]))] = (HashOf(ids[ordinal]), ordinal + 1);
    }

    private uint HashOf(Guid id) => (uint)hasher.Of(id);

    // The slot that holds an id, or the free one where it belongs.
    private int SlotOf(Guid id, uint hash)
    {
        var slot = (int)hash & (slots.Length - 1);
        while (slots[slot].Place != 0 && (slots[slot].Hash != hash || ids[slots[slot].Place - 1] != id))
            slot = (slot + 1) & (slots.Length - 1);

        return slot;
    }

    private void Grow()
    {
        var before = slots;
        slots = new (uint, int)[before.Length * 2];
        foreach (var taken in before)
        {
            if (taken.Place == 0)
                continue;

            var slot = (int)taken.Hash & (slots.Length - 1);
            while (slots[slot].Place != 0)
                slot = (slot + 1) & (slots.Length - 1);
            slots[slot] = taken;
        }
    }
}
