using Clew.Events;

namespace Clew.Store;

/// <summary>What must hold for a batch to be appended. The family is closed: these three cases are all there are.</summary>
public abstract record AppendCondition
{
    private AppendCondition()
    {
    }

    /// <summary>The stream has exactly this version; <see cref="StreamVersion.None"/> says that it must not exist.</summary>
    /// <param name="Stream">Any stream, also one that the batch does not write to.</param>
    /// <param name="Version">The version that the decision rests on, from 0.</param>
    public sealed record StreamAtVersion(StreamName Stream, StreamVersion Version) : AppendCondition;

    /// <summary>The stream has at least one event.</summary>
    /// <param name="Stream">Any stream, also one that the batch does not write to.</param>
    public sealed record StreamExists(StreamName Stream) : AppendCondition;

    /// <summary>
    /// No event after the position matches the query: the append condition of the Dynamic Consistency Boundary specification
    /// (dcb.events).
    /// </summary>
    /// <param name="Query">What the decision rests on.</param>
    /// <param name="After">
    /// Up to where it was looked: <see cref="EventPage.ReadTo"/> of the read that it rests on. <see cref="GlobalPosition.Start"/>,
    /// the default, lets any match fail. May lie beyond the last match, and beyond the head.
    /// </param>
    public sealed record NoEventMatching(Query Query, GlobalPosition After = default) : AppendCondition;
}
