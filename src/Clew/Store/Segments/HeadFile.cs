namespace Clew.Store.Segments;

/// <summary>The writer's hold on the watermark.</summary>
internal sealed class HeadFile(Lineage lineage, IDiskFile file, Watermark? last) : IDisposable
{
    private readonly byte[] bytes = new byte[Watermark.Bytes];
    private long writes = last?.Write ?? 0;

    /// <summary>Whether what was written last is durable too.</summary>
    public bool IsSynced { get; private set; } = true;

    /// <summary>Whether the disk may hold a mark that says that nothing follows.</summary>
    public bool IsClean { get; private set; } = last?.IsClean ?? false;

    public async ValueTask WriteAsync(LogPoint point, bool isClean)
    {
        var mark = new Watermark(lineage, point, isClean, ++writes);
        mark.CopyTo(bytes);
        IsSynced = false;
        await file.WriteAsync(bytes, mark.Offset);
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
        IsClean = false;
    }

    public void Dispose() => file.Dispose();
}
