using System.Buffers;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments.Indexes;

/// <summary>An index file, which never changes: it finds the events of its stretch by reading single blocks through the cache.</summary>
internal sealed class IndexFile(IndexFileHeader header, string name, IDiskFile file, BlockCache cache) : IIndexPart, IDisposable
{
    public IndexFileHeader Header => header;

    public string Name => name;

    public long First => header.First;

    public long Last => header.Last;

    public long Bytes => (long)header.Blocks * IndexBlocks.Bytes;

    /// <returns>Null where the file is not a sound index of this log; it can be made anew.</returns>
    public static async ValueTask<IndexFile?> OpenAsync(IDisk disk, string name, Guid logId, BlockCache cache)
    {
        var file = await disk.OpenAsync(name, FileUse.Read);
        var block = new byte[IndexBlocks.Bytes];
        var read = await file.ReadAsync(block, 0);
        if (read == block.Length && IndexFileHeader.Read(block) is { } header && header.LogId == logId && header.FileName == name
            && await file.LengthAsync() >= (long)header.Blocks * IndexBlocks.Bytes)
        {
            return new(header, name, file, cache);
        }

        file.Dispose();
        return null;
    }

    public async ValueTask<Postings> FindAsync(Name name, long after, long upTo) =>
        upTo < First || after >= Last ? Postings.None : await FindAsync(name.Kind, name.Hash);

    /// <summary>The events of all keys with this hash.</summary>
    public async ValueTask<Postings> FindAsync(IndexKind kind, ulong hash)
    {
        var section = header.Sections[(int)kind];
        if (section.Keys == 0)
            return Postings.None;

        var block = ArrayPool<byte>.Shared.Rent(IndexBlocks.Bytes);
        try
        {
            return await MayHaveAsync(section, hash, block) && await FindKeyAsync(section, hash, block) is { } key
                ? new FilePostings(this, section, key.Events, key.Value)
                : Postings.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    public async ValueTask OffsetsAsync(long position, Memory<uint> target)
    {
        var block = ArrayPool<byte>.Shared.Rent(IndexBlocks.Bytes);
        try
        {
            for (var done = 0; done < target.Length;)
            {
                var (number, entry) = Math.DivRem(position - First + done, IndexSection.ListEntriesPerBlock);
                var count = (int)Math.Min(target.Length - done, IndexSection.ListEntriesPerBlock - entry);
                await ReadAsync(header.OffsetsBlock + (int)number, (int)entry * sizeof(uint), block.AsMemory(0, count * sizeof(uint)));
                for (var index = 0; index < count; index++)
                    target.Span[done + index] = ReadUInt32LittleEndian(block.AsSpan(index * sizeof(uint)));
                done += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>A part of a block whose checksum is right.</summary>
    /// <exception cref="StoreCorruptedException">It is not.</exception>
    public ValueTask ReadAsync(int number, int offset, Memory<byte> into) =>
        cache.TryRead(header.Nonce, number, offset, into.Span) ? default : FetchAsync(number, offset, into);

    public void Dispose() => file.Dispose();

    /// <summary>Whole blocks past the cache, for who reads everything once.</summary>
    /// <param name="number">Of the first one.</param>
    /// <param name="blocks">As many as are wanted.</param>
    /// <exception cref="StoreCorruptedException">The checksum of one of them is wrong.</exception>
    public async ValueTask ReadUncachedAsync(int number, Memory<byte> blocks)
    {
        var read = number >= 0 && number < header.Blocks ? await file.ReadAsync(blocks, (long)number * IndexBlocks.Bytes) : 0;
        for (var at = 0; at < blocks.Length; at += IndexBlocks.Bytes, number++)
        {
            if (at + IndexBlocks.Bytes > read || !IndexBlocks.IsSound(blocks.Span.Slice(at, IndexBlocks.Bytes), header.Nonce, number))
                throw Damaged((long)number * IndexBlocks.Bytes, "a block's checksum is wrong");
        }
    }

    public StoreCorruptedException Damaged(long offset, string what) => new(
        $"The index file {name} is damaged at byte {offset}: {what}. The log itself is not affected: close the store, delete this file, and open the store again, which makes it anew.",
        new(name, offset, new(First), what));

    private long PositionOf(uint ordinal) => ordinal <= Last - First
        ? First + ordinal
        : throw Damaged(0, $"it leads to position {First + ordinal}, and covers those up to {Last}");

    private async ValueTask FetchAsync(int number, int offset, Memory<byte> into)
    {
        var rented = ArrayPool<byte>.Shared.Rent(IndexBlocks.Bytes);
        try
        {
            var block = rented.AsMemory(0, IndexBlocks.Bytes);
            await ReadUncachedAsync(number, block);
            cache.Add(header.Nonce, number, block.Span);
            block.Slice(offset, into.Length).CopyTo(into);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private async ValueTask<bool> MayHaveAsync(IndexSection section, ulong hash, byte[] buffer)
    {
        var (block, line) = Math.DivRem(KeyFilter.LineOf(hash, section.FilterLines), KeyFilter.LinesPerBlock);
        var content = buffer.AsMemory(0, KeyFilter.LineBytes);
        await ReadAsync(section.FilterBlock + block, line * KeyFilter.LineBytes, content);
        return KeyFilter.MayHave(content.Span, hash);
    }

    // Hashes are spread evenly, so the block of a key can be guessed to within one or two; from there the steps double.
    private async ValueTask<(uint Events, uint Value)?> FindKeyAsync(IndexSection section, ulong hash, byte[] buffer)
    {
        var (low, high, step) = (0, (int)((section.Keys - 1) / IndexSection.KeysPerBlock), 1);
        var number = (int)(Math.BigMul(hash, (ulong)section.Keys, out _) / IndexSection.KeysPerBlock);
        while (low <= high)
        {
            number = Math.Clamp(number, low, high);
            await ReadAsync(section.KeysBlock + number, 0, buffer.AsMemory(0, IndexBlocks.ContentBytes));
            var count = (int)Math.Min(IndexSection.KeysPerBlock, section.Keys - ((long)number * IndexSection.KeysPerBlock));
            if (hash < KeyOf(buffer, 0).Hash)
                (high, number) = (number - 1, number - step);
            else if (hash > KeyOf(buffer, count - 1).Hash)
                (low, number) = (number + 1, number + step);
            else
                return FindKey(buffer, count, hash);
            step *= 2;
        }

        return null;
    }

    private static (uint Events, uint Value)? FindKey(byte[] block, int count, ulong hash)
    {
        var (low, high) = (0, count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (KeyOf(block, middle).Hash < hash)
                low = middle + 1;
            else
                high = middle;
        }

        var key = KeyOf(block, low);
        return key.Hash == hash ? (key.Events, key.Value) : null;
    }

    private static (ulong Hash, uint Events, uint Value) KeyOf(byte[] block, int entry) =>
        ReadKey(block.AsSpan(entry * IndexSection.KeyBytes));

    public static (ulong Hash, uint Events, uint Value) ReadKey(ReadOnlySpan<byte> bytes) =>
        (ReadUInt64LittleEndian(bytes), ReadUInt32LittleEndian(bytes[8..]), ReadUInt32LittleEndian(bytes[12..]));

    /// <summary>One key's events, read entry by entry.</summary>
    private sealed class FilePostings(IndexFile owner, IndexSection section, uint events, uint value) : Postings
    {
        private byte[]? block;
        private int blockNumber = -1;

        public override long Count => events;

        public override ValueTask<long> AtAsync(long index)
        {
            if (events == 1)
                return new(owner.PositionOf(value));

            var (number, entry) = Math.DivRem(value + index, IndexSection.ListEntriesPerBlock);
            return blockNumber == number ? new(Entry((int)entry)) : ReadAsync((int)number, (int)entry);
        }

        private async ValueTask<long> ReadAsync(int number, int entry)
        {
            block ??= new byte[IndexBlocks.ContentBytes];
            blockNumber = -1;
            await owner.ReadAsync(section.ListBlock + number, 0, block);
            blockNumber = number;
            return Entry(entry);
        }

        private long Entry(int entry) => owner.PositionOf(ReadUInt32LittleEndian(block.AsSpan(entry * sizeof(uint))));
    }
}
