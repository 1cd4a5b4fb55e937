using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>Which segments to move into an archive.</summary>
/// <param name="Before">Every full segment is moved whose events all lie before this position, from 1.</param>
/// <param name="Folder">Where to: a folder of the archives of this log only, on any disk or share; made where it is missing.</param>
public sealed record ArchiveRequest(GlobalPosition Before, string Folder)
{
    /// <summary>Told after each segment how far it is.</summary>
    public IProgress<ArchiveProgress>? Progress { get; init; }

    internal void Check()
    {
        if (Before.Value < 1)
            throw new ArgumentException($"Archiving takes a position from 1, not {Before}.");
        if (string.IsNullOrWhiteSpace(Folder))
            throw new ArgumentException("Archiving takes a folder to move segments to; its name is empty.");
    }
}

/// <summary>How far the moving of segments is.</summary>
/// <param name="BytesDone">Bytes of segments that are moved.</param>
/// <param name="BytesTotal">Bytes of segments to be moved.</param>
public readonly record struct ArchiveProgress(long BytesDone, long BytesTotal);

/// <summary>What was moved into an archive.</summary>
/// <param name="Segments">How many segments. None where no full segment lies before the position that was not moved yet.</param>
/// <param name="Events">How many events they hold.</param>
/// <param name="SegmentBytes">Bytes that they took in the store's folder, all of which are free now.</param>
/// <param name="ArchiveBytes">Bytes that they take in the archive.</param>
/// <param name="ArchivedTo">The last position that lies in an archive, moved now or before; 0 where none does.</param>
public sealed record ArchiveResult(int Segments, long Events, long SegmentBytes, long ArchiveBytes, GlobalPosition ArchivedTo);
