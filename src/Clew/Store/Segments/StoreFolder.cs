using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>What lies in a store's folder, found and checked without reading events.</summary>
internal static class StoreFolder
{
    public const string UnfinishedStore = "STORE.tmp";
    public const string Lock = "LOCK";

    /// <summary>Which log the folder holds; null where it holds none yet.</summary>
    /// <exception cref="StoreFormatException">It is no store, and not empty either; or one of a newer format.</exception>
    public static async ValueTask<StoreHeader?> HeaderAsync(IDisk disk, IReadOnlyList<string> names)
    {
        if (!names.Contains(StoreHeader.FileName))
        {
            var foreign = names.FirstOrDefault(name => name is not (UnfinishedStore or Lock or ReplicaMark.FileName or ReplicaMark.Unfinished));
            return foreign is null ? null : throw NoStore(disk, foreign);
        }

        var bytes = new byte[StoreHeader.Bytes];
        using var file = await disk.OpenAsync(StoreHeader.FileName, FileUse.Read);
        var read = await file.ReadAsync(bytes, 0);
        return StoreHeader.Read(bytes.AsSpan(0, read), disk.Name, hasSegments: ArchiveStub.Segments(names).Any());
    }

    /// <summary>Makes the folder a store.</summary>
    /// <param name="surroundings">Its disk, and chance.</param>
    /// <param name="lineage">Of which log; a new one where it is left out.</param>
    public static async ValueTask<StoreHeader> CreateAsync(Surroundings surroundings, Lineage? lineage = null)
    {
        var chance = new byte[32];
        surroundings.Entropy(chance);
        var made = new StoreHeader(
            lineage ?? new(new Guid(chance.AsSpan(0, 16)), 1),
            BitConverter.ToUInt128(chance, 16),
            Events.UnixMicroseconds.From(surroundings.Time.GetUtcNow()));
        await PutAsync(surroundings.Disk, made);
        return made;
    }

    /// <summary>Writes the file that says which log the folder holds, in place of one that is there.</summary>
    public static ValueTask PutAsync(IDisk disk, StoreHeader store) => PutAsync(disk, StoreHeader.FileName, UnfinishedStore, store.ToBytes());

    /// <summary>Puts a file in its place as a whole, durable with its name.</summary>
    public static async ValueTask PutAsync(IDisk disk, string name, string unfinished, ReadOnlyMemory<byte> bytes)
    {
        using (var file = await disk.OpenAsync(unfinished, FileUse.Create))
        {
            await file.WriteAsync(bytes, 0);
            await file.SyncAsync();
        }

        await disk.RenameAsync(unfinished, name);
        await disk.SyncFolderAsync();
    }

    /// <summary>The segments, in order.</summary>
    /// <exception cref="StoreCorruptedException">One is missing, foreign, or does not begin as it should.</exception>
    public static async ValueTask<SegmentSet> SegmentsAsync(IDisk disk, Archives archives, IReadOnlyList<string> names, Guid logId)
    {
        var set = new SegmentSet(disk, archives);
        await AddSegmentsAsync(disk, set, names, logId);
        return set;
    }

    /// <summary>Adds all segments to a set, in order; those before one that is not as it should be stay in it.</summary>
    /// <exception cref="StoreCorruptedException">One is missing, foreign, or does not begin as it should.</exception>
    public static async ValueTask AddSegmentsAsync(IDisk disk, SegmentSet set, IReadOnlyList<string> names, Guid logId)
    {
        foreach (var name in ArchiveStub.Segments(names))
            await AddSegmentAsync(disk, set, name, logId);
    }

    public static async ValueTask AddSegmentAsync(IDisk disk, SegmentSet set, string name, Guid logId)
    {
        var number = SegmentHeader.ParseName(name)!.Value.Number;
        var expected = set.Headers.Count == 0 ? 1 : set.Last.Number + 1;
        if (number != expected)
        {
            throw Damaged(
                name, null, $"segment {expected} is missing before it", "Bring the missing file back; without it, no position after it can be trusted.");
        }

        set.Add(await SegmentHeaderAsync(disk, name, logId));
    }

    private static async ValueTask<SegmentHeader> SegmentHeaderAsync(IDisk disk, string name, Guid logId)
    {
        var (bytes, length) = await BeginningAsync(disk, name);
        if (!SegmentHeader.TryRead(bytes, out var header))
            throw Damaged(name, 0, "its header is damaged", "Restore the file from a backup.");
        if (header.LogId != logId)
            throw Damaged(name, 16, $"it belongs to the log {header.LogId}, and this store is {logId}", "Move it back to where it came from.");
        if (header.FileName != name)
            throw Damaged(name, 8, $"it was made as {header.FileName}", "Give it its name back.");
        if (length < header.FileBytes)
            throw Damaged(name, length, $"it ends after {length:N0} of {header.FileBytes:N0} bytes", "Restore the file from a backup.");

        return header;
    }

    private static async ValueTask<(byte[] Header, long Length)> BeginningAsync(IDisk disk, string name)
    {
        try
        {
            var bytes = new byte[SegmentHeader.Bytes];
            using var file = await disk.OpenAsync(name, FileUse.Read);
            await file.ReadAsync(bytes, 0);
            return (bytes, await file.LengthAsync());
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            if (await ArchiveStub.FindAsync(disk, name) is not { } stub)
                throw;

            return (stub.Header.ToBytes(), stub.Header.FileBytes);
        }
    }

    /// <summary>Index files that cover the log from its beginning without a gap, and the names of those that do not fit in.</summary>
    public static async ValueTask<(List<IndexFile> Files, List<string> Unused)> IndexesAsync(
        IDisk disk, IReadOnlyList<string> names, Guid logId, BlockCache cache)
    {
        var (files, unused) = (new List<IndexFile>(), new List<string>());
        var candidates = names.Select(name => (Name: name, Range: IndexFileHeader.ParseName(name)))
            .Where(one => one.Range is not null)
            .OrderBy(one => one.Range!.Value.First).ThenByDescending(one => one.Range!.Value.Last);
        foreach (var (name, range) in candidates)
        {
            var next = files.Count == 0 ? 1 : files[^1].Last + 1;
            if (range!.Value.First == next && await OpenIndexAsync(disk, name, logId, cache) is { } file)
                files.Add(file);
            else
                unused.Add(name);
        }

        return (files, unused);
    }

    /// <summary>Whether the segment is there in which the log ends.</summary>
    /// <exception cref="StoreCorruptedException">It is not.</exception>
    public static void CheckReach(SegmentSet segments, Watermark? mark)
    {
        if (segments.Headers.Count > 0 && mark?.Point.Segment > segments.Last.Number)
        {
            throw Damaged(
                segments.Last.FileName, null, $"segment {segments.Last.Number + 1} is missing after it", "Bring the missing file back; it holds durable events.");
        }
    }

    public static StoreCorruptedException Damaged(string file, long? offset, string what, string advice, long? position = null) => new(
        $"The store is damaged at {file}{(offset is null ? "" : $", byte {offset}")}: {what}. {advice} Nothing was changed.",
        new(file, offset, position is null ? null : new(position.Value), what));

    public static StoreCorruptedException WithoutSegments() =>
        Damaged(Watermark.FileName, null, "it speaks of events, but there is no segment", "Bring the segments back.", 1);

    // Gone between the listing and now: its writer has merged it.
    public static async ValueTask<IndexFile?> OpenIndexAsync(IDisk disk, string name, Guid logId, BlockCache cache)
    {
        try
        {
            return await IndexFile.OpenAsync(disk, name, logId, cache);
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            return null;
        }
    }

    private static StoreFormatException NoStore(IDisk disk, string foreign) => new(
        !ArchiveStub.Segments([foreign]).Any()
            ? $"{disk.Name} is not a Clew store: it has no file {StoreHeader.FileName}, but others such as {foreign}. Give the folder of a store, or an empty one to make a store in."
            : $"{disk.Name} has segments but no file {StoreHeader.FileName}, which says which log they belong to. Restore that file from a backup; it never changes.");
}
