using System.Runtime.InteropServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments.Indexes;

/// <summary>Something an index file can be made of: a tail that grows no more, or an older file.</summary>
internal interface IIndexSource
{
    long First { get; }

    LogPoint End { get; }

    Guid LowestId { get; }

    Guid HighestId { get; }

    KeyReader ReadKeys(IndexKind kind);

    IAsyncEnumerable<ReadOnlyMemory<uint>> ReadOffsetsAsync();
}

/// <summary>The keys of one kind in ascending order of their hashes, each hash once.</summary>
internal abstract class KeyReader
{
    public ulong Hash { get; protected set; }

    /// <summary>How many events the current key has.</summary>
    public uint Events { get; protected set; }

    /// <returns>False where no key is left.</returns>
    public abstract ValueTask<bool> NextAsync();

    /// <summary>The next of the current key's events, as ordinals in its source, ascending; good until more is asked for.</summary>
    /// <returns>Some; none where all were given.</returns>
    public abstract ValueTask<ReadOnlyMemory<uint>> NextOrdinalsAsync();
}

/// <summary>Writes an index file out of adjacent sources, in one pass to count and one to write, with memory that does not grow with them.</summary>
/// <param name="disk">Where.</param>
/// <param name="logId">Of which log.</param>
/// <param name="nonce">For the file.</param>
/// <param name="breathe">Called now and then, for what cannot wait until a large file is done.</param>
internal sealed class IndexFileWriter(IDisk disk, Guid logId, ulong nonce, Func<ValueTask> breathe)
{
    private const int KeysBetweenBreaths = 4096;

    /// <summary>Under this name a file is no index yet, and is removed at the next opening.</summary>
    public const string UnfinishedSuffix = ".idx.tmp";

    /// <summary>After how many bytes it flushes, so that no flush of the log waits for more.</summary>
    public int FlushBytes { get; init; } = 128 * 1024;

    /// <summary>Writes, flushes and names the file.</summary>
    /// <returns>Its name.</returns>
    public async ValueTask<string> WriteAsync(IReadOnlyList<IIndexSource> sources)
    {
        var sections = new IndexSection[4];
        var (first, end) = (sources[0].First, sources[^1].End);
        var blocks = 1 + IndexBlocks.CountFor(end.Position - first + 1, sizeof(uint));
        for (var kind = 0; kind < sections.Length; kind++)
        {
            sections[kind] = await LayOutAsync(sources, (IndexKind)kind, blocks);
            blocks = sections[kind].EndBlock;
        }

        var header = new IndexFileHeader(
            logId, nonce, first, end, sources.Min(source => source.LowestId), sources.Max(source => source.HighestId), blocks, 1, sections);
        var unfinished = header.FileName[..^4] + UnfinishedSuffix;
        try
        {
            using var file = await disk.OpenAsync(unfinished, FileUse.Create);
            await file.TryAllocateAsync(0, (long)blocks * IndexBlocks.Bytes);
            await WriteOffsetsAsync(file, sources);
            for (var kind = 0; kind < sections.Length; kind++)
                await WriteSectionAsync(file, sections[kind], sources, (IndexKind)kind);

            await file.WriteAsync(header.ToBlock(), 0);
            await file.SyncAsync();
        }
        catch (Exception fault) when (fault is DiskException { Fault: DiskFault.Full } or OperationCanceledException)
        {
            await disk.DeleteAsync(unfinished);
            throw;
        }

        await disk.RenameAsync(unfinished, header.FileName);
        await disk.SyncFolderAsync();
        return header.FileName;
    }

    private async ValueTask<IndexSection> LayOutAsync(IReadOnlyList<IIndexSource> sources, IndexKind kind, int firstBlock)
    {
        var merge = await KeyMerge.OpenAsync(sources, kind);
        var (keys, listed) = (0L, 0u);
        while (await merge.NextAsync())
        {
            listed += merge.Events == 1 ? 0 : merge.Events;
            if (++keys % KeysBetweenBreaths == 0)
                await breathe();
        }

        return IndexSection.At(firstBlock, keys, listed);
    }

    private async ValueTask WriteOffsetsAsync(IDiskFile file, IReadOnlyList<IIndexSource> sources)
    {
        var writer = new BlockWriter(file, nonce, 1, sizeof(uint), FlushBytes);
        foreach (var source in sources)
        {
            await foreach (var offsets in source.ReadOffsetsAsync())
            {
                await writer.AddAllAsync(offsets, 0);
                await breathe();
            }
        }

        await writer.EndAsync();
    }

    private async ValueTask WriteSectionAsync(IDiskFile file, IndexSection section, IReadOnlyList<IIndexSource> sources, IndexKind kind)
    {
        var keys = new BlockWriter(file, nonce, section.KeysBlock, IndexSection.KeyBytes, FlushBytes);
        var filter = new BlockWriter(file, nonce, section.FilterBlock, KeyFilter.LineBytes, FlushBytes);
        var list = new BlockWriter(file, nonce, section.ListBlock, sizeof(uint), FlushBytes);
        var (line, listed, written) = (0, 0u, 0L);
        var merge = await KeyMerge.OpenAsync(sources, kind);
        while (await merge.NextAsync())
        {
            for (; line < KeyFilter.LineOf(merge.Hash, section.FilterLines); line++)
                await filter.AddedAsync();
            KeyFilter.Add(filter.Next, merge.Hash);

            var value = listed;
            if (merge.Events == 1)
                value = await merge.OnlyOrdinalAsync();
            else
                listed += await merge.CopyAsync(list, breathe);

            WriteUInt64LittleEndian(keys.Next, merge.Hash);
            WriteUInt32LittleEndian(keys.Next[8..], merge.Events);
            WriteUInt32LittleEndian(keys.Next[12..], value);
            await keys.AddedAsync();
            if (++written % KeysBetweenBreaths == 0)
                await breathe();
        }

        for (; line < section.FilterLines; line++)
            await filter.AddedAsync();
        await keys.EndAsync();
        await filter.EndAsync();
        await list.EndAsync();
    }

    /// <summary>The keys of several adjacent sources as if they were one.</summary>
    private sealed class KeyMerge
    {
        private readonly List<(KeyReader Reader, uint Added)> readers = [];
        private readonly List<(KeyReader Reader, uint Added)> current = [];

        public ulong Hash { get; private set; }

        public uint Events { get; private set; }

        public static async ValueTask<KeyMerge> OpenAsync(IReadOnlyList<IIndexSource> sources, IndexKind kind)
        {
            var merge = new KeyMerge();
            foreach (var source in sources)
            {
                var reader = source.ReadKeys(kind);
                if (await reader.NextAsync())
                    merge.readers.Add((reader, (uint)(source.First - sources[0].First)));
            }

            return merge;
        }

        public async ValueTask<bool> NextAsync()
        {
            foreach (var done in current)
            {
                if (!await done.Reader.NextAsync())
                    readers.Remove(done);
            }

            current.Clear();
            if (readers.Count == 0)
                return false;

            Hash = ulong.MaxValue;
            foreach (var (reader, _) in CollectionsMarshal.AsSpan(readers))
                Hash = Math.Min(Hash, reader.Hash);

            Events = 0;
            foreach (var one in CollectionsMarshal.AsSpan(readers))
            {
                if (one.Reader.Hash != Hash)
                    continue;
                current.Add(one);
                Events += one.Reader.Events;
            }

            return true;
        }

        public async ValueTask<uint> OnlyOrdinalAsync()
        {
            var ordinals = await current[0].Reader.NextOrdinalsAsync();
            return ordinals.Span[0] + current[0].Added;
        }

        public async ValueTask<uint> CopyAsync(BlockWriter list, Func<ValueTask> breathe)
        {
            foreach (var (reader, added) in current)
            {
                while (await reader.NextOrdinalsAsync() is { IsEmpty: false } ordinals)
                {
                    await list.AddAllAsync(ordinals, added);
                    await breathe();
                }
            }

            return Events;
        }
    }
}
