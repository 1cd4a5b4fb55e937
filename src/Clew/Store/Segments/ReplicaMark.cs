using System.Text;
using Clew.Events;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// The file REPLICA: the folder holds a replica, and takes no appends. Written under another name, flushed, and renamed, before the folder
// becomes a store; removed when the replica is promoted. Integers are little-endian, paths are UTF-8.
//
//   offset  size  field
//        0     8  magic             "CLEWREPL"
//        8     4  version           1
//       12     4  epoch             of the log that it is a replica of
//       16    16  log id            RFC 9562 byte order
//       32     2  bytes of the source
//       34     2  bytes of the original
//       36     4  zero
//       40     …  source            the folder that its events are read from; nothing where that is no folder
//        …     …  original          the folder that the log is written in: the source's own original where it is a replica too
//        …     4  checksum          CRC-32C of all bytes before
internal sealed record ReplicaMark(Lineage Lineage, string Source, string Original)
{
    public const string FileName = "REPLICA";
    public const string Unfinished = "REPLICA.tmp";

    private const int PathsOffset = 40;
    private const int FileVersion = 1;
    private const int BytesMax = PathsOffset + (2 * ushort.MaxValue) + sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "CLEWREPL"u8;

    public byte[] ToBytes()
    {
        var (source, original) = (Encoding.UTF8.GetBytes(Source), Encoding.UTF8.GetBytes(Original));
        var bytes = new byte[PathsOffset + source.Length + original.Length + sizeof(uint)];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        WriteInt32LittleEndian(span[8..], FileVersion);
        WriteInt32LittleEndian(span[12..], Lineage.Epoch);
        Lineage.LogId.TryWriteBytes(span[16..], bigEndian: true, out _);
        WriteUInt16LittleEndian(span[32..], checked((ushort)source.Length));
        WriteUInt16LittleEndian(span[34..], checked((ushort)original.Length));
        source.CopyTo(span[PathsOffset..]);
        original.CopyTo(span[(PathsOffset + source.Length)..]);
        WriteUInt32LittleEndian(span[^sizeof(uint)..], Crc32C.Of(span[..^sizeof(uint)]));
        return bytes;
    }

    /// <returns>Null where these are not the bytes of a sound mark.</returns>
    public static ReplicaMark? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < PathsOffset + sizeof(uint) || !bytes.StartsWith(Magic)
            || ReadUInt32LittleEndian(bytes[^sizeof(uint)..]) != Crc32C.Of(bytes[..^sizeof(uint)])
            || ReadInt32LittleEndian(bytes[8..]) != FileVersion
            || bytes[36..PathsOffset].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        var (source, original) = (ReadUInt16LittleEndian(bytes[32..]), ReadUInt16LittleEndian(bytes[34..]));
        return bytes.Length != PathsOffset + source + original + sizeof(uint)
            ? null
            : new(
                new(new(bytes.Slice(16, 16), bigEndian: true), ReadInt32LittleEndian(bytes[12..])),
                Encoding.UTF8.GetString(bytes.Slice(PathsOffset, source)),
                Encoding.UTF8.GetString(bytes.Slice(PathsOffset + source, original)));
    }

    /// <summary>What the folder says of itself; null where it holds no replica.</summary>
    /// <exception cref="StoreCorruptedException">The mark is damaged.</exception>
    public static async ValueTask<ReplicaMark?> FindAsync(IDisk disk, IReadOnlyList<string> names)
    {
        if (!names.Contains(FileName))
            return null;

        var bytes = new byte[BytesMax];
        using var file = await disk.OpenAsync(FileName, FileUse.Read);
        var read = await file.ReadAsync(bytes, 0);
        return Read(bytes.AsSpan(0, read)) ?? throw StoreFolder.Damaged(
            FileName, 0, "it is not as it was written, or of a newer version of Clew", $"Make the replica in {disk.Name} anew, from the log that it is of; reading works.");
    }

    /// <exception cref="StoreIsReplicaException">The folder holds a replica.</exception>
    public static async ValueTask RefuseAsync(IDisk disk, IReadOnlyList<string> names)
    {
        if (await FindAsync(disk, names) is { } mark)
        {
            throw new StoreIsReplicaException(
                $"{disk.Name} holds a replica of the log {mark.Lineage.LogId}{(mark.Original.Length == 0 ? "" : $", which is written in {mark.Original}")}, and takes no appends. " +
                "Read it (SegmentEventReader; clew read), restore from it (clew restore), or promote it (SegmentReplica.PromoteAsync; clew follow --promote).");
        }
    }

    public ValueTask PutAsync(IDisk disk) => StoreFolder.PutAsync(disk, FileName, Unfinished, ToBytes());
}
