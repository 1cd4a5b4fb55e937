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

    private static readonly ulong Key1 = Draw();
    private static readonly ulong Key2 = Draw();
    private static readonly ulong Key3 = Draw();
    private static readonly ulong Key4 = Draw();

    private ulong first;
    private ulong second;

    /// <summary>Adds that an event is found under a value.</summary>
    public void Add(int kind, ulong value, uint ordinal)
    {
        var mixed = KeyHasher.Fold(value ^ Key1, (((ulong)kind << 32) | ordinal) ^ Key2);
        first += mixed;
        second += KeyHasher.Fold(mixed ^ Key3, value ^ Key4);
    }

    public bool Equals(IndexSum other) => first == other.first && second == other.second;

    private static ulong Draw()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Events.SystemEntropy.Fill(bytes);
        return ReadUInt64LittleEndian(bytes);
    }
}
