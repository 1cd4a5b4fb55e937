using System.Globalization;

namespace Clew.Events;

/// <summary>The place of an event in the whole log: the first event is at 1, and there are no gaps.</summary>
/// <remarks>As a bound it names the last event seen: what follows it is read on.</remarks>
/// <param name="Value">From 0, which means: before the first event.</param>
public readonly record struct GlobalPosition(long Value) : IComparable<GlobalPosition>
{
    /// <summary>Before the first event.</summary>
    public static GlobalPosition Start => default;

    /// <inheritdoc/>
    public int CompareTo(GlobalPosition other) => Value.CompareTo(other.Value);

    /// <summary>Whether the left one comes before the right one.</summary>
    public static bool operator <(GlobalPosition left, GlobalPosition right) => left.Value < right.Value;

    /// <summary>Whether the left one comes after the right one.</summary>
    public static bool operator >(GlobalPosition left, GlobalPosition right) => left.Value > right.Value;

    /// <summary>Whether the left one comes before the right one, or is the same.</summary>
    public static bool operator <=(GlobalPosition left, GlobalPosition right) => left.Value <= right.Value;

    /// <summary>Whether the left one comes after the right one, or is the same.</summary>
    public static bool operator >=(GlobalPosition left, GlobalPosition right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
