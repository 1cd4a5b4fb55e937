namespace Clew.Store.Segments;

/// <summary>How segments that were archived (<see cref="SegmentEventStore.ArchiveAsync"/>) are packed and read.</summary>
/// <param name="Codec">Packs and unpacks them: <c>ZstandardCodec</c> of the package <c>Clew.Zstandard</c>.</param>
public sealed record ArchiveOptions(IFrameCodec Codec)
{
    /// <summary>
    /// Where the archive is now, where that is not the folder into which it was moved. A segment that is not in there is looked for where it
    /// was moved to. Default: none.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>Opens a folder that is there; only tests have others.</summary>
    internal Func<string, IDisk> FolderAt { get; init; } = FolderDisk.Existing;

    /// <summary>The same for one that may have to be made.</summary>
    internal Func<string, IDisk> NewFolderAt { get; init; } = FolderDisk.Create;

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Codec);
        if (Folder is not null && string.IsNullOrWhiteSpace(Folder))
            throw new ArgumentException("The folder of the archive has no name; leave it out where the archive was not moved.");
    }
}
