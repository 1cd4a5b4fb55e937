using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>The reading side of an embedded store, for as many processes as like, also while another one appends.</summary>
/// <remarks>It changes nothing in the folder, and sees only what its writer has made durable.</remarks>
public sealed class SegmentEventReader : SegmentLog
{
    /// <summary>With more tails than these it looks for new index files.</summary>
    private const int TailsMax = 2;

    /// <summary>An open file outlives its folder, so each so many polls it looks whether the store is still where it was.</summary>
    private const int PollsBetweenLooks = 20;

    private readonly Surroundings surroundings;
    private readonly SegmentStoreOptions options;
    private readonly LogScan scan;
    private readonly BlockCache cache;
    private readonly CancellationTokenSource stopping = new();
    private IDiskFile? head;

    // From when the record of an erasure is seen until its journal is gone, what is read may still be what it was, and must not be kept.
    private bool keepsNoEvents = true;
    private Task following = Task.CompletedTask;

    private SegmentEventReader(Surroundings surroundings, SegmentStoreOptions options, LogView view, LogScan scan, BlockCache cache)
        : base(view, new(view, surroundings.Disk)) => (this.surroundings, this.options, this.scan, this.cache) = (surroundings, options, scan, cache);

    /// <summary>Opens the store in a folder for reading.</summary>
    /// <param name="folder">The folder of a store.</param>
    /// <param name="options">How it behaves; what is about writing does not count.</param>
    /// <param name="cancellation">Ends the opening before it has begun.</param>
    /// <exception cref="StoreFormatException">The folder is no store, or one of a newer format.</exception>
    /// <exception cref="StoreCorruptedException">Durable events are gone or damaged; the message names the place.</exception>
    /// <exception cref="StoreUnavailableException">The folder is not there or cannot be read.</exception>
    public static ValueTask<SegmentEventReader> OpenAsync(
        string folder, SegmentStoreOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options ??= new();
        return StoreFaults.TranslateAsync(
            () => OpenAsync(new Surroundings(FolderDisk.Existing(folder), options.Time, new ThreadWorkers(), SystemEntropy.Fill), options, cancellation));
    }

    /// <summary>What the store takes on its disk.</summary>
    public ValueTask<SegmentStoreStatistics> StatisticsAsync(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(View.IsClosed, this);
        cancellation.ThrowIfCancellationRequested();
        return StoreFaults.TranslateAsync(MeasureAsync);
    }

    internal static async ValueTask<SegmentEventReader> OpenAsync(
        Surroundings surroundings, SegmentStoreOptions options, CancellationToken cancellation = default)
    {
        options.Check();
        cancellation.ThrowIfCancellationRequested();
        var disk = surroundings.Disk;
        var names = await disk.ListAsync();
        var store = await StoreFolder.HeaderAsync(disk, names)
            ?? throw new StoreFormatException($"{disk.Name} is not a Clew store: there is nothing in it. Open it for writing once to make it one.");

        var cache = new BlockCache(options.IndexCacheBytesMax);
        var view = new LogView(store, await StoreFolder.SegmentsAsync(disk, new(options.Archive), names, store.Lineage.LogId), options, surroundings.Workers);
        var (files, _) = await StoreFolder.IndexesAsync(disk, names, store.Lineage.LogId, cache);
        view.Change(_ => new(files, []));
        var scan = new LogScan(view, files.Count > 0 ? files[^1].Header.End : LogPoint.Start);
        var reader = new SegmentEventReader(surroundings, options, view, scan, cache);
        try
        {
            if (!await reader.CatchUpAsync())
                throw new StoreFormatException($"{disk.Name} has no mark of how far its log goes: its making was not finished, or its file {Watermark.FileName} is damaged. Open it for writing once, which mends it.");
            reader.following = surroundings.Workers.Start("clew reader", reader.FollowAsync);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    private async Task FollowAsync()
    {
        try
        {
            for (var polls = 1; !stopping.IsCancellationRequested; polls++)
            {
                await Task.Delay(options.PollInterval, surroundings.Time, stopping.Token);
                if (polls % PollsBetweenLooks == 0)
                    await CheckThatItIsThereAsync();
                await CatchUpAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
        catch (StoreException fault)
        {
            View.Fail(fault);
        }
        catch (DiskException fault)
        {
            View.Fail(StoreFaults.Translate(fault));
        }
        catch (Exception fault)
        {
            View.Fail(new StoreFailedException($"The reader of {surroundings.Disk.Name} has stopped: {fault.Message} Open another one.", fault));
        }
    }

    private async ValueTask CheckThatItIsThereAsync()
    {
        try
        {
            (await surroundings.Disk.OpenAsync(StoreHeader.FileName, FileUse.Read)).Dispose();
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            throw new StoreUnavailableException(
                $"The store in {surroundings.Disk.Name} is gone: it was moved or removed, or its file system is no longer there. Open another reader where it is now.", fault);
        }
        catch (DiskException)
        {
            // It is there; why it cannot be opened just now, whoever needs it will say.
        }
    }

    /// <returns>False where there is no mark: until the first one, even the name of the log may be gone after a power loss.</returns>
    private async ValueTask<bool> CatchUpAsync()
    {
        if (await ReadMarkAsync() is not { } mark)
            return false;
        if (mark.Lineage != View.Lineage)
            throw StoreFolder.Damaged(Watermark.FileName, 16, "it belongs to another log", "Open the store for writing once, which makes it anew.");

        if (View.Segments.Headers.Count == 0 || View.Segments.Last.Number < mark.Point.Segment)
            await AddSegmentsAsync();
        StoreFolder.CheckReach(View.Segments, mark);

        // Index files are made of durable events only, so the mark may be behind them after a crash, and then they are right.
        if (mark.Point.Group > scan.Point.Group)
        {
            if (View.Segments.Headers.Count == 0)
                throw StoreFolder.WithoutSegments();

            await scan.RunAsync(mark.Point.Group);
            if (scan.Point.Group < mark.Point.Group)
            {
                await RenewAsync();
                await scan.RunAsync(mark.Point.Group);
            }

            if (scan.Point.Group < mark.Point.Group)
                throw Unreadable(mark);
        }

        if (mark.Point.Group == scan.Point.Group && !mark.Point.IsAt(scan.Point))
            throw Recovery.OfAnotherHistory(mark.Point);

        await ForgetErasedAsync();
        if (View.Head.Position.Value < scan.Point.Position)
            View.Publish(scan.Point);
        if (View.Parts.Tails.Count > TailsMax)
            await TakeNewIndexesAsync();
        return true;
    }

    private async ValueTask ForgetErasedAsync()
    {
        if (scan.TakeErasure() || keepsNoEvents)
        {
            keepsNoEvents = true;
            View.KeepNoEvents();
        }

        if (keepsNoEvents && await ErasureJournal.BytesAsync(surroundings.Disk) is null)
        {
            keepsNoEvents = false;
            View.ForgetEvents();
        }
    }

    private async ValueTask<Watermark?> ReadMarkAsync()
    {
        try
        {
            head ??= await surroundings.Disk.OpenAsync(Watermark.FileName, FileUse.Read);
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            return View.Segments.Headers.Count == 0
                ? null
                : throw StoreFolder.Damaged(Watermark.FileName, null, "it is missing", "Open the store for writing once, which makes it anew.");
        }

        var mark = await Watermark.ReadAsync(head);
        return mark is not null || View.Segments.Headers.Count == 0 || scan.Point.Position == 0
            ? mark
            : throw StoreFolder.Damaged(Watermark.FileName, 0, "none of its marks is sound", "Open the store for writing once, which makes it anew.");
    }

    private async ValueTask AddSegmentsAsync()
    {
        var names = await surroundings.Disk.ListAsync();
        foreach (var name in ArchiveStub.Segments(names).Where(IsNewSegment))
            await StoreFolder.AddSegmentAsync(surroundings.Disk, View.Segments, name, View.Lineage.LogId);

        bool IsNewSegment(string name) =>
            View.Segments.Headers.Count == 0 || SegmentHeader.ParseName(name)!.Value.Number > View.Segments.Last.Number;
    }

    // A replica puts a longer file in the place of its last segment.
    private async ValueTask RenewAsync()
    {
        var known = View.Segments.Numbered(scan.Point.Segment);
        var bytes = new byte[SegmentHeader.Bytes];
        if (!(await surroundings.Disk.ListAsync()).Contains(known.FileName))
            return;

        using var file = await surroundings.Disk.OpenAsync(known.FileName, FileUse.Read);
        await file.ReadAsync(bytes, 0);
        if (SegmentHeader.TryRead(bytes, out var header) && header.FileName == known.FileName && header.LogId == known.LogId)
            View.Segments.Replace(header);
    }

    // Only files that end where one of our tails begins, so that nothing is covered twice.
    private async ValueTask TakeNewIndexesAsync()
    {
        var names = await surroundings.Disk.ListAsync();
        var (files, _) = await StoreFolder.IndexesAsync(surroundings.Disk, names, View.Lineage.LogId, cache);
        var count = files.FindLastIndex(file => View.Parts.Tails.Any(tail => tail.First == file.Last + 1)) + 1;
        if (count > 0 && files[count - 1].Last <= View.Parts.FiledTo)
            count = 0;

        foreach (var useless in files[count..])
            useless.Dispose();
        if (count > 0)
            View.Change(parts => new(files[..count], [.. parts.Tails.Where(tail => tail.First > files[count - 1].Last)]));
    }

    private StoreCorruptedException Unreadable(Watermark mark) => StoreFolder.Damaged(
        View.Segments.Numbered(scan.Point.Segment).FileName,
        scan.Point.Offset,
        $"the group after position {scan.Point.Position} cannot be read, though events up to {mark.Point.Position} are durable",
        "Run \"clew verify\" to see how much is damaged, and restore from a backup.",
        scan.Point.Position + 1);

    private async ValueTask<SegmentStoreStatistics> MeasureAsync()
    {
        var parts = View.Parts;
        var headers = View.Segments.Headers;
        var names = await surroundings.Disk.ListAsync();
        var archived = headers.Where(header => !names.Contains(header.FileName)).ToHashSet();
        var logBytes = 0L;
        for (var index = 0; index < headers.Count; index++)
        {
            if (archived.Contains(headers[index]))
            {
                logBytes += (await ArchiveStub.FindAsync(surroundings.Disk, headers[index].FileName))?.End.Offset - SegmentHeader.Bytes ?? 0;
                continue;
            }

            var last = Math.Min(View.Head.Position.Value, index + 1 < headers.Count ? headers[index + 1].FirstPosition - 1 : long.MaxValue);
            if (last < headers[index].FirstPosition)
                continue;

            var offset = new uint[1];
            await parts[parts.IndexOf(last)].OffsetsAsync(last, offset);
            logBytes += offset[0] + (await new RecordReader(View, parts).ReadAsync(last)).Record.Length - SegmentHeader.Bytes;
        }

        return new(
            View.Head.Position.Value,
            headers.Count,
            logBytes,
            headers.Where(header => !archived.Contains(header)).Sum(header => (long)header.FileBytes),
            parts.Files.Count,
            parts.Files.Sum(file => file.Bytes))
        {
            ArchivedSegments = archived.Count,
        };
    }

    private protected override async Task CloseAsync()
    {
        stopping.Cancel();
        await following;
        View.Close();
        head?.Dispose();
        View.Segments.Dispose();
        foreach (var file in View.Parts.Files)
            file.Dispose();
        stopping.Dispose();
    }
}
