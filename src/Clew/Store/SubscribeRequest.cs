namespace Clew.Store;

/// <summary>What to follow, and from where.</summary>
/// <param name="Filter">Which events.</param>
public sealed record SubscribeRequest(EventFilter Filter)
{
    /// <summary>Where the last visit ended: the <see cref="EventPage.Checkpoint"/> of the last page dealt with. Default: before the first event.</summary>
    public Checkpoint? After { get; init; }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Filter);
        Filter.Check();
    }
}
