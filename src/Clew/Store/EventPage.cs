using Clew.Events;

namespace Clew.Store;

/// <summary>Some events, and how far the log was looked through for them.</summary>
/// <remarks>A batch is never split between two pages; only a read's <see cref="ReadRequest.Limit"/> may cut the last one.</remarks>
/// <param name="Events">The events that matched, in the order asked for; none where nothing did. They stay valid for as long as they are held.</param>
/// <param name="Lineage">The log they are from.</param>
/// <param name="ReadTo">
/// Forwards, every match up to and including this position is in this page or an earlier one: what a decision rests on, and where to
/// read on. Backwards, the same for every match after it. A read that its limit ends stops right there: forwards at its last event,
/// backwards just before it. Any other read ends at the far bound of what was asked for.
/// </param>
/// <param name="AtHead">
/// Whether <paramref name="ReadTo"/> is the end of what was asked for, so that nothing more was there to look at; for a subscription,
/// the head. A read that its limit ended elsewhere has no such page.
/// </param>
public sealed record EventPage(IReadOnlyList<RecordedEvent> Events, Lineage Lineage, GlobalPosition ReadTo, bool AtHead)
{
    /// <summary>Where to go on after dealing with this page of a subscription.</summary>
    public Checkpoint Checkpoint => new(Lineage, ReadTo);
}
