using Clew.Events;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// The file STORE: which log the folder holds. Written once, under another name, flushed, and renamed. Integers are little-endian.
//
//   offset  size  field
//        0     8  magic             "CLEWLOG1"
//        8     4  format version    1
//       12     4  epoch             from 1
//       16    16  log id            RFC 9562 byte order
//       32    16  index key         random, or that of the folder that a replica was first copied from; keys the hashes of the indexes
//       48     8  made at           microseconds since 1970 UTC; of a replica later than that of the folder it has its key from
//       56     4  zero
//       60     4  checksum          CRC-32C of the 60 bytes before
internal sealed record StoreHeader(Lineage Lineage, UInt128 IndexKey, long MadeAt)
{
    public const string FileName = "STORE";
    public const int Bytes = 64;
    public const int FormatVersion = 1;

    private static ReadOnlySpan<byte> Magic => "CLEWLOG1"u8;

    /// <summary>Whether both were found in one folder, by whichever path. A replica has the index key of the folder that it was first copied from.</summary>
    public bool IsOfSameFolder(StoreHeader other) => IndexKey == other.IndexKey && MadeAt == other.MadeAt;

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        WriteInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        WriteInt32LittleEndian(bytes.AsSpan(12), Lineage.Epoch);
        Lineage.LogId.TryWriteBytes(bytes.AsSpan(16), bigEndian: true, out _);
        WriteUInt128LittleEndian(bytes.AsSpan(32), IndexKey);
        WriteInt64LittleEndian(bytes.AsSpan(48), MadeAt);
        WriteUInt32LittleEndian(bytes.AsSpan(60), Crc32C.Of(bytes.AsSpan(0, 60)));
        return bytes;
    }

    /// <param name="bytes">What the file holds.</param>
    /// <param name="folder">Where it lies, for messages.</param>
    /// <param name="hasSegments">Whether segments lie beside it, so that it must have been such a file.</param>
    /// <exception cref="StoreFormatException">These are not the bytes of such a file, or of a newer version.</exception>
    /// <exception cref="StoreCorruptedException">They have changed.</exception>
    public static StoreHeader Read(ReadOnlySpan<byte> bytes, string folder, bool hasSegments = false)
    {
        // All versions have their checksum here: what is damaged must not pass for another version.
        var isSound = bytes.Length >= Bytes && ReadUInt32LittleEndian(bytes[60..]) == Crc32C.Of(bytes[..60]);
        if (!bytes.StartsWith(Magic) && (isSound || !hasSegments))
            throw new StoreFormatException($"{folder} is not a Clew store: its file {FileName} does not begin like one. Give the folder of a store, or an empty one to make a store in.");
        if (isSound && ReadInt32LittleEndian(bytes[8..]) is var version && version != FormatVersion)
            throw new StoreFormatException($"{folder} is a Clew store of format {version}, and this version of Clew reads format {FormatVersion}. Use a newer Clew.");
        if (!isSound || bytes[56..60].ContainsAnyExcept((byte)0) || ReadInt32LittleEndian(bytes[12..]) < 1)
        {
            throw new StoreCorruptedException(
                $"The file {FileName} in {folder} is damaged; nothing can be read without the identity it holds. Restore it from a backup: it never changes.",
                new(FileName, 0, null, "its checksum is wrong"));
        }

        return new(
            new(new(bytes.Slice(16, 16), bigEndian: true), ReadInt32LittleEndian(bytes[12..])),
            ReadUInt128LittleEndian(bytes[32..]),
            ReadInt64LittleEndian(bytes[48..]));
    }
}
