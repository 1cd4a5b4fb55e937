using System.Buffers.Binary;

namespace Clew.Events;

/// <summary>Makes event ids.</summary>
internal static class EventId
{
    /// <summary>
    /// A new id, RFC 9562 version 7: later ids sort after earlier ones, which keeps the index of ids quick. Guid.CreateVersion7 makes the
    /// same, with a system call for each.
    /// </summary>
    public static Guid New()
    {
        Span<byte> bytes = stackalloc byte[16];
        SystemEntropy.Fill(bytes);
#pragma warning disable RS0030 // The one place that makes ids; a caller who needs them to be repeatable brings his own.
        var milliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
#pragma warning restore RS0030
        BinaryPrimitives.WriteInt64BigEndian(bytes, (milliseconds << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]));
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new(bytes, bigEndian: true);
    }
}
