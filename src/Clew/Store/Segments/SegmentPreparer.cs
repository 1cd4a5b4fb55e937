namespace Clew.Store.Segments;

/// <summary>
/// Keeps the next segment ready: a file of zeros at its full size, flushed, so that appending only overwrites. A full disk shows here,
/// before anything was promised.
/// </summary>
internal sealed class SegmentPreparer(IDisk disk)
{
    public const string FileName = "next.seg.tmp";

    private const int StepBytes = 512 * 1024;

    private readonly Lock gate = new();
    private readonly AsyncSignal wanted = new();
    private TaskCompletionSource<PreparedSegment>? taker;
    private int sizeWanted;
    private bool isStopping;
    private PreparedSegment? ready;

    /// <summary>Has the next segment made; a fault shows when it is taken.</summary>
    /// <param name="bytes">Its size.</param>
    public void Prepare(int bytes)
    {
        lock (gate)
        {
            if (bytes <= sizeWanted)
                return;
            sizeWanted = bytes;
        }

        wanted.Set();
    }

    /// <summary>The segment as soon as it is ready; it no longer belongs to the preparer.</summary>
    /// <exception cref="DiskException">It could not be made.</exception>
    public Task<PreparedSegment> TakeAsync(int bytes)
    {
        Task<PreparedSegment> taken;
        lock (gate)
        {
            taker = new(TaskCreationOptions.RunContinuationsAsynchronously);
            taken = taker.Task;
            sizeWanted = Math.Max(sizeWanted, bytes);
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

            try
            {
                if (SizeWanted() is var size && (ready?.Bytes ?? 0) < size)
                {
                    ready?.File.Dispose();
                    ready = null;
                    ready = await MakeAsync(disk, size);
                }

                Give();
            }
            catch (Exception fault)
            {
                Refuse(fault);
            }
        }
    }

    public void Stop()
    {
        isStopping = true;
        wanted.Set();
    }

    /// <summary>After the loop has ended.</summary>
    public void Dispose() => ready?.File.Dispose();

    /// <summary>A file of zeros under the temporary name, flushed.</summary>
    public static async ValueTask<PreparedSegment> MakeAsync(IDisk disk, int bytes)
    {
        var file = await disk.OpenAsync(FileName, FileUse.Create);
        try
        {
            var zeroedTo = await file.TryAllocateAsync(0, bytes) ? 0 : bytes;
            for (var at = 0; at < zeroedTo; at += StepBytes)
            {
                await file.WriteAsync(new byte[Math.Min(StepBytes, bytes - at)], at);
                await file.SyncAsync();
            }

            await file.SyncAsync();
            return new(file, bytes, zeroedTo);
        }
        catch (DiskException)
        {
            file.Dispose();
            await DeleteQuietlyAsync(disk);
            throw;
        }
    }

    private static async ValueTask DeleteQuietlyAsync(IDisk disk)
    {
        try
        {
            await disk.DeleteAsync(FileName);
        }
        catch (DiskException)
        {
            // The fault that led here says more.
        }
    }

    private int SizeWanted()
    {
        lock (gate)
            return sizeWanted;
    }

    private void Give()
    {
        TaskCompletionSource<PreparedSegment>? given;
        PreparedSegment? made;
        lock (gate)
        {
            if (taker is null || ready is null || ready.Bytes < sizeWanted)
                return;

            (given, taker, made) = (taker, null, ready);
            (ready, sizeWanted) = (null, 0);
        }

        given.SetResult(made);
    }

    // Who takes the next one has it tried again, when there may be space; nobody else does.
    private void Refuse(Exception fault)
    {
        TaskCompletionSource<PreparedSegment>? refused;
        lock (gate)
        {
            (refused, taker) = (taker, null);
            if (refused is not null)
                sizeWanted = 0;
        }

        refused?.SetException(fault);
    }
}

/// <summary>A file of zeros that can become a segment.</summary>
/// <param name="File">Open for writing.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="ZeroedTo">Up to where it was written; what follows is allocated, and costs more to flush the first time.</param>
internal sealed record PreparedSegment(IDiskFile File, int Bytes, int ZeroedTo);
