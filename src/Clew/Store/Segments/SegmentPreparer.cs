namespace Clew.Store.Segments;

/// <summary>
/// Keeps the next segment ready: a file full of zeros, flushed, so that appending only overwrites. It fills the file step by step as the
/// present segment fills up, because a flush of much at once would make appends wait. A full disk shows here, before anything was promised.
/// </summary>
internal sealed class SegmentPreparer(IDisk disk)
{
    public const string FileName = "next.seg.tmp";

    private const int StepBytes = 512 * 1024;

    /// <summary>So far behind, the rest is allocated instead of written: appends then come in groups so large that it costs them little.</summary>
    private const int BehindBytes = 8 * StepBytes;

    private static readonly byte[] Zeros = new byte[StepBytes];

    private readonly Lock gate = new();
    private readonly AsyncSignal wanted = new();
    private TaskCompletionSource<PreparedSegment>? taker;
    private int sizeWanted;
    private int fillWanted;
    private bool isStopping;
    private IDiskFile? file;
    private int filled;

    /// <summary>Has the next segment filled up to some of its size; a fault shows when it is taken.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="upTo">How much of it should be ready by now.</param>
    public void Prepare(int bytes, long upTo)
    {
        lock (gate)
        {
            sizeWanted = Math.Max(sizeWanted, bytes);
            upTo = Math.Min(upTo, sizeWanted);
            if (upTo < fillWanted + StepBytes && upTo < sizeWanted || upTo <= fillWanted)
                return;
            fillWanted = (int)upTo;
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
            fillWanted = sizeWanted = Math.Max(sizeWanted, bytes);
        }

        wanted.Set();
        return taken;
    }

    public async Task RunAsync()
    {
        while (true)
        {
            await wanted.WaitAsync();
            try
            {
                while (!isStopping && FillWanted() is var (size, fill) && filled < fill)
                {
                    if (fill - filled < BehindBytes || !await TryAllocateAsync(size))
                        await FillAsync(Math.Min(fill, filled + StepBytes));
                }

                Give();
            }
            catch (DiskException fault)
            {
                await RefuseAsync(fault);
            }

            if (isStopping)
                return;
        }
    }

    public void Stop()
    {
        isStopping = true;
        wanted.Set();
    }

    /// <summary>After the loop has ended.</summary>
    public void Dispose() => file?.Dispose();

    /// <summary>A file of zeros under the temporary name, flushed.</summary>
    public static async ValueTask<IDiskFile> FilledAsync(IDisk disk, int bytes)
    {
        var preparer = new SegmentPreparer(disk);
        try
        {
            while (preparer.filled < bytes)
                await preparer.FillAsync(Math.Min(bytes, preparer.filled + StepBytes));
        }
        catch (DiskException fault)
        {
            await preparer.RefuseAsync(fault);
            throw;
        }

        return preparer.file!;
    }

    private (int Size, int Fill) FillWanted()
    {
        lock (gate)
            return (sizeWanted, fillWanted);
    }

    private async ValueTask<bool> TryAllocateAsync(int size)
    {
        file ??= await disk.OpenAsync(FileName, FileUse.Create);
        if (!await file.TryAllocateAsync(filled, size - filled))
            return false;

        await file.SyncAsync();
        filled = size;
        return true;
    }

    private async ValueTask FillAsync(int upTo)
    {
        file ??= await disk.OpenAsync(FileName, FileUse.Create);
        await file.WriteAsync(Zeros.AsMemory(0, upTo - filled), filled);
        await file.SyncAsync();
        filled = upTo;
    }

    private void Give()
    {
        TaskCompletionSource<PreparedSegment>? given;
        PreparedSegment made;
        lock (gate)
        {
            if (taker is null || file is null || filled < sizeWanted)
                return;

            (given, taker, made) = (taker, null, new(file, filled));
            (file, filled, sizeWanted, fillWanted) = (null, 0, 0, 0);
        }

        given.SetResult(made);
    }

    // The next demand begins anew, when there may be space again.
    private async ValueTask RefuseAsync(DiskException fault)
    {
        file?.Dispose();
        TaskCompletionSource<PreparedSegment>? refused;
        lock (gate)
        {
            (refused, taker) = (taker, null);
            (file, filled, sizeWanted, fillWanted) = (null, 0, 0, 0);
        }

        try
        {
            await disk.DeleteAsync(FileName);
        }
        catch (DiskException)
        {
            // The fault that led here says more.
        }

        refused?.SetException(fault);
    }
}

/// <summary>A file of zeros that can become a segment.</summary>
internal sealed record PreparedSegment(IDiskFile File, int Bytes);
