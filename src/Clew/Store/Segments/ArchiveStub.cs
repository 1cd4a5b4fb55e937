using System.Text;
using Clew.Events;
using Clew.Integrity;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// What stays in a store's folder of a segment whose bytes are in an archive: a file of 8,192 bytes, named like the segment, but ".stub". Where
// there is the segment too, it counts, and the stub says only that there may be a copy of it. Integers are little-endian.
//
//   offset  size  field
//        0  4096  header            the first bytes of the segment
//     4096     8  magic             "CLEWARC1"
//     4104     4  end               where the last group ends in the segment
//     4108     4  zero
//     4112     8  last group        number of the segment's last group
//     4120     8  last position     of its last event
//     4128    32  chain             SHA-256 of the header of the last group
//     4160    32  root              Merkle root of the log up to the last position
//     4192     4  length            of the folder's path in bytes
//     4196     …  folder            the path that the archive was moved to, UTF-8; then zeros
//     8188     4  checksum          CRC-32C of the 8,188 bytes before
/// <param name="Header">How the segment begins.</param>
/// <param name="End">Where its groups end; without a recorded time.</param>
/// <param name="Root">Of the log up to there.</param>
/// <param name="Folder">Where it was moved to.</param>
internal sealed record ArchiveStub(SegmentHeader Header, LogPoint End, Digest Root, string Folder)
{
    public const int Bytes = 2 * SegmentHeader.Bytes;
    public const int FolderBytesMax = CheckedBytes - FolderOffset;

    private const string Suffix = ".stub";
    private const string SegmentSuffix = ".seg";
    private const int FolderOffset = 4196;
    private const int CheckedBytes = Bytes - sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "CLEWARC1"u8;

    public string FileName => NameOf(Header.FileName);

    /// <summary>The name of the segment's file in the archive.</summary>
    public string PackedName => Header.FileName + ".zst";

    public long FirstPosition => Header.FirstPosition;

    /// <summary>The name of the segment whose stub has this name; null where no stub has it.</summary>
    public static string? SegmentOf(string name) =>
        name.EndsWith(Suffix, StringComparison.Ordinal) && name[..^Suffix.Length] + SegmentSuffix is var segment && SegmentHeader.ParseName(segment) is not null
            ? segment
            : null;

    /// <summary>The name of the stub of a segment.</summary>
    public static string NameOf(string segment) => segment[..^SegmentSuffix.Length] + Suffix;

    /// <summary>The names of all segments of a folder, in it or in an archive, in their order.</summary>
    public static IEnumerable<string> Segments(IReadOnlyList<string> names) =>
        names.Select(name => SegmentHeader.ParseName(name) is not null ? name : SegmentOf(name)).OfType<string>().Distinct().Order(StringComparer.Ordinal);

    /// <summary>The stub of a segment; null where there is none.</summary>
    /// <exception cref="StoreCorruptedException">It is damaged.</exception>
    public static async ValueTask<ArchiveStub?> FindAsync(IDisk disk, string segment)
    {
        var name = NameOf(segment);
        var bytes = new byte[Bytes];
        try
        {
            using var file = await disk.OpenAsync(name, FileUse.Read);
            await file.ReadAsync(bytes, 0);
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            return null;
        }

        return TryRead(bytes, out var stub) && stub.Header.FileName == segment
            ? stub
            : throw StoreFolder.Damaged(
                name, null, "it is not the stub of this archived segment",
                $"Restore it from a backup, or unpack {segment}.zst of the archive into this folder (zstd -d), which makes it needless.", SegmentHeader.ParseName(segment)!.Value.FirstPosition);
    }

    public ValueTask PutAsync(IDisk disk) => StoreFolder.PutAsync(disk, FileName, FileName + ".tmp", ToBytes());

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        var span = bytes.AsSpan();
        Header.ToBytes().CopyTo(bytes, 0);
        Magic.CopyTo(span[4096..]);
        WriteInt32LittleEndian(span[4104..], End.Offset);
        WriteInt64LittleEndian(span[4112..], End.Group);
        WriteInt64LittleEndian(span[4120..], End.Position);
        End.Chain.Write(span[4128..]);
        Root.CopyTo(span[4160..]);
        WriteInt32LittleEndian(span[4192..], Encoding.UTF8.GetBytes(Folder, span[FolderOffset..CheckedBytes]));
        WriteUInt32LittleEndian(span[CheckedBytes..], Crc32C.Of(span[..CheckedBytes]));
        return bytes;
    }

    /// <returns>False where these are not the bytes of a sound stub.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ArchiveStub stub)
    {
        stub = null!;
        if (bytes.Length < Bytes || !bytes[4096..].StartsWith(Magic) || ReadUInt32LittleEndian(bytes[CheckedBytes..]) != Crc32C.Of(bytes[..CheckedBytes])
            || !SegmentHeader.TryRead(bytes, out var header) || ReadInt32LittleEndian(bytes[4192..]) is not (>= 1 and <= FolderBytesMax and var length)
            || ReadInt32LittleEndian(bytes[4108..]) != 0 || bytes[(FolderOffset + length)..CheckedBytes].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        var end = new LogPoint(
            header.Number, ReadInt32LittleEndian(bytes[4104..]), ReadInt64LittleEndian(bytes[4112..]), ReadInt64LittleEndian(bytes[4120..]),
            RecordedAt: 0, ChainValue.Of(bytes[4128..]));
        stub = new(header, end, Digest.From(bytes.Slice(4160, Digest.Bytes)), Encoding.UTF8.GetString(bytes.Slice(FolderOffset, length)));
        return end.CanBe && end.Offset <= header.FileBytes && end.Group >= header.FirstGroup - 1 && end.Position >= header.FirstPosition - 1;
    }
}
