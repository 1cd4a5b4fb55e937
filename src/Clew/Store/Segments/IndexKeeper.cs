using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Makes index files out of tails that grow no more, and merges them, so that there are never many.</summary>
/// <remarks>One loop at a time.</remarks>
internal sealed class IndexKeeper(LogView view, IDisk disk, Entropy entropy, BlockCache cache)
{
    /// <summary>So many adjacent files of one size become one.</summary>
    private const int MergeFiles = 8;

    /// <summary>Files below so many events count as of one size.</summary>
    private const int SmallestTierEvents = 1 << 13;

    /// <summary>So many blocks are copied with one write.</summary>
    private const int CopiedBlocks = 64;

    /// <summary>The tails that grow no more, with the points at which they end.</summary>
    private readonly Queue<(TailIndex Tail, LogPoint End)> frozen = new();
    private readonly Lock gate = new();
    private volatile bool mayMerge = true;

    /// <summary>Called whenever no tail waits any more.</summary>
    public Action Filed { get; set; } = () => { };

    /// <summary>How many tails wait to become files.</summary>
    public int FrozenCount
    {
        get
        {
            lock (gate)
                return frozen.Count;
        }
    }

    public void Freeze(TailIndex tail, LogPoint end)
    {
        lock (gate)
            frozen.Enqueue((tail, end));
    }

    /// <summary>Makes a file of each frozen tail.</summary>
    public async ValueTask FileTailsAsync()
    {
        while (true)
        {
            (TailIndex Tail, LogPoint End) next;
            lock (gate)
            {
                if (!frozen.TryPeek(out next))
                    break;
            }

            IndexFile[] made = next.Tail.Count == 0 ? [] : [await WriteAsync([new TailSource(next.Tail, next.End, view.Hasher)])];
            view.Change(parts => new([.. parts.Files, .. made], [.. parts.Tails.Where(tail => tail != next.Tail)]));

            lock (gate)
                frozen.Dequeue();
        }

        Filed();
    }

    /// <summary>Copies an index file of another folder that holds the same segments and has the same index key, under a name that does not count yet.</summary>
    /// <returns>The copy; null where a block of the file is damaged or cannot be read.</returns>
    public async ValueTask<IndexFile?> CopyAsync(IndexFile source)
    {
        var file = await disk.OpenAsync(UnfinishedNameOf(source), FileUse.Create);
        try
        {
            var buffer = new byte[CopiedBlocks * IndexBlocks.Bytes];
            for (var done = 0; done < source.Header.Blocks; done += CopiedBlocks)
            {
                var blocks = buffer.AsMemory(0, Math.Min(CopiedBlocks, source.Header.Blocks - done) * IndexBlocks.Bytes);
                await ReadAsync(source, done, blocks);
                await file.WriteAsync(blocks, (long)done * IndexBlocks.Bytes);
            }

            return new(source.Header, source.Name, file, cache);
        }
        catch (Exception fault)
        {
            file.Dispose();
            await disk.DeleteAsync(UnfinishedNameOf(source));
            if (fault is StoreException)
                return null;
            throw;
        }
    }

    /// <summary>Gives a copied index file its name, durably: once the log has all of its events.</summary>
    public async ValueTask NameAsync(IndexFile copy)
    {
        using (var file = await disk.OpenAsync(UnfinishedNameOf(copy), FileUse.Write))
            await file.SyncAsync();
        await disk.RenameAsync(UnfinishedNameOf(copy), copy.Name);
        await disk.SyncFolderAsync();
    }

    /// <summary>Forgets copied index files, of the first of which the log has not all events, and indexes those that it has.</summary>
    /// <param name="copies">The last files, in order.</param>
    /// <param name="end">Where the log ends.</param>
    public async ValueTask ForgetAsync(IReadOnlyList<IndexFile> copies, LogPoint end)
    {
        var known = view.Parts.Files.TakeWhile(file => file != copies[0]).ToArray();
        var anew = view.With(known);
        var keeper = new IndexKeeper(anew, disk, entropy, cache);
        var scan = await Recovery.ScanAsync(anew, keeper, known.Length > 0 ? known[^1].Header.End : LogPoint.Start, end.Group);
        Invariant.Holds(scan.Point.Group == end.Group);
        await keeper.FileTailsAsync();
        view.Change(parts => new([.. parts.Files.TakeWhile(file => file != copies[0]), .. anew.Parts.Files.Skip(known.Length)], anew.Parts.Tails));
        foreach (var copy in copies)
            await disk.DeleteAsync(UnfinishedNameOf(copy));
    }

    /// <summary>Has a merge that runs give up.</summary>
    public void StopMerging() => mayMerge = false;

    /// <summary>Merges files until no tier has too many.</summary>
    /// <exception cref="OperationCanceledException">It was told to give up; the files stay as they were.</exception>
    public async ValueTask MergeAsync()
    {
        while (FindMerge(NamedFiles()) is { } range)
        {
            var inputs = view.Parts.Files.Take(range).ToArray();
            var merged = await WriteAsync([.. inputs.Select(file => new FileSource(file))]);
            view.Change(parts => parts with { Files = [.. parts.Files.SelectMany(file => file == inputs[0] ? [merged] : inputs.Contains(file) ? Array.Empty<IndexFile>() : [file])] });

            // Readers may still look into the old files; their handles close once nobody does.
            foreach (var input in inputs)
                await disk.DeleteAsync(input.Name);
        }
    }

    // One that was copied ahead of its events is not to be merged yet.
    private IndexFile[] NamedFiles() => [.. view.Parts.Files.TakeWhile(file => file.Last <= view.Head.Position.Value)];

    private static string UnfinishedNameOf(IndexFile file) => file.Name[..^4] + IndexFileWriter.UnfinishedSuffix;

    // Of another disk, whose faults are not this one's.
    private static async ValueTask ReadAsync(IndexFile source, int first, Memory<byte> blocks)
    {
        try
        {
            for (var at = 0; at < blocks.Length; at += IndexBlocks.Bytes)
                await source.ReadUncachedAsync(first + (at / IndexBlocks.Bytes), blocks.Slice(at, IndexBlocks.Bytes));
        }
        catch (DiskException fault)
        {
            throw StoreFaults.Translate(fault);
        }
    }

    private async ValueTask<IndexFile> WriteAsync(IReadOnlyList<IIndexSource> sources)
    {
        Span<byte> nonce = stackalloc byte[8];
        entropy(nonce);
        var writer = new IndexFileWriter(disk, view.Lineage.LogId, BitConverter.ToUInt64(nonce), BreatheAsync) { FlushBytes = view.IndexFlushBytes };
        var name = await writer.WriteAsync(sources);
        return await IndexFile.OpenAsync(disk, name, view.Lineage.LogId, cache)
            ?? throw new DiskException(DiskFault.Failed, $"{name} does not hold what was just written to it.");

        // A large merge takes its time, and appends must not wait for it.
        async ValueTask BreatheAsync()
        {
            if (sources[0] is not FileSource)
                return;
            if (!mayMerge)
                throw new OperationCanceledException();
            await FileTailsAsync();
        }
    }

    // Sizes count from the newest file back and never shrink on the way, so that a small file between large ones is merged with them.
    private static Range? FindMerge(IndexFile[] files)
    {
        var (end, tier) = (files.Length, 0);
        for (var index = files.Length - 1; index >= 0; index--)
        {
            var own = TierOf(files[index].Last - files[index].First + 1);
            if (own > tier)
                (end, tier) = (index + 1, own);
            if (end - index >= MergeFiles && FitIntoOne(files.Take(index..end)))
                return index..end;
        }

        return null;
    }

    // An index file counts events, and entries of its lists, in 32 bits. A key with one event takes an entry once it has two.
    private static bool FitIntoOne(IEnumerable<IndexFile> files)
    {
        var entries = new long[4];
        foreach (var header in files.Select(file => file.Header))
        {
            for (var kind = 0; kind < entries.Length; kind++)
                entries[kind] += header.Sections[kind].ListEntries + header.Sections[kind].Keys;
        }

        return entries.All(count => count <= uint.MaxValue) && files.Sum(file => file.Last - file.First + 1) <= uint.MaxValue;
    }

    private static int TierOf(long events)
    {
        var tier = 0;
        for (var size = (long)SmallestTierEvents; events > size; size *= MergeFiles)
            tier++;

        return tier;
    }
}
