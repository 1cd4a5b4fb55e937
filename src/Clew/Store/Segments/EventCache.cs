using System.Numerics;
using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// Keeps records that were read one by one, because their neighbours in a stream lie far away in the log: a stream that is read again
/// then costs no calls of the system. Safe for any number of threads; a slot is taken and given up as a whole.
/// </summary>
internal sealed class EventCache(long bytesMax)
{
    private const int SlotBytes = 256;
    private const int RecordBytesMax = 64 * 1024;
    private const int OverheadBytes = 24;

    private readonly byte[]?[] slots = new byte[]?[(int)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(2, bytesMax / SlotBytes))];
    private long bytes;
    private int hand;

    /// <returns>The checked record of an event; null where it is not kept.</returns>
    public byte[]? Find(long position)
    {
        var slot = SlotOf(position);
        return In(slot, position) ?? In(slot ^ 1, position);
    }

    /// <param name="record">A checked record at the start of a buffer of its own.</param>
    public void Add(byte[] record)
    {
        if (record.Length > RecordBytesMax)
            return;

        Put(FreeSlot(EventRecord.Position(record)), record);
        while (Volatile.Read(ref bytes) > bytesMax)
            Put(Interlocked.Increment(ref hand) & (slots.Length - 1), null);
    }

    // Its own, where it is known already; else one of its two, the empty one first.
    private int FreeSlot(long position)
    {
        var slot = SlotOf(position);
        if (In(slot, position) is not null)
            return slot;
        if (In(slot ^ 1, position) is not null)
            return slot ^ 1;

        return slots[slot] is not null && slots[slot ^ 1] is null ? slot ^ 1 : slot;
    }

    private byte[]? In(int slot, long position) =>
        Volatile.Read(ref slots[slot]) is { } record && EventRecord.Position(record) == position ? record : null;

    private void Put(int slot, byte[]? record)
    {
        var before = Interlocked.Exchange(ref slots[slot], record);
        Interlocked.Add(ref bytes, TakenBy(record) - TakenBy(before));
    }

    private static int TakenBy(byte[]? record) => record is null ? 0 : record.Length + OverheadBytes;

    // Fibonacci hashing: the high bits of the product spread positions that lie regularly.
    private int SlotOf(long position) => (int)((ulong)position * 0x9E3779B97F4A7C15 >> (64 - BitOperations.Log2((uint)slots.Length)));
}
