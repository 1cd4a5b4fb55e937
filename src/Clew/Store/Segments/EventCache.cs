using System.Numerics;
using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// Keeps copies of records that were read one by one, because their neighbours in a stream lie far away in the log: a stream that is read
/// again then costs no calls of the system. What came first goes first. Safe for any number of threads.
/// </summary>
internal sealed class EventCache
{
    private const int ShardBytesMin = 1024 * 1024;
    private const int ShardsMax = 8;

    // Fibonacci hashing: the high bits of the product spread positions that lie regularly.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly Shard[] shards;

    public EventCache(long bytesMax)
    {
        shards = new Shard[Math.Clamp((int)BitOperations.RoundUpToPowerOf2((ulong)bytesMax / ShardBytesMin), 1, ShardsMax)];
        for (var index = 0; index < shards.Length; index++)
            shards[index] = new(bytesMax / shards.Length);
    }

    /// <returns>A copy of the checked record of an event; null where it is not kept.</returns>
    public byte[]? Find(long position) => ShardOf(position).Find(position);

    /// <param name="record">Checked.</param>
    public void Add(ReadOnlySpan<byte> record) => ShardOf(EventRecord.Position(record)).Add(record);

    private Shard ShardOf(long position) => shards[(int)((ulong)position * Spread >> 32) & (shards.Length - 1)];

    /// <summary>
    /// Records one after the other in a ring of chunks, and a table of where they lie. An entry of the table is outdated, and counts as
    /// none, once the ring has come round to its record.
    /// </summary>
    private sealed class Shard
    {
        private const int ChunkBytes = 128 * 1024;
        private const int RecordBytesMax = ChunkBytes / 2;
        private const int EntryBytes = 24;
        private const int RecordBytesExpected = 232;

        private readonly Lock gate = new();
        private readonly int chunkBytes;
        private readonly byte[]?[] chunks;

        // Made when there is something to keep.
        private Entry[] entries = [];
        private long end;

        public Shard(long bytesMax)
        {
            var recordBytes = bytesMax * RecordBytesExpected / (RecordBytesExpected + (2 * EntryBytes));
            chunkBytes = (int)Math.Min(ChunkBytes, recordBytes);
            chunks = new byte[]?[chunkBytes == 0 ? 0 : (int)(recordBytes / chunkBytes)];
        }

        private long RingBytes => (long)chunks.Length * chunkBytes;

        public byte[]? Find(long position)
        {
            lock (gate)
            {
                return entries.Length > 0 && EntryOf(position) is { Length: > 0 } entry ? BytesAt(entry.At, entry.Length).ToArray() : null;
            }
        }

        public void Add(ReadOnlySpan<byte> record)
        {
            if (record.Length > Math.Min(chunkBytes, RecordBytesMax))
                return;

            lock (gate)
            {
                if (entries.Length == 0)
                    entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, RingBytes / RecordBytesExpected))];

                var position = EventRecord.Position(record);
                if (EntryOf(position).Length > 0)
                    return;

                var slot = SlotOf(position);
                var at = Place(record.Length);
                record.CopyTo(BytesAt(at, record.Length));
                entries[IsCurrent(slot) && !IsCurrent(slot ^ 1) ? slot ^ 1 : slot] = new(position, at, record.Length);
            }
        }

        // No record lies across the end of a chunk.
        private long Place(int length)
        {
            var at = end % chunkBytes + length > chunkBytes ? ((end / chunkBytes) + 1) * chunkBytes : end;
            chunks[at / chunkBytes % chunks.Length] ??= GC.AllocateUninitializedArray<byte>(chunkBytes);
            end = at + length;
            return at;
        }

        private Span<byte> BytesAt(long at, int length) =>
            chunks[at / chunkBytes % chunks.Length].AsSpan((int)(at % chunkBytes), length);

        private Entry EntryOf(long position)
        {
            var slot = SlotOf(position);
            return IsOf(position, slot) ? entries[slot] : IsOf(position, slot ^ 1) ? entries[slot ^ 1] : default;
        }

        private bool IsOf(long position, int slot) => entries[slot].Position == position && IsCurrent(slot);

        private bool IsCurrent(int slot) => entries[slot].Length > 0 && entries[slot].At >= end - RingBytes;

        private int SlotOf(long position) =>
            (int)((ulong)position * Spread >> (64 - BitOperations.Log2((uint)entries.Length)));
    }

    private readonly record struct Entry(long Position, long At, int Length);
}
