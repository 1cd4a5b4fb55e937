using System.Runtime.InteropServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments.Indexes;

/// <summary>
/// What an index says, as a sum of 128 bits that does not depend on the order in which it is said. Its key is drawn once in each process and never
/// leaves it: without it nobody can prepare an index that says something else and has the same sum.
/// </summary>
internal sealed class IndexSum
{
    /// <summary>Beside the kinds of keys: where records begin.</summary>
    public const int Offsets = 4;

    private static readonly ulong[] Key = NewKey();

    private ulong first;
    private ulong second;

    /// <summary>Adds that an event is found under a value.</summary>
    public void Add(int kind, ulong value, uint ordinal)
    {
        var mixed = KeyHasher.Fold(value ^ Key[0], (((ulong)kind << 32) | ordinal) ^ Key[1]);
        first += mixed;
        second += KeyHasher.Fold(mixed ^ Key[2], value ^ Key[3]);
    }

    /// <summary>Adds that several events are found under a value.</summary>
    /// <param name="kind">What value it is.</param>
    /// <param name="value">The value.</param>
    /// <param name="ordinals">The events, 4 bytes each.</param>
    public void AddAll(int kind, ulong value, ReadOnlySpan<byte> ordinals)
    {
        for (; ordinals.Length > 0; ordinals = ordinals[sizeof(uint)..])
            Add(kind, value, ReadUInt32LittleEndian(ordinals));
    }

    public bool Equals(IndexSum other) => first == other.first && second == other.second;

    private static ulong[] NewKey()
    {
        var key = new ulong[4];
        Events.SystemEntropy.Fill(MemoryMarshal.AsBytes(key.AsSpan()));
        return key;
    }
}
