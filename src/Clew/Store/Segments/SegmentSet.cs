namespace Clew.Store.Segments;

/// <summary>The segments of a log, in order, in its folder or in archives, and their open files, of which it keeps a limited number.</summary>
internal sealed class SegmentSet(IDisk disk, Archives archives) : IDisposable
{
    private const int HandlesMax = 128;

    private readonly Lock gate = new();
    private readonly Dictionary<int, IReadableFile> handles = [];
    private readonly Queue<int> opened = new();
    private volatile SegmentHeader[] headers = [];
    private int closings;
    private bool isDisposed;

    public IReadOnlyList<SegmentHeader> Headers => headers;

    public SegmentHeader Last => headers[^1];

    public void Add(SegmentHeader header)
    {
        Invariant.Holds(headers.Length == 0 || header.Number == headers[^1].Number + 1);
        headers = [.. headers, header];
    }

    /// <summary>Has a segment read from the file that has its name by now: one that begins with the same groups, and has more.</summary>
    public void Replace(SegmentHeader header)
    {
        var index = header.Number - headers[0].Number;
        headers = [.. headers[..index], header, .. headers[(index + 1)..]];
        lock (gate)
        {
            if (handles.Remove(header.Number, out var old))
                old.Dispose();
            closings++;
        }
    }

    /// <summary>The segment that holds a position, or would hold it next.</summary>
    public SegmentHeader Of(long position)
    {
        var all = headers;
        var (low, high) = (0, all.Length - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (all[middle].FirstPosition <= position)
                low = middle;
            else
                high = middle - 1;
        }

        return all[low];
    }

    /// <summary>The segment with this number.</summary>
    public SegmentHeader Numbered(int number) => headers[number - headers[0].Number];

    /// <summary>The first position of the segment after this one; beyond every position where it is the last.</summary>
    public long FirstAfter(SegmentHeader header)
    {
        var all = headers;
        var next = header.Number - all[0].Number + 1;
        return next < all.Length ? all[next].FirstPosition : long.MaxValue;
    }

    public async ValueTask<int> ReadAsync(SegmentHeader header, Memory<byte> target, long offset)
    {
        for (var isRepeated = false; ;)
        {
            IReadableFile? file = null;
            try
            {
                file = Held(header.Number) ?? await OpenAsync(header);
                return await file.ReadAsync(target, offset);
            }
            catch (ObjectDisposedException) when (file is not null && Held(header.Number) != file)
            {
                // Another reader needed the room for a handle of its own.
            }
            catch (StoreCorruptedException) when (!isRepeated)
            {
                // It may have been packed anew since it was opened, because something in it was erased.
                if (file is not null)
                    Close(header.Number, file);
                isRepeated = true;
            }
        }
    }

    /// <summary>Changes bytes of events, wherever the segment lies, and makes that durable.</summary>
    /// <param name="header">The segment; not the one that grows, unless the bytes are durable.</param>
    /// <param name="changes">Ascending.</param>
    public async ValueTask OverwriteAsync(SegmentHeader header, IReadOnlyList<SegmentChange> changes)
    {
        var isHere = await TryOverwriteHereAsync(header, changes);
        if (await ArchiveStub.FindAsync(disk, header.FileName) is { } stub)
            await archives.OverwriteAsync(stub, changes, isHere);
        else if (!isHere)
            throw Missing(header);
    }

    /// <summary>Makes sure that bytes of a segment can be changed.</summary>
    /// <exception cref="ArchiveNotAttachedException">It is in an archive that is not attached.</exception>
    public async ValueTask CheckWritableAsync(SegmentHeader header)
    {
        if (await ArchiveStub.FindAsync(disk, header.FileName) is { } stub)
            await archives.CheckWritableAsync(stub, (await disk.ListAsync()).Contains(header.FileName));
    }

    /// <summary>Closes all files, to be opened again where they lie by then: one that lies elsewhere now may go on to say what is erased there.</summary>
    public void CloseFiles()
    {
        lock (gate)
        {
            foreach (var file in handles.Values)
                file.Dispose();
            handles.Clear();
            opened.Clear();
            closings++;
        }
    }

    /// <summary>The journal of the erasure that is under way, or was cut short; null where there is none.</summary>
    public ValueTask<ErasureJournal?> ErasingAsync() => ErasureJournal.ReadAsync(disk, Last.LogId);

    public void Dispose()
    {
        lock (gate)
            isDisposed = true;
        CloseFiles();
    }

    private IReadableFile? Held(int number)
    {
        lock (gate)
            return handles.GetValueOrDefault(number);
    }

    private void Close(int number, IReadableFile file)
    {
        lock (gate)
        {
            if (handles.GetValueOrDefault(number) == file)
                handles.Remove(number);
            file.Dispose();
        }
    }

    private async ValueTask<bool> TryOverwriteHereAsync(SegmentHeader header, IReadOnlyList<SegmentChange> changes)
    {
        try
        {
            using var file = await disk.OpenAsync(header.FileName, FileUse.Write);
            foreach (var change in changes)
                await file.WriteAsync(change.Bytes, change.Offset);

            await file.SyncAsync();
            return true;
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            return false;
        }
    }

    private async ValueTask<IReadableFile> FileAsync(SegmentHeader header)
    {
        try
        {
            return await disk.OpenAsync(header.FileName, FileUse.Read);
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            // Whether or not it was there before: its writer may have moved it meanwhile.
            return await archives.OpenAsync(await ArchiveStub.FindAsync(disk, header.FileName) ?? throw Missing(header));
        }
    }

    private static StoreCorruptedException Missing(SegmentHeader header) => StoreFolder.Damaged(
        header.FileName, null, "it is gone", "Bring it back, from a backup where it is nowhere else.", header.FirstPosition);

    private async ValueTask<IReadableFile> OpenAsync(SegmentHeader header)
    {
        while (true)
        {
            var before = Volatile.Read(ref closings);
            var file = await FileAsync(header);
            if (Keep(header.Number, file, before) is { } kept)
                return kept;
        }
    }

    /// <returns>Null where files were closed since it was opened: it may be what should be forgotten.</returns>
    private IReadableFile? Keep(int number, IReadableFile file, int closingsBefore)
    {
        lock (gate)
        {
            if (isDisposed || closings != closingsBefore || handles.ContainsKey(number))
            {
                file.Dispose();
                ObjectDisposedException.ThrowIf(isDisposed, this);
                return closings == closingsBefore ? handles[number] : null;
            }

            handles.Add(number, file);
            opened.Enqueue(number);
            if (opened.Count > HandlesMax && handles.Remove(opened.Dequeue(), out var oldest))
                oldest.Dispose();

            return file;
        }
    }
}
