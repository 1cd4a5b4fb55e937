using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>How a file of zeros becomes a segment: header, flush, name, and the name flushed, before any group lies in it.</summary>
internal static class SegmentBirth
{
    public const int FirstBytes = 1024 * 1024;

    /// <summary>The smallest segment that holds a batch of so many bytes.</summary>
    public static int BytesFor(int recordBytes) =>
        (SegmentHeader.Bytes + GroupHeader.Bytes + recordBytes + SegmentHeader.Bytes - 1) / SegmentHeader.Bytes * SegmentHeader.Bytes;

    public static async ValueTask NameAsync(IDisk disk, IDiskFile file, SegmentHeader header)
    {
        await file.WriteAsync(header.ToBytes(), 0);
        await file.SyncAsync();
        await disk.RenameAsync(SegmentPreparer.FileName, header.FileName);
        await disk.SyncFolderAsync();
    }

    /// <summary>The first segment of a new log.</summary>
    public static async ValueTask<SegmentHeader> FirstAsync(Surroundings surroundings, Lineage lineage, int bytesMax)
    {
        var nonce = new byte[16];
        surroundings.Entropy(nonce);
        var bytes = Math.Min(FirstBytes, bytesMax);
        var header = new SegmentHeader(
            1, bytes, lineage.LogId, 1, 1, default, BitConverter.ToUInt128(nonce), UnixMicroseconds.From(surroundings.Time.GetUtcNow()));
        using var file = (await SegmentPreparer.MakeAsync(surroundings.Disk, bytes)).File;
        await NameAsync(surroundings.Disk, file, header);
        return header;
    }
}
