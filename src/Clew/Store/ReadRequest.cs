using Clew.Events;

namespace Clew.Store;

/// <summary>What to read: which events, between which bounds, in which order.</summary>
/// <remarks>
/// All bounds together are two positions: events after the first of them, up to and including the second, are read. The second is
/// <see cref="AsOf"/>, at most the head as it is when reading begins; the first is <see cref="After"/> or the place of
/// <see cref="AfterVersion"/>, whichever lies further, at most the second. Between equal bounds there is nothing to read: one empty
/// page says so.
/// </remarks>
/// <param name="Filter">Which events.</param>
public sealed record ReadRequest(EventFilter Filter)
{
    /// <summary>Reads every event.</summary>
    public static ReadRequest All { get; } = new(EventFilter.All);

    /// <summary>Reads one stream.</summary>
    public static ReadRequest Stream(StreamName name) => new(new EventFilter.OfStream(name));

    /// <summary>Reads what matches a query.</summary>
    public static ReadRequest Matching(Query query) => new(new EventFilter.Matching(query));

    /// <summary>Only events after this position, whatever the direction. Default: from the first.</summary>
    public GlobalPosition After { get; init; }

    /// <summary>Only events after this version of the stream; only for reading one stream. A version to come reads nothing. Default: from the first.</summary>
    public StreamVersion AfterVersion { get; init; }

    /// <summary>Only events up to this moment, whatever the direction; backwards, it is where reading begins. Default: the head.</summary>
    public AsOf AsOf { get; init; } = AsOf.Now;

    /// <summary>In which order. Default: forwards.</summary>
    public ReadDirection Direction { get; init; }

    /// <summary>At most so many events, from 1; a batch is cut where it must be. Default: no limit.</summary>
    public long? Limit { get; init; }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Filter);
        ArgumentNullException.ThrowIfNull(AsOf);
        Filter.Check();
        if (After.Value < 0 || AfterVersion.Value < 0)
            throw new ArgumentException("A read begins after a position or version from 0, which is before the first.");
        if (Limit is < 1)
            throw new ArgumentException($"A limit is 1 or more, not {Limit}; leave it out to read everything.");
        if (Filter is not EventFilter.OfStream && (AfterVersion != default || AsOf is AsOf.Version))
            throw new ArgumentException("Versions bound the reading of one stream; bound this read by positions.");
        if (AsOf is AsOf.Position { Last.Value: < 0 } or AsOf.Version { Last.Value: < 0 })
            throw new ArgumentException("As-of takes a position or version from 0, which is before the first.");
    }
}

/// <summary>In which order events are read.</summary>
public enum ReadDirection
{
    /// <summary>The oldest first.</summary>
    Forwards,

    /// <summary>The latest first.</summary>
    Backwards,
}
