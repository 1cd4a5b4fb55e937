using System.Buffers.Binary;

namespace Clew.Events;

/// <summary>Makes event ids.</summary>
internal static class EventId
{
    private const int CounterBits = 12;

    private static long last;

    /// <summary>
    /// A new id, RFC 9562 version 7, with a counter after the milliseconds (section 6.2, method 1): each is higher than those this process
    /// has made before, so a store can tell at a glance that it is new.
    /// </summary>
    public static Guid New()
    {
        Span<byte> bytes = stackalloc byte[16];
        SystemEntropy.Fill(bytes[6..]);
#pragma warning disable RS0030 // The one place that makes ids; a caller who needs them to be repeatable brings his own.
        var milliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
#pragma warning restore RS0030
        var stamp = Next((milliseconds << CounterBits) | (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x7FFL));
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)(stamp >> CounterBits) << 16) | 0x7000 | ((ulong)stamp & 0xFFF));
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new(bytes, bigEndian: true);
    }

    private static long Next(long wanted)
    {
        while (true)
        {
            var before = Volatile.Read(ref last);
            var next = Math.Max(wanted, before + 1);
            if (Interlocked.CompareExchange(ref last, next, before) == before)
                return next;
        }
    }
}
