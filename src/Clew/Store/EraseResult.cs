using Clew.Events;

namespace Clew.Store;

/// <summary>What came of an erasure. All cases are ordinary; a fault is an exception.</summary>
public abstract record EraseResult
{
    private EraseResult()
    {
    }

    /// <summary>The content of everything that was selected is gone, and that is recorded.</summary>
    /// <param name="Now">How many events were erased by this.</param>
    /// <param name="Before">How many of those selected had been erased before.</param>
    /// <param name="Records">The positions of the events that record it, in order; none where nothing was left to erase.</param>
    public sealed record Erased(long Now, long Before, IReadOnlyList<GlobalPosition> Records) : EraseResult
    {
        /// <inheritdoc/>
        public bool Equals(Erased? other) =>
            other is not null && Now == other.Now && Before == other.Before && Records.SequenceEqual(other.Records);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Now, Before);
    }

    /// <summary>There is no such event: the position lies beyond the head, or nothing matches. Nothing was erased.</summary>
    public sealed record NothingFound : EraseResult;

    /// <summary>
    /// Among what was selected is an event of Clew's own, whose stream or type begins with <c>$</c>, such as the record of an earlier
    /// erasure: those stay. Nothing was erased.
    /// </summary>
    /// <param name="Own">The first of them.</param>
    public sealed record Refused(GlobalPosition Own) : EraseResult;
}
