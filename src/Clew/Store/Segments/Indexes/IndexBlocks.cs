using System.Buffers.Binary;
using Clew.Events;

namespace Clew.Store.Segments.Indexes;

// An index file is a row of blocks of 4,096 bytes. Integers are little-endian.
//
//   offset  size  field
//        0  4080  content
//     4080     8  nonce          of the file: 64 random bits
//     4088     4  block number   from 0
//     4092     4  checksum       CRC-32C of the 4,092 bytes before
internal static class IndexBlocks
{
    public const int Bytes = 4096;
    public const int ContentBytes = 4080;

    public static void Seal(Span<byte> block, ulong nonce, int number)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(block[ContentBytes..], nonce);
        BinaryPrimitives.WriteInt32LittleEndian(block[(ContentBytes + 8)..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(block[(ContentBytes + 12)..], Crc32C.Of(block[..(ContentBytes + 12)]));
    }

    public static bool IsSound(ReadOnlySpan<byte> block, ulong nonce, int number) =>
        BinaryPrimitives.ReadUInt64LittleEndian(block[ContentBytes..]) == nonce
        && BinaryPrimitives.ReadInt32LittleEndian(block[(ContentBytes + 8)..]) == number
        && BinaryPrimitives.ReadUInt32LittleEndian(block[(ContentBytes + 12)..]) == Crc32C.Of(block[..(ContentBytes + 12)]);

    /// <summary>How many blocks so many entries take.</summary>
    public static int CountFor(long entries, int entryBytes) =>
        (int)((entries + (ContentBytes / entryBytes) - 1) / (ContentBytes / entryBytes));
}

/// <summary>
/// Keeps the blocks of index files that were read of late, up to a limit in bytes. They lie in memory of its own, which is taken once and
/// never given back: blocks that came and went on the heap would leave it in pieces.
/// </summary>
internal sealed class BlockCache(int bytesMax)
{
    private const int PiecePlaces = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<(ulong File, int Block), int> places = [];
    private readonly Place[] owners = new Place[Math.Max(16, bytesMax / IndexBlocks.Bytes)];
    private readonly List<byte[]> pieces = [];
    private int used;
    private int hand;

    /// <summary>Copies a part of a block, where the block is here.</summary>
    /// <returns>Whether it is.</returns>
    public bool TryRead(ulong file, int block, int offset, Span<byte> into)
    {
        lock (gate)
        {
            if (!places.TryGetValue((file, block), out var place))
                return false;

            owners[place].WasUsed = true;
            BytesOf(place).Slice(offset, into.Length).CopyTo(into);
            return true;
        }
    }

    public void Add(ulong file, int block, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (places.ContainsKey((file, block)))
                return;

            var place = used < owners.Length ? NewPlace() : Evict();
            owners[place] = new() { File = file, Block = block };
            bytes.CopyTo(BytesOf(place));
            places.Add((file, block), place);
        }
    }

    private Span<byte> BytesOf(int place) =>
        pieces[place / PiecePlaces].AsSpan(place % PiecePlaces * IndexBlocks.Bytes, IndexBlocks.Bytes);

    private int NewPlace()
    {
        if (used == pieces.Count * PiecePlaces)
            pieces.Add(GC.AllocateUninitializedArray<byte>(PiecePlaces * IndexBlocks.Bytes));

        return used++;
    }

    // The clock algorithm: whoever was used since the hand came by last time stays for another round.
    private int Evict()
    {
        while (owners[hand].WasUsed)
        {
            owners[hand].WasUsed = false;
            hand = (hand + 1) % owners.Length;
        }

        var place = hand;
        hand = (hand + 1) % owners.Length;
        places.Remove((owners[place].File, owners[place].Block));
        return place;
    }

    private struct Place
    {
        public ulong File;
        public int Block;
        public bool WasUsed;
    }
}

/// <summary>
/// Writes a row of entries of one size into consecutive blocks of a file, and flushes as it goes: a flush of the log would wait for all
/// that has gathered up.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="nonce">Of the file.</param>
/// <param name="firstBlock">Where the row begins.</param>
/// <param name="entryBytes">How large an entry is.</param>
/// <param name="flushBytes">After how many bytes it flushes.</param>
internal sealed class BlockWriter(IDiskFile file, ulong nonce, int firstBlock, int entryBytes, int flushBytes)
{
    private const int BufferedBlocks = 32;

    private readonly byte[] buffer = new byte[BufferedBlocks * IndexBlocks.Bytes];
    private readonly int contentBytes = IndexBlocks.ContentBytes / entryBytes * entryBytes;
    private int filled;
    private int at;
    private int written;
    private int unflushed;

    /// <summary>Where the next entry goes; <see cref="AddedAsync"/> must follow.</summary>
    public Span<byte> Next => buffer.AsSpan((filled * IndexBlocks.Bytes) + at, entryBytes);

    public ValueTask AddedAsync()
    {
        at += entryBytes;
        if (at < contentBytes)
            return default;

        filled++;
        at = 0;
        return filled == BufferedBlocks ? FlushAsync() : default;
    }

    private async ValueTask FlushAsync()
    {
        await WriteAsync();
        unflushed += buffer.Length;
        if (unflushed < flushBytes)
            return;

        unflushed = 0;
        await file.SyncAsync();
    }

    /// <summary>Adds entries of 4 bytes, each raised by a number.</summary>
    public async ValueTask AddAllAsync(ReadOnlyMemory<uint> values, uint added)
    {
        for (var done = 0; done < values.Length;)
        {
            var count = Math.Min(values.Length - done, (contentBytes - at) / sizeof(uint));
            Put(values.Span.Slice(done, count), added);
            done += count;
            at += (count - 1) * sizeof(uint);
            await AddedAsync();
        }
    }

    /// <summary>Writes what is left.</summary>
    public ValueTask EndAsync()
    {
        if (at > 0)
            filled++;
        at = 0;
        return WriteAsync();
    }

    private void Put(ReadOnlySpan<uint> values, uint added)
    {
        var target = buffer.AsSpan((filled * IndexBlocks.Bytes) + at, values.Length * sizeof(uint));
        for (var index = 0; index < values.Length; index++)
            BinaryPrimitives.WriteUInt32LittleEndian(target[(index * sizeof(uint))..], values[index] + added);
    }

    private async ValueTask WriteAsync()
    {
        if (filled == 0)
            return;

        for (var block = 0; block < filled; block++)
            IndexBlocks.Seal(buffer.AsSpan(block * IndexBlocks.Bytes, IndexBlocks.Bytes), nonce, firstBlock + written + block);

        await file.WriteAsync(buffer.AsMemory(0, filled * IndexBlocks.Bytes), (long)(firstBlock + written) * IndexBlocks.Bytes);
        written += filled;
        filled = 0;
        buffer.AsSpan().Clear();
    }
}
