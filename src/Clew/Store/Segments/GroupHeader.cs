using System.Security.Cryptography;
using Clew.Events;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// A group is one flush: its header, then its records one after the other. Integers are little-endian.
//
//   offset  size  field
//        0     4  magic             "CLWG"
//        4     4  header checksum   CRC-32C of bytes 8 to 95, seeded by the segment
//        8     4  length            of the group with this header, a multiple of 8
//       12     4  records           from 1
//       16     8  group number      from 1, without gaps over the whole log
//       24     8  first position
//       32     4  records checksum  CRC-32C over the records' envelope checksums, seeded by the segment
//       36    12  zero
//       48    16  log id            RFC 9562 byte order
//       64    32  chain             SHA-256 of the header of the group before; zeros in the log's first group
//
// The records checksum covers envelopes and no payloads, so that an event can be erased without breaking header or chain.
internal readonly record struct GroupHeader(
    int Length, int Records, long Number, long FirstPosition, uint RecordsChecksum, Guid LogId, ChainValue Chain)
{
    public const int Bytes = 96;
    public const int LengthOffset = 8;

    private static ReadOnlySpan<byte> Magic => "CLWG"u8;

    public void Write(Span<byte> target, uint seed)
    {
        target = target[..Bytes];
        target.Clear();
        Magic.CopyTo(target);
        WriteInt32LittleEndian(target[8..], Length);
        WriteInt32LittleEndian(target[12..], Records);
        WriteInt64LittleEndian(target[16..], Number);
        WriteInt64LittleEndian(target[24..], FirstPosition);
        WriteUInt32LittleEndian(target[32..], RecordsChecksum);
        LogId.TryWriteBytes(target[48..], bigEndian: true, out _);
        Chain.Write(target[64..]);
        WriteUInt32LittleEndian(target[4..], Crc32C.Of(target[8..], seed));
    }

    /// <returns>False where no sound group header begins here.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, uint seed, out GroupHeader header)
    {
        header = default;
        if (bytes.Length < Bytes || !bytes.StartsWith(Magic))
            return false;

        bytes = bytes[..Bytes];
        if (ReadUInt32LittleEndian(bytes[4..]) != Crc32C.Of(bytes[8..], seed) || bytes[36..48].ContainsAnyExcept((byte)0))
            return false;

        header = new(
            ReadInt32LittleEndian(bytes[8..]),
            ReadInt32LittleEndian(bytes[12..]),
            ReadInt64LittleEndian(bytes[16..]),
            ReadInt64LittleEndian(bytes[24..]),
            ReadUInt32LittleEndian(bytes[32..]),
            new(bytes.Slice(48, 16), bigEndian: true),
            ChainValue.Of(bytes[64..]));
        return header.Length > Bytes && header.Length % EventRecord.Alignment == 0 && header.Records > 0;
    }

    /// <summary>What the next group's header must carry.</summary>
    public static ChainValue ChainAfter(ReadOnlySpan<byte> header)
    {
        var chain = default(ChainValue);
        SHA256.HashData(header[..Bytes], chain);
        return chain;
    }
}
