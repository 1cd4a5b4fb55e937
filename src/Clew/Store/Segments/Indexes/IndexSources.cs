using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments.Indexes;

/// <summary>A tail that grows no more, to be made a file.</summary>
internal sealed class TailSource : IIndexSource
{
    private readonly TailIndex tail;
    private readonly KeyHasher hasher;
    private readonly (ulong[] Hashes, int[] Indexes)?[] sorted = new (ulong[], int[])?[4];

    public TailSource(TailIndex tail, LogPoint end, KeyHasher hasher)
    {
        (this.tail, End, this.hasher) = (tail, end, hasher);
        var ids = tail.Content.Ids;
        (LowestId, HighestId) = (ids[0], ids[0]);
        for (var index = 1; index < ids.Count; index++)
        {
            LowestId = ids[index] < LowestId ? ids[index] : LowestId;
            HighestId = ids[index] > HighestId ? ids[index] : HighestId;
        }
    }

    public long First => tail.First;

    public LogPoint End { get; }

    public Guid LowestId { get; }

    public Guid HighestId { get; }

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
        private readonly uint[] only = new uint[1];
        private int next;
        private bool isGiven;

        public override ValueTask<bool> NextAsync()
        {
            if (next == hashes.Length)
                return new(false);

            var start = next;
            Hash = hashes[next];
            while (next < hashes.Length && hashes[next] == Hash)
                next++;

            isGiven = false;
            Take(indexes.AsMemory(start, next - start));
            return new(true);
        }

        public override ValueTask<ReadOnlyMemory<uint>> NextOrdinalsAsync()
        {
            if (isGiven)
                return default;

            isGiven = true;
            var ordinals = Events == 1 ? only : new uint[Events];
            CopyOrdinals(ordinals);
            return new(ordinals);
        }

        protected abstract void Take(ReadOnlyMemory<int> found);

        protected abstract void CopyOrdinals(Span<uint> target);
    }

    private sealed class TableReader(KeyTable table, ulong[] hashes, int[] indexes) : SortedReader(hashes, indexes)
    {
        private ReadOnlyMemory<int> current;

        protected override void Take(ReadOnlyMemory<int> found)
        {
            current = found;
            Events = 0;
            foreach (var index in found.Span)
                Events += (uint)table.ChainOf(index).Count;
        }

        protected override void CopyOrdinals(Span<uint> target)
        {
            var filled = 0;
            foreach (var index in current.Span)
            {
                for (var chain = table.ChainOf(index); chain.Count > 0; chain.SeekBack(chain.Ordinal - 1))
                    target[filled++] = (uint)chain.Ordinal;
            }

            target.Reverse();
            if (current.Length > 1)
                target.Sort();
        }
    }

    private sealed class IdReader(ulong[] hashes, int[] indexes) : SortedReader(hashes, indexes)
    {
        private ReadOnlyMemory<int> current;

        protected override void Take(ReadOnlyMemory<int> found)
        {
            current = found;
            Events = (uint)found.Length;
        }

        protected override void CopyOrdinals(Span<uint> target)
        {
            for (var index = 0; index < target.Length; index++)
                target[index] = (uint)current.Span[index];
            target.Sort();
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
        var (block, entries) = (new byte[IndexBlocks.Bytes], new uint[IndexSection.ListEntriesPerBlock]);
        var left = index.Last - index.First + 1;
        for (var number = index.Header.OffsetsBlock; left > 0; number++)
        {
            await index.ReadUncachedAsync(number, block);
            var some = entries.AsMemory(0, (int)Math.Min(left, entries.Length));
            CopyEntries(block, 0, some.Span);
            yield return some;
            left -= some.Length;
        }
    }

    private static void CopyEntries(byte[] block, int first, Span<uint> target)
    {
        for (var entry = 0; entry < target.Length; entry++)
            target[entry] = ReadUInt32LittleEndian(block.AsSpan((first + entry) * sizeof(uint)));
    }

    private sealed class Reader(IndexFile index, IndexSection section) : KeyReader
    {
        private readonly byte[] keys = new byte[IndexBlocks.Bytes];
        private readonly byte[] list = new byte[IndexBlocks.Bytes];
        private readonly uint[] ordinals = new uint[IndexSection.ListEntriesPerBlock];
        private long next;
        private int listBlock = -1;
        private uint value;
        private uint given;

        public override async ValueTask<bool> NextAsync()
        {
            if (next == section.Keys)
                return false;

            var (block, entry) = Math.DivRem(next++, IndexSection.KeysPerBlock);
            if (entry == 0)
                await index.ReadUncachedAsync(section.KeysBlock + (int)block, keys);

            (Hash, Events, value) = IndexFile.ReadKey(keys.AsSpan((int)entry * IndexSection.KeyBytes));
            given = 0;
            return true;
        }

        public override async ValueTask<ReadOnlyMemory<uint>> NextOrdinalsAsync()
        {
            if (given == Events)
                return default;

            if (Events == 1)
            {
                (given, ordinals[0]) = (1, value);
                return ordinals.AsMemory(0, 1);
            }

            var (block, entry) = Math.DivRem(value + (long)given, IndexSection.ListEntriesPerBlock);
            if (block != listBlock)
                await index.ReadUncachedAsync(section.ListBlock + (int)block, list);

            listBlock = (int)block;
            var some = ordinals.AsMemory(0, (int)Math.Min(Events - given, IndexSection.ListEntriesPerBlock - entry));
            CopyEntries(list, (int)entry, some.Span);
            given += (uint)some.Length;
            return some;
        }
    }
}
