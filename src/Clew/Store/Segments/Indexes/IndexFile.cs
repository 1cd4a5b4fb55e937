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
        if (section.Keys == 0 || !await MayHaveAsync(section, hash))
            return Postings.None;

        var index = await LowerBoundAsync(section, hash);
        if (index == section.Keys)
            return Postings.None;

        var key = await KeyAsync(section, index);
        return key.Hash == hash ? new FilePostings(this, section, key.Events, key.Value) : Postings.None;
    }

    public async ValueTask OffsetsAsync(long position, Memory<uint> target)
    {
        var ordinal = position - First;
        for (var done = 0; done < target.Length;)
        {
            var (block, entry) = Math.DivRem(ordinal + done, IndexSection.ListEntriesPerBlock);
            var content = await BlockAsync(header.OffsetsBlock + (int)block);
            for (; done < target.Length && entry < IndexSection.ListEntriesPerBlock; done++, entry++)
                target.Span[done] = ReadUInt32LittleEndian(content.AsSpan((int)entry * sizeof(uint)));
        }
    }

    /// <summary>A block whose checksum is right.</summary>
    /// <exception cref="StoreCorruptedException">It is not.</exception>
    public ValueTask<byte[]> BlockAsync(int number) =>
        cache.Find(header.Nonce, number) is { } bytes ? new(bytes) : FetchAsync(number);

    public void Dispose() => file.Dispose();

    /// <summary>The same past the cache, for who reads everything once.</summary>
    /// <exception cref="StoreCorruptedException">Its checksum is wrong.</exception>
    public async ValueTask<byte[]> ReadUncachedAsync(int number)
    {
        var bytes = new byte[IndexBlocks.Bytes];
        var read = number >= 0 && number < header.Blocks ? await file.ReadAsync(bytes, (long)number * IndexBlocks.Bytes) : 0;
        if (read != bytes.Length || !IndexBlocks.IsSound(bytes, header.Nonce, number))
            throw Damaged((long)number * IndexBlocks.Bytes, "a block's checksum is wrong");

        return bytes;
    }

    public StoreCorruptedException Damaged(long offset, string what) => new(
        $"The index file {name} is damaged at byte {offset}: {what}. The log itself is not affected: close the store, delete this file, and open the store again, which makes it anew.",
        new(name, offset, new(First), what));

    private long PositionOf(uint ordinal) => ordinal <= Last - First
        ? First + ordinal
        : throw Damaged(0, $"it leads to position {First + ordinal}, and covers those up to {Last}");

    private async ValueTask<byte[]> FetchAsync(int number)
    {
        var bytes = await ReadUncachedAsync(number);
        cache.Add(header.Nonce, number, bytes);
        return bytes;
    }

    private async ValueTask<bool> MayHaveAsync(IndexSection section, ulong hash)
    {
        var (block, line) = Math.DivRem(KeyFilter.LineOf(hash, section.FilterLines), KeyFilter.LinesPerBlock);
        var content = await BlockAsync(section.FilterBlock + block);
        return KeyFilter.MayHave(content.AsSpan(line * KeyFilter.LineBytes, KeyFilter.LineBytes), hash);
    }

    // Hashes are spread evenly, so the place of a key can be guessed to within a few blocks; from there the bounds are widened.
    private async ValueTask<long> LowerBoundAsync(IndexSection section, ulong hash)
    {
        var guess = (long)Math.BigMul(hash, (ulong)section.Keys, out _);
        var (low, high, step) = (guess, guess, (long)IndexSection.KeysPerBlock / 2);
        while (low > 0 && (await KeyAsync(section, low)).Hash >= hash)
        {
            low = Math.Max(0, low - step);
            step *= 2;
        }

        step = IndexSection.KeysPerBlock / 2;
        while (high < section.Keys && (await KeyAsync(section, high)).Hash < hash)
        {
            high = Math.Min(section.Keys, high + step);
            step *= 2;
        }

        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if ((await KeyAsync(section, middle)).Hash < hash)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private async ValueTask<(ulong Hash, uint Events, uint Value)> KeyAsync(IndexSection section, long index)
    {
        var (block, entry) = Math.DivRem(index, IndexSection.KeysPerBlock);
        var content = await BlockAsync(section.KeysBlock + (int)block);
        return ReadKey(content.AsSpan((int)entry * IndexSection.KeyBytes));
    }

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
            block = await owner.BlockAsync(section.ListBlock + number);
            blockNumber = number;
            return Entry(entry);
        }

        private long Entry(int entry) => owner.PositionOf(ReadUInt32LittleEndian(block.AsSpan(entry * sizeof(uint))));
    }
}
