using System.Buffers.Binary;

namespace Clew.Events;

/// <summary>Makes event ids.</summary>
internal static class EventId
{
    /// <summary>How much chance an id of a given time takes.</summary>
    public const int ChanceBytes = 10;

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
        return Of(Next((milliseconds << CounterBits) | (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x7FFL)), bytes[8..]);
    }

    /// <summary>An id of the same kind, of a time and of chance that the caller brings.</summary>
    /// <param name="time">From 1970 on.</param>
    /// <param name="chance">Of <see cref="ChanceBytes"/>.</param>
    public static Guid Of(DateTimeOffset time, ReadOnlySpan<byte> chance) => Of(
        (time.ToUnixTimeMilliseconds() << CounterBits) | (BinaryPrimitives.ReadUInt16BigEndian(chance) & 0xFFFL), chance[2..]);

    private static Guid Of(long stamp, ReadOnlySpan<byte> chance)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)(stamp >> CounterBits) << 16) | 0x7000 | ((ulong)stamp & 0xFFF));
        chance[..8].CopyTo(bytes[8..]);
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
