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

    // Made when there is something to keep.
    private byte[]?[]? slots;
    private long bytes;
    private int hand;

    /// <returns>The checked record of an event; null where it is not kept.</returns>
    public byte[]? Find(long position)
    {
        if (Volatile.Read(ref slots) is not { } all)
            return null;

        var slot = SlotOf(all, position);
        return In(all, slot, position) ?? In(all, slot ^ 1, position);
    }

    /// <param name="record">A checked record at the start of a buffer of its own.</param>
    public void Add(byte[] record)
    {
        if (record.Length > Math.Min(bytesMax, RecordBytesMax))
            return;

        var all = Slots();
        Put(all, FreeSlot(all, EventRecord.Position(record)), record);
        while (Volatile.Read(ref bytes) > bytesMax)
            Put(all, Interlocked.Increment(ref hand) & (all.Length - 1), null);
    }

    private byte[]?[] Slots()
    {
        if (Volatile.Read(ref slots) is null)
            Interlocked.CompareExchange(ref slots, new byte[]?[(int)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(2, bytesMax / SlotBytes))], null);
        return slots!;
    }

    // Its own, where it is known already; else one of its two, the empty one first.
    private static int FreeSlot(byte[]?[] all, long position)
    {
        var slot = SlotOf(all, position);
        if (In(all, slot, position) is not null)
            return slot;
        if (In(all, slot ^ 1, position) is not null)
            return slot ^ 1;

        return all[slot] is not null && all[slot ^ 1] is null ? slot ^ 1 : slot;
    }

    private static byte[]? In(byte[]?[] all, int slot, long position) =>
        Volatile.Read(ref all[slot]) is { } record && EventRecord.Position(record) == position ? record : null;

    private void Put(byte[]?[] all, int slot, byte[]? record)
    {
        var before = Interlocked.Exchange(ref all[slot], record);
        Interlocked.Add(ref bytes, TakenBy(record) - TakenBy(before));
    }

    private static int TakenBy(byte[]? record) => record is null ? 0 : record.Length + OverheadBytes;

    // Fibonacci hashing: the high bits of the product spread positions that lie regularly.
    private static int SlotOf(byte[]?[] all, long position) =>
        (int)((ulong)position * 0x9E3779B97F4A7C15 >> (64 - BitOperations.Log2((uint)all.Length)));
}
