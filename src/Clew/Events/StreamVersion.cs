using System.Globalization;

namespace Clew.Events;

/// <summary>How many events a stream holds: its n-th event brings it to version n.</summary>
/// <param name="Value">From 0, which means: no such stream yet.</param>
public readonly record struct StreamVersion(long Value) : IComparable<StreamVersion>
{
    /// <summary>The version of a stream that does not exist yet.</summary>
    public static StreamVersion None => default;

    /// <inheritdoc/>
    public int CompareTo(StreamVersion other) => Value.CompareTo(other.Value);

    /// <summary>Whether the left one comes before the right one.</summary>
    public static bool operator <(StreamVersion left, StreamVersion right) => left.Value < right.Value;

    /// <summary>Whether the left one comes after the right one.</summary>
    public static bool operator >(StreamVersion left, StreamVersion right) => left.Value > right.Value;

    /// <summary>Whether the left one comes before the right one, or is the same.</summary>
    public static bool operator <=(StreamVersion left, StreamVersion right) => left.Value <= right.Value;

    /// <summary>Whether the left one comes after the right one, or is the same.</summary>
    public static bool operator >=(StreamVersion left, StreamVersion right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
