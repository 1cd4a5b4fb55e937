namespace Clew.Store.Segments;

/// <summary>
/// Keeps the next segment ready: a file full of zeros, flushed, so that appending only overwrites. A full disk shows here, before
/// anything was promised.
/// </summary>
internal sealed class SegmentPreparer(IDisk disk)
{
    public const string FileName = "next.seg.tmp";

    private const int ChunkBytes = 1024 * 1024;
    private const int SyncEveryBytes = 4 * ChunkBytes;
    private static readonly byte[] Zeros = new byte[ChunkBytes];

    private readonly Lock gate = new();
    private readonly AsyncSignal wanted = new();
    private TaskCompletionSource<PreparedSegment>? taker;
    private PreparedSegment? ready;
    private int wantedBytes;
    private bool isStopping;

    /// <summary>Has a segment made ready, if none is; a fault shows when it is taken.</summary>
    public void Prepare(int bytes)
    {
        lock (gate)
        {
            if (ready is not null || wantedBytes != 0)
                return;
            wantedBytes = bytes;
        }

        wanted.Set();
    }

    /// <summary>The segment that is ready, or as soon as it is; it no longer belongs to the preparer.</summary>
    /// <exception cref="DiskException">It could not be made.</exception>
    public Task<PreparedSegment> TakeAsync(int bytes)
    {
        Task<PreparedSegment> taken;
        lock (gate)
        {
            if (ready is { } made && made.Bytes >= bytes)
            {
                ready = null;
                return Task.FromResult(made);
            }

            taker = new(TaskCreationOptions.RunContinuationsAsynchronously);
            wantedBytes = Math.Max(wantedBytes, bytes);
            taken = taker.Task;
        }

        wanted.Set();
        return taken;
    }

    public async Task RunAsync()
    {
        while (true)
        {
            await wanted.WaitAsync();
            if (isStopping)
                return;

            int bytes;
            lock (gate)
            {
                bytes = wantedBytes;
                wantedBytes = 0;
            }

            if (bytes > 0)
                await MakeAsync(bytes);
        }
    }

    public void Stop()
    {
        isStopping = true;
        wanted.Set();
    }

    /// <summary>After the loop has ended.</summary>
    public void Dispose() => ready?.File.Dispose();

    private async ValueTask MakeAsync(int bytes)
    {
        try
        {
            ready?.File.Dispose();
            ready = null;
            Give(new(await FillAsync(disk, bytes), bytes));
        }
        catch (DiskException fault)
        {
            TaskCompletionSource<PreparedSegment>? refused;
            lock (gate)
                (refused, taker) = (taker, null);

            refused?.SetException(fault);
        }
    }

    private void Give(PreparedSegment made)
    {
        TaskCompletionSource<PreparedSegment>? given = null;
        lock (gate)
        {
            if (taker is null || made.Bytes < wantedBytes)
                ready = made;
            else
                (given, taker, wantedBytes) = (taker, null, 0);
        }

        given?.SetResult(made);
    }

    /// <summary>A file of zeros under the temporary name, flushed.</summary>
    public static async ValueTask<IDiskFile> FillAsync(IDisk disk, int bytes)
    {
        var file = await disk.OpenAsync(FileName, FileUse.Create);
        try
        {
            for (var at = 0; at < bytes; at += ChunkBytes)
            {
                await file.WriteAsync(Zeros.AsMemory(0, Math.Min(ChunkBytes, bytes - at)), at);
                if ((at + ChunkBytes) % SyncEveryBytes == 0)
                    await file.SyncAsync();
            }

            await file.SyncAsync();
            return file;
        }
        catch (DiskException)
        {
            file.Dispose();
            await disk.DeleteAsync(FileName);
            throw;
        }
    }
}

/// <summary>A file of zeros that can become a segment.</summary>
internal sealed record PreparedSegment(IDiskFile File, int Bytes);
