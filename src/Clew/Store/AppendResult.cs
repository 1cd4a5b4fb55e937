using Clew.Events;

namespace Clew.Store;

/// <summary>What came of an append. Both cases are ordinary; a fault is an exception.</summary>
public abstract record AppendResult
{
    private AppendResult()
    {
    }

    /// <summary>The whole batch is durable, in order and in one piece; now, or since an earlier attempt with the same ids.</summary>
    /// <param name="First">Position of its first event.</param>
    /// <param name="Last">Position of its last event.</param>
    /// <param name="Versions">The version to which it brought each stream it wrote to, in the order of their first event.</param>
    public sealed record Appended(GlobalPosition First, GlobalPosition Last, IReadOnlyList<StreamAt> Versions) : AppendResult
    {
        /// <summary>The version to which the batch brought its last stream; with a batch of one stream, its new version.</summary>
        public StreamVersion Version => Versions[^1].Version;

        /// <inheritdoc/>
        public bool Equals(Appended? other) =>
            other is not null && First == other.First && Last == other.Last && Versions.SequenceEqual(other.Versions);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(First, Last);
    }

    /// <summary>Nothing was written: at least one condition did not hold.</summary>
    /// <param name="Broken">Every condition that failed, in the order given; never empty.</param>
    public sealed record Conflict(IReadOnlyList<BrokenCondition> Broken) : AppendResult
    {
        /// <inheritdoc/>
        public bool Equals(Conflict? other) => other is not null && Broken.SequenceEqual(other.Broken);

        /// <inheritdoc/>
        public override int GetHashCode() => Broken.Count;
    }
}

/// <summary>A stream and a version of it.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">How many events it has.</param>
public readonly record struct StreamAt(StreamName Stream, StreamVersion Version);

/// <summary>A condition that did not hold, and why.</summary>
/// <param name="Condition">The condition, as it was given.</param>
/// <param name="By">
/// The latest event that breaks it. None where an event is missing rather than too many: a stream that does not exist, or has
/// fewer events than expected.
/// </param>
/// <param name="Actual">For a condition on a stream, the version that it really has.</param>
public sealed record BrokenCondition(AppendCondition Condition, GlobalPosition? By, StreamVersion? Actual);
