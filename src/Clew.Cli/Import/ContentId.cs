using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Clew.Events;

namespace Clew.Cli.Import;

// The id of an event whose file gives it none, RFC 9562 version 8: the first 16 bytes, with version and variant set, of SHA-256 over
//
//   bytes of the stream name (4, little-endian), the stream name in UTF-8
//   how many events of the stream the file holds before it (8, little-endian)
//   bytes of the event type (4, little-endian), the event type in UTF-8
//   the data
//
// The same content has the same id whatever file it comes from, so importing it again finds it there.
internal static class ContentId
{
    public static Guid Of(EventData data, long eventsBefore)
    {
        var stream = data.Stream.Value;
        var type = data.Type.Value;
        var bytes = new ArrayBufferWriter<byte>(data.Data.Length + 256);
        Write(bytes, stream);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(sizeof(long)), eventsBefore);
        bytes.Advance(sizeof(long));
        Write(bytes, type);
        bytes.Write(data.Data.Span);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.WrittenSpan, hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new(hash[..16], bigEndian: true);
    }

    private static void Write(ArrayBufferWriter<byte> target, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(sizeof(int)), length);
        target.Advance(sizeof(int));
        Encoding.UTF8.GetBytes(text, target.GetSpan(length));
        target.Advance(length);
    }
}
