using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>A place between two groups of the log, and all that is needed to read or write on from there.</summary>
/// <param name="Segment">Number of the segment, from 1.</param>
/// <param name="Offset">Where the next group begins in it.</param>
/// <param name="Group">Number of the group before, 0 where there is none.</param>
/// <param name="Position">Position of the event before, 0 where there is none.</param>
/// <param name="RecordedAt">Recorded time of that event, in microseconds since 1970 UTC.</param>
/// <param name="Chain">SHA-256 of that group's header.</param>
internal sealed record LogPoint(int Segment, int Offset, long Group, long Position, long RecordedAt, ChainValue Chain)
{
    public static LogPoint Start { get; } = new(1, SegmentHeader.Bytes, 0, 0, 0, default);

    /// <summary>Whether there can be such a place: a checksum vouches for the bytes that say so, not for whoever wrote them.</summary>
    public bool CanBe => Segment >= 1 && Offset >= SegmentHeader.Bytes && Group >= 0 && Position >= 0 && UnixMicroseconds.IsTime(RecordedAt);

    /// <summary>Whether both lie behind one and the same group; segments that hold nothing yet may lie between them.</summary>
    public bool IsAt(LogPoint other) =>
        (Group, Position, RecordedAt) == (other.Group, other.Position, other.RecordedAt)
        && Chain.Equals(other.Chain)
        && (Segment == other.Segment ? Offset == other.Offset : SegmentHeader.Bytes == (Segment > other.Segment ? Offset : other.Offset));
}

/// <summary>What links a group to all before it: 32 bytes.</summary>
[System.Runtime.CompilerServices.InlineArray(Bytes)]
internal struct ChainValue : IEquatable<ChainValue>
{
    public const int Bytes = 32;

    private byte first;

    public static ChainValue Of(ReadOnlySpan<byte> bytes)
    {
        var value = default(ChainValue);
        bytes[..Bytes].CopyTo(value);
        return value;
    }

    public readonly void Write(Span<byte> target) => ((ReadOnlySpan<byte>)this).CopyTo(target);

    public readonly bool Equals(ChainValue other) => ((ReadOnlySpan<byte>)this).SequenceEqual(other);

    public override readonly bool Equals(object? obj) => obj is ChainValue other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(first);
}
