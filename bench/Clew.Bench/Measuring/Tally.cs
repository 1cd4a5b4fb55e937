using System.Numerics;

namespace Clew.Bench.Measuring;

/// <summary>What a reader did with what it read: it looked at every byte of every payload.</summary>
internal record struct Tally(long Events, long Sum)
{
    public void Add(ReadOnlySpan<byte> payload)
    {
        Events++;
        Sum += SumOf(payload);
    }

    // In vectors, so that a quick reader is not measured by how slowly it is checked.
    private static long SumOf(ReadOnlySpan<byte> bytes)
    {
        var total = 0L;
        while (bytes.Length >= Vector<byte>.Count)
        {
            var vectors = Math.Min(bytes.Length / Vector<byte>.Count, 128);
            var sums = Vector<ushort>.Zero;
            for (var vector = 0; vector < vectors; vector++)
            {
                Vector.Widen(new Vector<byte>(bytes[(vector * Vector<byte>.Count)..]), out var low, out var high);
                sums += low + high;
            }

            Vector.Widen(sums, out var lower, out var upper);
            total += Vector.Sum(lower) + Vector.Sum(upper);
            bytes = bytes[(vectors * Vector<byte>.Count)..];
        }

        foreach (var single in bytes)
            total += single;

        return total;
    }
}
