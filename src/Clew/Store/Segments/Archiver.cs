using System.Text;
using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// Moves full segments into an archive, one after the other. For each: a stub says where it will be, the archive gets it, packed and read back,
/// and only then does it go from the folder. Wherever that is cut short, the segment is in one of the two as a whole, and moving it again ends it.
/// </summary>
internal sealed class Archiver(LogView view, LogProofs proofs, IDisk disk, ArchiveOptions? options, RewriteTurn turn)
{
    public async ValueTask<ArchiveResult> RunAsync(ArchiveRequest request, CancellationToken cancellation)
    {
        if (options is null)
            throw new ArgumentException("This store does not know how to pack an archive. Open it with SegmentStoreOptions.Archive = new(new ZstandardCodec()), of the package Clew.Zstandard.");

        var moving = await ChooseAsync(request.Before);
        if (moving.Count == 0)
            return new(0, 0, 0, 0, await ArchivedToAsync());

        var archive = await CheckAsync(options.NewFolderAt(request.Folder));
        var (result, done, total) = (new ArchiveResult(0, 0, 0, 0, default), 0L, moving.Sum(segment => (long)segment.FileBytes));
        foreach (var segment in moving)
        {
            cancellation.ThrowIfCancellationRequested();
            var packedBytes = await turn.RunAsync(() => MoveAsync(segment, archive, options.Codec), cancellation);
            result = new(
                result.Segments + 1, result.Events + view.Segments.FirstAfter(segment) - segment.FirstPosition, done += segment.FileBytes, result.ArchiveBytes + packedBytes, default);
            request.Progress?.Report(new(done, total));
        }

        return result with { ArchivedTo = await ArchivedToAsync() };
    }

    private static async ValueTask<IDisk> CheckAsync(IDisk archive)
    {
        if ((await archive.ListAsync()).Contains(StoreHeader.FileName))
            throw new ArchiveRefusedException($"{archive.Name} is the folder of a store. Give a folder for the archive, an empty one to begin with.");
        if (Encoding.UTF8.GetByteCount(archive.Name) > ArchiveStub.FolderBytesMax)
            throw new ArchiveRefusedException($"The path of the archive has more than {ArchiveStub.FolderBytesMax:N0} bytes. Give a shorter one.");

        return archive;
    }

    // What no index file covers yet would have to be read again after a crash.
    private async ValueTask<List<SegmentHeader>> ChooseAsync(GlobalPosition before)
    {
        var names = await disk.ListAsync();
        var last = Math.Min(before.Value - 1, view.Parts.FiledTo);
        return [.. view.Segments.Headers.SkipLast(1).TakeWhile(segment => view.Segments.FirstAfter(segment) - 1 <= last).Where(segment => names.Contains(segment.FileName))];
    }

    private async ValueTask<GlobalPosition> ArchivedToAsync()
    {
        var names = await disk.ListAsync();
        var last = view.Segments.Headers.LastOrDefault(segment => !names.Contains(segment.FileName));
        return new(last is null ? 0 : view.Segments.FirstAfter(last) - 1);
    }

    /// <returns>How long the segment is in the archive.</returns>
    private async ValueTask<long> MoveAsync(SegmentHeader segment, IDisk archive, IFrameCodec codec)
    {
        var end = await EndAsync(segment);
        var stub = new ArchiveStub(segment, end, (await proofs.TreeHeadAsync(new(end.Position), CancellationToken.None)).Root, archive.Name);
        var isNew = await IsNewAsync(stub, archive);

        // Before there is a copy of it anywhere, for an erasure has to find them all.
        await stub.PutAsync(disk);
        long packedBytes;
        try
        {
            packedBytes = await PackAsync(stub, archive, codec);
        }
        catch
        {
            await TakeBackAsync(stub, archive, isNew);
            throw;
        }

        await archive.RenameAsync(Archives.UnfinishedName(stub), stub.PackedName);
        await archive.SyncFolderAsync();
        await disk.DeleteAsync(segment.FileName);
        await disk.SyncFolderAsync();
        view.Segments.CloseFiles();
        return packedBytes;
    }

    /// <summary>Goes through the segment's groups, for what is damaged is not to be moved.</summary>
    private async ValueTask<LogPoint> EndAsync(SegmentHeader segment)
    {
        var scanner = new GroupScanner(view.Segments, segment);
        var next = view.Segments.Numbered(segment.Number + 1);
        var point = new LogPoint(segment.Number, SegmentHeader.Bytes, segment.FirstGroup - 1, segment.FirstPosition - 1, 0, segment.Chain);
        while (!next.Continues(point))
        {
            point = await scanner.NextAsync(point) ?? throw Unsound(await scanner.DiagnoseAsync(point));
        }

        return point with { RecordedAt = 0 };
    }

    /// <returns>Whether it was never on its way before.</returns>
    private async ValueTask<bool> IsNewAsync(ArchiveStub stub, IDisk archive)
    {
        var before = await ArchiveStub.FindAsync(disk, stub.Header.FileName);
        if (before is not null && before.Folder != stub.Folder)
        {
            throw new ArchiveRefusedException(
                $"{stub.Header.FileName} was on its way to {before.Folder}, and may be there too. Archive to that folder again; " +
                $"or, where it is not to be there, delete {stub.PackedName} there and then {stub.FileName} in the store.");
        }

        if (before is null && (await archive.ListAsync()).Contains(stub.PackedName))
        {
            throw new ArchiveRefusedException(
                $"{archive.Name} has a {stub.PackedName} already, of another log or of a copy of this one. Give a folder that holds the archive of this log only.");
        }

        return before is null;
    }

    // Where nothing of it is left in the archive, nothing has to say so.
    private async ValueTask TakeBackAsync(ArchiveStub stub, IDisk archive, bool isNew)
    {
        try
        {
            await archive.DeleteAsync(Archives.UnfinishedName(stub));
            await archive.SyncFolderAsync();
            if (isNew)
                await disk.DeleteAsync(stub.FileName);
        }
        catch (DiskException)
        {
            // What ended the move says more; moving again ends this too.
        }
    }

    private async ValueTask<long> PackAsync(ArchiveStub stub, IDisk archive, IFrameCodec codec)
    {
        var segment = stub.Header;
        using var file = await disk.OpenAsync(segment.FileName, FileUse.Read);
        using var writer = await PackedWriter.CreateAsync(archive, Archives.UnfinishedName(stub), segment.FileBytes, codec);
        await ForEachFrameAsync(file, segment, (_, content) => writer.AddAsync(content));
        await writer.FinishAsync();

        using var packed = await PackedSegment.OpenAsync(archive, Archives.UnfinishedName(stub), segment, codec);
        var again = new byte[SeekTable.FrameBytes];
        await ForEachFrameAsync(file, segment, async (start, content) =>
        {
            await packed.ReadAsync(again.AsMemory(0, content.Length), start);
            if (!again.AsSpan(0, content.Length).SequenceEqual(content.Span))
                throw new DiskException(DiskFault.Failed, $"{archive.Name} does not hold what was just written to it, so {segment.FileName} stays where it is.");
        });
        return writer.Length;
    }

    private static async ValueTask ForEachFrameAsync(IDiskFile file, SegmentHeader segment, Func<int, ReadOnlyMemory<byte>, ValueTask> visit)
    {
        var content = new byte[SeekTable.FrameBytes];
        for (var start = 0; start < segment.FileBytes; start += content.Length)
        {
            var part = content.AsMemory(0, Math.Min(content.Length, segment.FileBytes - start));
            if (await file.ReadAsync(part, start) < part.Length)
                throw Unsound(new(segment.FileName, start, new(segment.FirstPosition), "it ends too early"));

            await visit(start, part);
        }
    }

    private static StoreCorruptedException Unsound(Damage damage) => StoreFolder.Damaged(
        damage.File, damage.Offset, damage.What, "Run \"clew verify\" to see how much is damaged, and restore the file from a backup; it was not moved.", damage.Position?.Value);
}

/// <summary>Has one change segments that are full at a time: erasing and archiving.</summary>
#pragma warning disable CA1001 // Whoever still waits for a turn when the store closes must get it, and be refused then.
internal sealed class RewriteTurn
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private volatile bool isStopping;

    /// <exception cref="ObjectDisposedException">The store was closed meanwhile.</exception>
    public async ValueTask<T> RunAsync<T>(Func<ValueTask<T>> work, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            ThrowIfStopping();
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    public void ThrowIfStopping() => ObjectDisposedException.ThrowIf(isStopping, typeof(SegmentEventStore));

    /// <summary>Lets nobody begin any more, and ends when whoever is at work has ended.</summary>
    public async ValueTask StopAsync()
    {
        isStopping = true;
        await turn.WaitAsync();
        turn.Release();
    }
}
