using System.Buffers.Binary;
using Clew.Events;

namespace Clew.Store.Segments.Indexes;

/// <summary>What events are found by.</summary>
internal enum IndexKind
{
    Stream,
    Tag,
    Type,
    Id,
}

/// <summary>
/// A keyed 64-bit hash in the manner of wyhash: multiply, fold, repeat. Not cryptographic: every hit is compared with the event itself,
/// and the key, random for each log, keeps outsiders from making collisions.
/// </summary>
internal sealed class KeyHasher(UInt128 key)
{
    private const ulong Odd1 = 0xA0761D6478BD642F;
    private const ulong Odd2 = 0xE7037ED1A0B428DB;
    private readonly ulong low = (ulong)key;
    private readonly ulong high = (ulong)(key >> 64);

    public ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = low;
        var length = (ulong)bytes.Length;
        while (bytes.Length > 16)
        {
            hash = Fold(Read(bytes) ^ Odd1, Read(bytes[8..]) ^ hash);
            bytes = bytes[16..];
        }

        var (first, second) = Padded(bytes);
        return Fold(Fold(first ^ Odd2, second ^ hash) ^ high, length ^ Odd1);
    }

    public ulong Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Of(bytes);
    }

    /// <summary>The hashes of all that an event is found by, in the order in which <see cref="TailIndex.Add"/> takes them.</summary>
    public void Collect(ReadOnlySpan<byte> record, List<ulong> hashes)
    {
        hashes.Add(Of(EventRecord.Stream(record)));
        hashes.Add(Of(EventRecord.Type(record)));
        foreach (var tag in EventRecord.Tags(record))
            hashes.Add(Of(tag));
    }

    /// <summary>Both halves of a product.</summary>
    public static ulong Fold(ulong left, ulong right)
    {
        var product = Math.BigMul(left, right, out var lower);
        return product ^ lower;
    }

    // The last bytes, at most 16, as if zeros followed. What is read twice is shifted out.
    private static (ulong First, ulong Second) Padded(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeof(ulong))
            return (Read(bytes), Read(bytes[^sizeof(ulong)..]) >> (8 * (16 - bytes.Length)));
        if (bytes.Length >= sizeof(uint))
            return (ReadHalf(bytes) | (ReadHalf(bytes[^sizeof(uint)..]) >> (8 * (8 - bytes.Length)) << 32), 0);

        var first = 0UL;
        for (var index = bytes.Length - 1; index >= 0; index--)
            first = (first << 8) | bytes[index];
        return (first, 0);
    }

    private static ulong ReadHalf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
