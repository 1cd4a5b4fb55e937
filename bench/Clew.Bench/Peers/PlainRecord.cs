using System.Buffers.Binary;
using System.Text;

namespace Clew.Bench.Peers;

// An event as bytes, for peers that store bytes. Integers are little-endian.
//
//   offset  size  field
//        0     2  offset of the data
//        2     8  version
//       10     8  recorded at
//       18    16  event id
//       34     …  stream, type, tag; each as its length (2) and its bytes; then the data
internal static class PlainRecord
{
    public static ReadOnlyMemory<byte> Of(in Draft draft, long recordedAt)
    {
        var bytes = new byte[34 + 6 + draft.Stream.Length + draft.Type.Length + draft.Tag.Length + draft.Data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(2), draft.Version + 1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(10), recordedAt);
        Guid.CreateVersion7().TryWriteBytes(bytes.AsSpan(18), bigEndian: true, out _);

        var offset = 34;
        foreach (var name in (ReadOnlySpan<string>)[draft.Stream, draft.Type, draft.Tag])
        {
            var length = Encoding.UTF8.GetBytes(name, bytes.AsSpan(offset + 2));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), (ushort)length);
            offset += 2 + length;
        }

        draft.Data.Span.CopyTo(bytes.AsSpan(offset));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)offset);
        return bytes.AsMemory(0, offset + draft.Data.Length);
    }

    public static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> record) => record[BinaryPrimitives.ReadUInt16LittleEndian(record)..];
}
