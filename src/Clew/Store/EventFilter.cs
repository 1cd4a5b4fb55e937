using Clew.Events;

namespace Clew.Store;

/// <summary>Which events a read or a subscription is about. The family is closed.</summary>
public abstract record EventFilter
{
    private EventFilter()
    {
    }

    /// <summary>Every event of the log.</summary>
    public static EventFilter All { get; } = new Matching(Query.All);

    /// <summary>The events of one stream.</summary>
    /// <param name="Name">The stream; it need not exist.</param>
    public sealed record OfStream(StreamName Name) : EventFilter;

    /// <summary>The events of the whole log that match a query.</summary>
    /// <param name="Query">The query.</param>
    public sealed record Matching(Query Query) : EventFilter;

    internal void Check()
    {
        if (this is OfStream { Name: var name } && name == default)
            throw new ArgumentException("The request names no stream.");
        if (this is Matching { Query: null })
            throw new ArgumentException("The request has no query; for every event take EventFilter.All.");
    }
}
