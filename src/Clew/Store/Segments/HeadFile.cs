namespace Clew.Store.Segments;

/// <summary>The writer's hold on the watermark.</summary>
/// <param name="lineage">Of which log.</param>
/// <param name="file">HEAD, open for writing.</param>
/// <param name="last">The mark it holds, where it holds one.</param>
/// <param name="slot">In which of its slots.</param>
internal sealed class HeadFile(Lineage lineage, IDiskFile file, Watermark? last, int slot) : IDisposable
{
    private readonly byte[] bytes = new byte[Watermark.Bytes];
    private long writes = last?.Write ?? 0;

    // A crash must find the one whole, and who reads meanwhile the other.
    private int syncedSlot = slot;
    private int writtenSlot = slot;

    /// <summary>Whether what was written last is durable too.</summary>
    public bool IsSynced { get; private set; } = true;

    /// <summary>Whether the disk may hold a mark that says that nothing follows.</summary>
    public bool IsClean { get; private set; } = last?.IsClean ?? false;

    public async ValueTask WriteAsync(LogPoint point, bool isClean)
    {
        var mark = new Watermark(lineage, point, isClean, ++writes);
        mark.CopyTo(bytes);
        IsSynced = false;
        writtenSlot = NextSlot();
        await file.WriteAsync(bytes, writtenSlot * Watermark.SlotBytes);
        if (isClean)
            IsClean = true;
    }

    /// <summary>Makes the last mark durable, unless it is.</summary>
    public async ValueTask SyncAsync()
    {
        if (IsSynced)
            return;

        IsSynced = true;
        await file.SyncAsync();
        syncedSlot = writtenSlot;
        IsClean = false;
    }

    public void Dispose() => file.Dispose();

    private int NextSlot()
    {
        var next = (writtenSlot + 1) % Watermark.Slots;
        return next == syncedSlot ? (next + 1) % Watermark.Slots : next;
    }
}
