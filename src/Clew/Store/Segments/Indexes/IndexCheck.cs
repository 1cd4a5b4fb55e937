using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments.Indexes;

/// <summary>
/// Reads an index file once, from its beginning to its end: checks each block, the order of keys and of lists, and that filters and lists
/// hold all of it and no more, and sums up what it says.
/// </summary>
internal sealed class IndexCheck(IndexFile file, IndexSum sum)
{
    /// <exception cref="StoreCorruptedException">Something in it is damaged, or contradicts itself.</exception>
    public async ValueTask RunAsync(CancellationToken cancellation)
    {
        await AddOffsetsAsync(cancellation);
        foreach (var kind in Enum.GetValues<IndexKind>())
            await AddKeysAsync(kind, cancellation);
    }

    private async ValueTask AddOffsetsAsync(CancellationToken cancellation)
    {
        var offsets = new BlockRow(file, file.Header.OffsetsBlock, file.Header.Sections[0].KeysBlock - file.Header.OffsetsBlock);
        var count = file.Last - file.First + 1;
        for (var ordinal = 0L; ordinal < count; ordinal++)
        {
            var (block, entry) = ((int)(ordinal / IndexSection.ListEntriesPerBlock), (int)(ordinal % IndexSection.ListEntriesPerBlock));
            if (!offsets.Has(block))
                await offsets.ReadToAsync(block, cancellation);
            sum.Add(IndexSum.Offsets, ReadUInt32LittleEndian(offsets.Content(block)[(entry * sizeof(uint))..]), (uint)ordinal);
        }
    }

    private async ValueTask AddKeysAsync(IndexKind kind, CancellationToken cancellation)
    {
        var section = file.Header.Sections[(int)kind];
        var keys = new BlockRow(file, section.KeysBlock, section.FilterBlock - section.KeysBlock);
        var filter = new BlockRow(file, section.FilterBlock, section.ListBlock - section.FilterBlock);
        var list = new BlockRow(file, section.ListBlock, section.EndBlock - section.ListBlock);
        var (last, listed) = (0UL, 0u);
        for (var number = 0L; number < section.Keys; number++)
        {
            var (block, entry) = ((int)(number / IndexSection.KeysPerBlock), (int)(number % IndexSection.KeysPerBlock));
            if (!keys.Has(block))
                await keys.ReadToAsync(block, cancellation);

            var (hash, events, value) = IndexFile.ReadKey(keys.Content(block)[(entry * IndexSection.KeyBytes)..]);
            var (filterBlock, line) = Math.DivRem(KeyFilter.LineOf(hash, section.FilterLines), KeyFilter.LinesPerBlock);
            if (!filter.Has(filterBlock))
                await filter.ReadToAsync(filterBlock, cancellation);

            // In this order a search finds it, if the filter lets it.
            if ((number > 0 && hash <= last) || !KeyFilter.MayHave(filter.Content(filterBlock)[(line * KeyFilter.LineBytes)..], hash))
                throw file.Damaged(0, $"the key {hash:x16} among its {kind} keys cannot be found");

            last = hash;
            if (events == 1)
            {
                sum.Add((int)kind, hash, value);
                continue;
            }

            if (value != listed || events > section.ListEntries - listed)
                throw file.Damaged(0, $"the events of the key {hash:x16} among its {kind} keys are not listed behind those of the key before");

            await AddListAsync(kind, hash, list, listed, events, cancellation);
            listed += events;
        }

        if (listed != section.ListEntries)
            throw file.Damaged(0, $"it lists {section.ListEntries} events for its {kind} keys, which have {listed}");

        await filter.ReadToEndAsync(cancellation);
    }

    private async ValueTask AddListAsync(IndexKind kind, ulong hash, BlockRow list, uint first, uint count, CancellationToken cancellation)
    {
        var (last, done) = (0u, 0u);
        while (done < count)
        {
            var (block, entry) = ((int)((first + done) / IndexSection.ListEntriesPerBlock), (int)((first + done) % IndexSection.ListEntriesPerBlock));
            if (!list.Has(block))
                await list.ReadToAsync(block, cancellation);

            var some = (int)Math.Min(count - done, IndexSection.ListEntriesPerBlock - entry);
            last = AddAscending(kind, hash, list.Content(block).Slice(entry * sizeof(uint), some * sizeof(uint)), last);
            done += (uint)some;
        }
    }

    /// <returns>The last of the ordinals.</returns>
    private uint AddAscending(IndexKind kind, ulong hash, ReadOnlySpan<byte> ordinals, uint last)
    {
        for (; ordinals.Length > 0; ordinals = ordinals[sizeof(uint)..])
        {
            var ordinal = ReadUInt32LittleEndian(ordinals);
            if (ordinal < last)
                throw file.Damaged(0, $"the events of the key {hash:x16} among its {kind} keys are not in order");

            sum.Add((int)kind, hash, ordinal);
            last = ordinal;
        }

        return last;
    }

    /// <summary>Blocks that follow each other, read and checked in their order, many at a time.</summary>
    private sealed class BlockRow(IndexFile file, int first, int count)
    {
        private const int WindowBlocks = 16;

        private readonly byte[] window = new byte[Math.Min(WindowBlocks, count) * IndexBlocks.Bytes];
        private int windowStart;
        private int windowEnd;

        /// <summary>Whether a block was read. Blocks are counted from the first of the row, and nobody goes back to an earlier one.</summary>
        public bool Has(int block) => block < windowEnd;

        public ReadOnlySpan<byte> Content(int block) => window.AsSpan((block - windowStart) * IndexBlocks.Bytes, IndexBlocks.ContentBytes);

        public async ValueTask ReadToAsync(int block, CancellationToken cancellation)
        {
            while (!Has(block))
            {
                cancellation.ThrowIfCancellationRequested();
                (windowStart, windowEnd) = (windowEnd, Math.Min(count, windowEnd + WindowBlocks));
                await file.ReadUncachedAsync(first + windowStart, window.AsMemory(0, (windowEnd - windowStart) * IndexBlocks.Bytes));
            }
        }

        public ValueTask ReadToEndAsync(CancellationToken cancellation) => ReadToAsync(count - 1, cancellation);
    }
}
