using Clew.Events;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// The file HEAD: how far the log is durable. Three slots of 4,096 bytes; the sound one with the highest write number counts. Written after
// each flush of the log and before its answer, and flushed itself a little later. The slot that was flushed last is not written before
// another one is flushed, so one survives a crash; the slot that was written last is not written next, so who reads during a write finds
// the mark before it. Integers are little-endian.
//
//   offset  size  field of a slot
//        0     8  magic             "CLEWHEAD"
//        8     4  checksum          CRC-32C of bytes 12 to 127
//       12     4  flags             1 = closed cleanly: nothing follows
//       16    16  log id            RFC 9562 byte order
//       32     4  epoch
//       36     4  segment number
//       40     4  offset            where the next group begins in that segment
//       44     4  zero
//       48     8  group number      of the last durable group; 0 = none
//       56     8  position          of the last durable event; 0 = none
//       64     8  recorded at       of that event, microseconds since 1970 UTC
//       72     8  write number      counts the writes of this file
//       80    32  chain             SHA-256 of that group's header
//      112    16  zero
internal sealed record Watermark(Lineage Lineage, LogPoint Point, bool IsClean, long Write)
{
    public const string FileName = "HEAD";
    public const int SlotBytes = 4096;
    public const int Slots = 3;
    public const int FileBytes = Slots * SlotBytes;
    public const int Bytes = 128;

    private static ReadOnlySpan<byte> Magic => "CLEWHEAD"u8;

    public void CopyTo(Span<byte> target)
    {
        target = target[..Bytes];
        target.Clear();
        Magic.CopyTo(target);
        WriteInt32LittleEndian(target[12..], IsClean ? 1 : 0);
        Lineage.LogId.TryWriteBytes(target[16..], bigEndian: true, out _);
        WriteInt32LittleEndian(target[32..], Lineage.Epoch);
        WriteInt32LittleEndian(target[36..], Point.Segment);
        WriteInt32LittleEndian(target[40..], Point.Offset);
        WriteInt64LittleEndian(target[48..], Point.Group);
        WriteInt64LittleEndian(target[56..], Point.Position);
        WriteInt64LittleEndian(target[64..], Point.RecordedAt);
        WriteInt64LittleEndian(target[72..], Write);
        Point.Chain.Write(target[80..]);
        WriteUInt32LittleEndian(target[8..], Crc32C.Of(target[12..]));
    }

    /// <returns>The latest sound slot, and which it is; null where there is none.</returns>
    public static async ValueTask<(Watermark Mark, int Slot)?> ReadSlotAsync(IDiskFile file)
    {
        var bytes = new byte[FileBytes];
        var read = await file.ReadAsync(bytes, 0);
        (Watermark Mark, int Slot)? latest = null;
        for (var slot = 0; (slot * SlotBytes) + Bytes <= read; slot++)
        {
            if (Read(bytes.AsSpan(slot * SlotBytes, Bytes)) is { } mark && (latest is null || mark.Write > latest.Value.Mark.Write))
                latest = (mark, slot);
        }

        return latest;
    }

    /// <returns>The latest sound slot; null where there is none.</returns>
    public static async ValueTask<Watermark?> ReadAsync(IDiskFile file) => (await ReadSlotAsync(file))?.Mark;

    private static Watermark? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Bytes || !bytes.StartsWith(Magic) || ReadUInt32LittleEndian(bytes[8..]) != Crc32C.Of(bytes[12..Bytes])
            || ReadInt32LittleEndian(bytes[12..]) is not (0 or 1)
            || bytes[44..48].ContainsAnyExcept((byte)0) || bytes[112..Bytes].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        var mark = new Watermark(
            new(new(bytes.Slice(16, 16), bigEndian: true), ReadInt32LittleEndian(bytes[32..])),
            new(
                ReadInt32LittleEndian(bytes[36..]),
                ReadInt32LittleEndian(bytes[40..]),
                ReadInt64LittleEndian(bytes[48..]),
                ReadInt64LittleEndian(bytes[56..]),
                ReadInt64LittleEndian(bytes[64..]),
                ChainValue.Of(bytes[80..])),
            ReadInt32LittleEndian(bytes[12..]) == 1,
            ReadInt64LittleEndian(bytes[72..]));
        return mark.Point.CanBe ? mark : null;
    }
}
