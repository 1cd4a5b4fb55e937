using System.Buffers.Binary;

namespace Clew.Sweep.Simulation.Machine;

/// <summary>All the chance of a run, from one seed (SplitMix64): the same on every machine and every version of .NET.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong state = (seed * 0x9E3779B97F4A7C15) + 0x1234567;

    public ulong Bits()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <returns>From 0, below the limit.</returns>
    public int Below(int limit) => (int)(Bits() % (ulong)limit);

    public long Below(long limit) => (long)(Bits() % (ulong)limit);

    /// <returns>Both bounds included.</returns>
    public int Between(int first, int last) => first + Below(last - first + 1);

    public bool Happens(double probability) => Fraction() < probability;

    /// <returns>Exponentially distributed around the mean, as the time to the next of many independent things is.</returns>
    public long Exponential(double mean) => (long)(-Math.Log(1 - Fraction()) * mean);

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Fill(Span<byte> target)
    {
        foreach (ref var single in target)
            single = (byte)Bits();
    }

    public Guid Id()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Bits());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Bits());
        return new Guid(bytes);
    }

    /// <returns>A source of its own, so that what one part draws does not shift what another gets.</returns>
    public Chance Fork() => new(Bits());

    private double Fraction() => (Bits() >> 11) * (1.0 / (1UL << 53));
}
