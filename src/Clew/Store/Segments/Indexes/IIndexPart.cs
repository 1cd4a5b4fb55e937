namespace Clew.Store.Segments.Indexes;

/// <summary>What finds the events of one stretch of the log: a file, or memory for the latest stretch.</summary>
internal interface IIndexPart
{
    /// <summary>The first position that it covers.</summary>
    long First { get; }

    /// <summary>The last position that it covers; less than <see cref="First"/> where it covers none yet.</summary>
    long Last { get; }

    /// <summary>The events after one position and up to another that may carry a name; those that do are all among them.</summary>
    ValueTask<Postings> FindAsync(Name name, long after, long upTo);

    /// <summary>Where the records of a position and of those that follow begin in their segments.</summary>
    ValueTask OffsetsAsync(long position, Memory<uint> target);
}

/// <summary>Positions in ascending order, asked for one by one.</summary>
internal abstract class Postings
{
    public static Postings None { get; } = new MemoryPostings(0, []);

    public abstract long Count { get; }

    public abstract ValueTask<long> AtAsync(long index);
}

/// <summary>Positions that lie in memory.</summary>
internal sealed class MemoryPostings(long first, int[] ordinals) : Postings
{
    public override long Count => ordinals.Length;

    public override ValueTask<long> AtAsync(long index) => new(first + ordinals[index]);
}
