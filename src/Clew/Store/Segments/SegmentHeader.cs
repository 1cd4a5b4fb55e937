using System.Globalization;
using Clew.Events;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// The first 4,096 bytes of a segment file. The file has its full size and reads as zeros before the header is written, and gets its name
// only when all of that is flushed. Integers are little-endian.
//
//   offset  size  field
//        0     8  magic             "CLEWSEG1"
//        8     4  segment number    from 1, without gaps
//       12     4  size of the file
//       16    16  log id            RFC 9562 byte order
//       32     8  first position    of the first event that it will hold
//       40     8  first group       number of the first group that it will hold
//       48    32  chain             SHA-256 of the header of the group before
//       80    16  nonce             random; makes checksums of one segment worthless in any other
//       96     8  made at           microseconds since 1970 UTC
//      104     4  checksum          CRC-32C of the 104 bytes before
//      108     …  zeros
internal sealed record SegmentHeader(
    int Number, int FileBytes, Guid LogId, long FirstPosition, long FirstGroup, ChainValue Chain, UInt128 Nonce, long MadeAt)
{
    public const int Bytes = 4096;
    private const int CheckedBytes = 104;

    private static ReadOnlySpan<byte> Magic => "CLEWSEG1"u8;

    /// <summary>What the checksums of the groups and records in this segment begin from.</summary>
    public uint Seed { get; } = SeedOf(LogId, Number, Nonce);

    /// <summary>Its number, and its first position, so that a listing tells the order and what is missing.</summary>
    public string FileName => NameOf(Number, FirstPosition);

    /// <summary>Whether it was begun at a point of the log.</summary>
    public bool Continues(LogPoint point) =>
        FirstPosition == point.Position + 1 && FirstGroup == point.Group + 1 && Chain.Equals(point.Chain);

    public static string NameOf(int number, long firstPosition) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:D8}-{firstPosition:D20}.seg");

    /// <returns>Null where the name is not a segment's.</returns>
    public static (int Number, long FirstPosition)? ParseName(string name) =>
        name.Length == 33 && name.EndsWith(".seg", StringComparison.Ordinal) && name[8] == '-'
        && int.TryParse(name.AsSpan(0, 8), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && long.TryParse(name.AsSpan(9, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            ? (number, first)
            : null;

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        var span = bytes.AsSpan();
        Magic.CopyTo(bytes);
        WriteInt32LittleEndian(span[8..], Number);
        WriteInt32LittleEndian(span[12..], FileBytes);
        LogId.TryWriteBytes(span[16..], bigEndian: true, out _);
        WriteInt64LittleEndian(span[32..], FirstPosition);
        WriteInt64LittleEndian(span[40..], FirstGroup);
        Chain.Write(span[48..]);
        WriteUInt128LittleEndian(span[80..], Nonce);
        WriteInt64LittleEndian(span[96..], MadeAt);
        WriteUInt32LittleEndian(span[CheckedBytes..], Crc32C.Of(span[..CheckedBytes]));
        return bytes;
    }

    /// <returns>False where these are not the bytes of a sound header.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SegmentHeader header)
    {
        header = null!;
        if (bytes.Length < Bytes || !bytes.StartsWith(Magic)
            || ReadUInt32LittleEndian(bytes[CheckedBytes..]) != Crc32C.Of(bytes[..CheckedBytes])
            || bytes[(CheckedBytes + 4)..Bytes].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        header = new(
            ReadInt32LittleEndian(bytes[8..]),
            ReadInt32LittleEndian(bytes[12..]),
            new(bytes.Slice(16, 16), bigEndian: true),
            ReadInt64LittleEndian(bytes[32..]),
            ReadInt64LittleEndian(bytes[40..]),
            ChainValue.Of(bytes[48..]),
            ReadUInt128LittleEndian(bytes[80..]),
            ReadInt64LittleEndian(bytes[96..]));
        return header.Number >= 1 && header.FileBytes >= Bytes && header.FirstPosition >= 1 && header.FirstGroup >= 1;
    }

    private static uint SeedOf(Guid logId, int number, UInt128 nonce)
    {
        Span<byte> bytes = stackalloc byte[36];
        logId.TryWriteBytes(bytes, bigEndian: true, out _);
        WriteInt32LittleEndian(bytes[16..], number);
        WriteUInt128LittleEndian(bytes[20..], nonce);
        return Crc32C.Of(bytes);
    }
}
