namespace Clew.Store.Segments;

/// <summary>The archives in which the segments of a log lie that are not in its folder.</summary>
/// <param name="options">How they are read; null where they are not.</param>
internal sealed class Archives(ArchiveOptions? options)
{
    /// <summary>What a packed segment is written to before it takes its name.</summary>
    public static string UnfinishedName(ArchiveStub stub) => stub.PackedName + ".tmp";

    /// <summary>Opens an archived segment.</summary>
    /// <exception cref="ArchiveNotAttachedException">The archive is not there, or nothing is here to read it with.</exception>
    /// <exception cref="StoreCorruptedException">It is not what was archived.</exception>
    public async ValueTask<PackedSegment> OpenAsync(ArchiveStub stub)
    {
        var disk = await FindAsync(stub) ?? throw NotAttached(stub);
        return await OpenAsync(disk, stub);
    }

    /// <summary>Changes bytes of an archived segment: packs what they are in anew, and overwrites what was there before with zeros.</summary>
    /// <param name="stub">Of the segment.</param>
    /// <param name="changes">Ascending.</param>
    /// <param name="isInFolder">Whether the segment is in the store's folder too, so that its moving may never have come to the archive.</param>
    public async ValueTask OverwriteAsync(ArchiveStub stub, IReadOnlyList<SegmentChange> changes, bool isInFolder)
    {
        if (await FindAsync(stub) is not { } disk)
        {
            await ForgetUnfinishedAsync(stub, isInFolder);
            return;
        }

        using var old = await disk.OpenAsync(stub.PackedName, FileUse.Write);
        using (var packed = await OpenAsync(disk, stub))
            await RepackAsync(disk, stub, packed, changes);

        await disk.RenameAsync(UnfinishedName(stub), stub.PackedName);
        await disk.SyncFolderAsync();
        await WipeAsync(old);
    }

    /// <summary>Makes sure that a segment can be changed, before it is said of any event that it is erased.</summary>
    /// <exception cref="ArchiveNotAttachedException">It cannot.</exception>
    public async ValueTask CheckWritableAsync(ArchiveStub stub, bool isInFolder)
    {
        if (await FindAsync(stub) is not { } disk)
        {
            await ForgetUnfinishedAsync(stub, isInFolder);
            return;
        }

        (await OpenAsync(disk, stub)).Dispose();
        (await disk.OpenAsync(UnfinishedName(stub), FileUse.Create)).Dispose();
        await disk.DeleteAsync(UnfinishedName(stub));
    }

    private async ValueTask<PackedSegment> OpenAsync(IDisk disk, ArchiveStub stub) =>
        await PackedSegment.OpenAsync(disk, stub.PackedName, stub.Header, options!.Codec);

    /// <returns>Null where no archive that is attached has the segment.</returns>
    private async ValueTask<IDisk?> FindAsync(ArchiveStub stub)
    {
        foreach (var disk in Attached(stub))
        {
            if ((await disk.ListAsync()).Contains(stub.PackedName))
                return disk;
        }

        return null;
    }

    private IEnumerable<IDisk> Attached(ArchiveStub stub)
    {
        if (options is null)
            throw WithoutCodec(stub);

        foreach (var folder in new[] { options.Folder, stub.Folder }.OfType<string>())
        {
            if (Existing(folder) is { } disk)
                yield return disk;
        }
    }

    private IDisk? Existing(string folder)
    {
        try
        {
            return options!.FolderAt(folder);
        }
        catch (DiskException fault) when (fault.Fault is DiskFault.Missing or DiskFault.Unfit)
        {
            return null;
        }
    }

    // What the moving had begun to write there holds what is to be erased.
    private async ValueTask ForgetUnfinishedAsync(ArchiveStub stub, bool isInFolder)
    {
        var attached = Attached(stub).ToList();
        if (!isInFolder || attached.Count == 0)
            throw NotAttached(stub);

        foreach (var disk in attached)
        {
            await disk.DeleteAsync(UnfinishedName(stub));
            await disk.SyncFolderAsync();
        }
    }

    private async ValueTask RepackAsync(IDisk disk, ArchiveStub stub, PackedSegment packed, IReadOnlyList<SegmentChange> changes)
    {
        using var writer = await PackedWriter.CreateAsync(disk, UnfinishedName(stub), stub.Header.FileBytes, options!.Codec);
        for (var frame = 0; frame < packed.Frames; frame++)
        {
            var start = frame * SeekTable.FrameBytes;
            var within = changes.Where(change => change.Offset < start + SeekTable.FrameBytes && change.Offset + change.Bytes.Length > start).ToList();
            if (within.Count == 0)
            {
                await writer.CopyAsync(await packed.FrameAsync(frame));
                continue;
            }

            var content = new byte[Math.Min(SeekTable.FrameBytes, stub.Header.FileBytes - start)];
            await packed.ReadAsync(content, start);
            within.ForEach(change => change.ApplyTo(content, start));
            await writer.AddAsync(content);
        }

        await writer.FinishAsync();
    }

    // It has no name any more, but until somebody else gets its blocks they hold what they held.
    private static async ValueTask WipeAsync(IDiskFile old)
    {
        var zeros = new byte[SeekTable.FrameBytes];
        var length = await old.LengthAsync();
        for (var at = 0L; at < length; at += zeros.Length)
            await old.WriteAsync(zeros.AsMemory(0, (int)Math.Min(zeros.Length, length - at)), at);

        await old.SyncAsync();
    }

    private ArchiveNotAttachedException NotAttached(ArchiveStub stub) => new(
        $"{Events(stub)} in an archive that is not attached: {stub.PackedName} is not in {stub.Folder}{(options?.Folder is { } other ? $", nor in {other}" : "")}. " +
        "Attach the archive, or say where it is now (SegmentStoreOptions.Archive.Folder; clew --archive DIR).",
        new(stub.FirstPosition), new(stub.End.Position), stub.Folder);

    private static ArchiveNotAttachedException WithoutCodec(ArchiveStub stub) => new(
        $"{Events(stub)} in an archive, packed by Zstandard, in {stub.Folder}. Set SegmentStoreOptions.Archive (VerifyOptions.Archive) to new(new ZstandardCodec()), of the package Clew.Zstandard, to read them.",
        new(stub.FirstPosition), new(stub.End.Position), stub.Folder);

    private static string Events(ArchiveStub stub) => stub.End.Position > stub.FirstPosition
        ? $"The events {stub.FirstPosition} to {stub.End.Position} are"
        : $"What {stub.Header.FileName} holds is";
}

/// <summary>Bytes that take the place of others in a segment.</summary>
internal sealed record SegmentChange(long Offset, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Puts those of the bytes in place that lie in a stretch of the segment.</summary>
    public void ApplyTo(Span<byte> stretch, int start)
    {
        var from = (int)Math.Max(Offset, start);
        var to = (int)Math.Min(Offset + Bytes.Length, start + stretch.Length);
        Bytes.Span[(int)(from - Offset)..(int)(to - Offset)].CopyTo(stretch[(from - start)..]);
    }
}
