using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments.Indexes;

/// <summary>A tail that grows no more, to be made a file.</summary>
internal sealed class TailSource(TailIndex tail, LogPoint end, KeyHasher hasher) : IIndexSource
{
    private readonly (ulong[] Hashes, int[] Indexes)?[] sorted = new (ulong[], int[])?[4];

    public long First => tail.First;

    public LogPoint End => end;

    public Guid LowestId { get; } = tail.Content.Ids.ToArray().Min();

    public Guid HighestId { get; } = tail.Content.Ids.ToArray().Max();

    public KeyReader ReadKeys(IndexKind kind)
    {
        var table = kind switch
        {
            IndexKind.Stream => tail.Content.Streams,
            IndexKind.Tag => tail.Content.Tags,
            IndexKind.Type => tail.Content.Types,
            _ => null,
        };
        var (hashes, indexes) = sorted[(int)kind] ??= table is null ? Sorted(tail.Content.Ids, hasher) : Sorted(table);
        return table is null ? new IdReader(hashes, indexes) : new TableReader(table, hashes, indexes);
    }

    public async IAsyncEnumerable<ReadOnlyMemory<uint>> ReadOffsetsAsync()
    {
        await ValueTask.CompletedTask;
        yield return tail.Content.Offsets.ToArray();
    }

    private static (ulong[] Hashes, int[] Indexes) Sorted(KeyTable table)
    {
        int[] indexes = [.. Enumerable.Range(0, table.KeyCount).Where(index => table.ChainOf(index).Count > 0)];
        var hashes = Array.ConvertAll(indexes, table.HashOf);
        Array.Sort(hashes, indexes);
        return (hashes, indexes);
    }

    private static (ulong[] Hashes, int[] Indexes) Sorted(ChunkedList<Guid> ids, KeyHasher hasher)
    {
        var (hashes, indexes) = (new ulong[ids.Count], new int[ids.Count]);
        for (var index = 0; index < hashes.Length; index++)
            (hashes[index], indexes[index]) = (hasher.Of(ids[index]), index);

        Array.Sort(hashes, indexes);
        return (hashes, indexes);
    }

    /// <summary>Sorted positions of keys; neighbours of one hash are one key.</summary>
    private abstract class SortedReader(ulong[] hashes, int[] indexes) : KeyReader
    {
        private int next;

        public override ValueTask<bool> NextAsync()
        {
            if (next == hashes.Length)
                return new(false);

            var start = next;
            Hash = hashes[next];
            while (next < hashes.Length && hashes[next] == Hash)
                next++;

            Take(indexes.AsMemory(start, next - start));
            return new(true);
        }

        protected abstract void Take(ReadOnlyMemory<int> found);
    }

    private sealed class TableReader(KeyTable table, ulong[] hashes, int[] indexes) : SortedReader(hashes, indexes)
    {
        private ReadOnlyMemory<int> current;

        public override ValueTask<ReadOnlyMemory<uint>> OrdinalsAsync()
        {
            if (Events == 1)
                return Only((uint)table.ChainOf(current.Span[0]).Ordinal);

            var ordinals = new uint[Events];
            var filled = 0;
            foreach (var index in current.Span)
            {
                foreach (var ordinal in table.ChainOf(index).After(-1))
                    ordinals[filled++] = (uint)ordinal;
            }

            if (current.Length > 1)
                Array.Sort(ordinals);
            return new(ordinals);
        }

        protected override void Take(ReadOnlyMemory<int> found)
        {
            current = found;
            Events = 0;
            foreach (var index in found.Span)
                Events += (uint)table.ChainOf(index).Count;
        }
    }

    private sealed class IdReader(ulong[] hashes, int[] indexes) : SortedReader(hashes, indexes)
    {
        private ReadOnlyMemory<int> current;

        public override ValueTask<ReadOnlyMemory<uint>> OrdinalsAsync()
        {
            if (Events == 1)
                return Only((uint)current.Span[0]);

            var ordinals = Array.ConvertAll(current.ToArray(), index => (uint)index);
            Array.Sort(ordinals);
            return new(ordinals);
        }

        protected override void Take(ReadOnlyMemory<int> found)
        {
            current = found;
            Events = (uint)found.Length;
        }
    }
}

/// <summary>An index file, to be merged with its neighbours; read in order, past the cache.</summary>
internal sealed class FileSource(IndexFile index) : IIndexSource
{
    public long First => index.First;

    public LogPoint End => index.Header.End;

    public Guid LowestId => index.Header.LowestId;

    public Guid HighestId => index.Header.HighestId;

    public KeyReader ReadKeys(IndexKind kind) => new Reader(index, index.Header.Sections[(int)kind]);

    public async IAsyncEnumerable<ReadOnlyMemory<uint>> ReadOffsetsAsync()
    {
        var left = index.Last - index.First + 1;
        for (var block = index.Header.OffsetsBlock; left > 0; block++)
        {
            var entries = (int)Math.Min(left, IndexSection.ListEntriesPerBlock);
            yield return Entries(await index.ReadUncachedAsync(block), 0, entries);
            left -= entries;
        }
    }

    private static uint[] Entries(byte[] block, int first, int count)
    {
        var entries = new uint[count];
        for (var entry = 0; entry < count; entry++)
            entries[entry] = ReadUInt32LittleEndian(block.AsSpan((first + entry) * sizeof(uint)));

        return entries;
    }

    private sealed class Reader(IndexFile index, IndexSection section) : KeyReader
    {
        private byte[] keys = [];
        private byte[] list = [];
        private long next;
        private int listBlock = -1;
        private uint value;

        public override async ValueTask<bool> NextAsync()
        {
            if (next == section.Keys)
                return false;

            var (block, entry) = Math.DivRem(next++, IndexSection.KeysPerBlock);
            if (entry == 0)
                keys = await index.ReadUncachedAsync(section.KeysBlock + (int)block);

            (Hash, Events, value) = IndexFile.ReadKey(keys.AsSpan((int)entry * IndexSection.KeyBytes));
            return true;
        }

        public override async ValueTask<ReadOnlyMemory<uint>> OrdinalsAsync()
        {
            if (Events == 1)
                return await Only(value);

            var ordinals = new uint[Events];
            for (var done = 0; done < ordinals.Length;)
            {
                var (block, entry) = Math.DivRem(value + (long)done, IndexSection.ListEntriesPerBlock);
                if (block != listBlock)
                    list = await index.ReadUncachedAsync(section.ListBlock + (int)block);

                listBlock = (int)block;
                var count = (int)Math.Min(ordinals.Length - done, IndexSection.ListEntriesPerBlock - entry);
                Entries(list, (int)entry, count).CopyTo(ordinals, done);
                done += count;
            }

            return ordinals;
        }
    }
}
