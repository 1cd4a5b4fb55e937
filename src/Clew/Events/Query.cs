namespace Clew.Events;

/// <summary>
/// Says which events are meant: those that match any of its items. This is the query of the Dynamic Consistency Boundary
/// specification (dcb.events).
/// </summary>
public sealed class Query : IEquatable<Query>
{
    private Query(IReadOnlyList<QueryItem> items) => Items = items;

    /// <summary>Every event.</summary>
    public static Query All { get; } = new([]);

    /// <summary>The items, any of which an event must match; none in <see cref="All"/>.</summary>
    public IReadOnlyList<QueryItem> Items { get; }

    /// <summary>Events of any of these types.</summary>
    /// <exception cref="ArgumentException">None is given.</exception>
    public static Query Types(params IReadOnlyList<EventType> types) => Of(new QueryItem { Types = types });

    /// <summary>Events that carry all of these tags.</summary>
    /// <exception cref="ArgumentException">None is given.</exception>
    public static Query Tags(params IReadOnlyList<Tag> tags) => Of(new QueryItem { Tags = tags });

    /// <summary>Events that match any of these items.</summary>
    /// <exception cref="ArgumentException">None is given, more than <see cref="ItemsMax"/>, or an item with neither a type nor a tag.</exception>
    public static Query Of(params IReadOnlyList<QueryItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.Count is 0 or > ItemsMax)
            throw new ArgumentException($"A query has 1 to {ItemsMax} items, not {items.Count}; for every event take Query.All.", nameof(items));

        // Copied and then checked, so that a query stays what it was when it was made.
        var copies = new QueryItem[items.Count];
        for (var index = 0; index < copies.Length; index++)
        {
            ArgumentNullException.ThrowIfNull(items[index], nameof(items));
            copies[index] = items[index].Checked();
        }

        return new(copies);
    }

    /// <summary>How many items a query may have.</summary>
    public const int ItemsMax = 256;

    /// <inheritdoc/>
    public bool Equals(Query? other) => other is not null && Items.SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Query);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(Items.Count, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => Items.Count == 0 ? "all events" : string.Join(" or ", Items);
}

/// <summary>One item of a <see cref="Query"/>: an event matches that has any of the types and all of the tags.</summary>
public sealed record QueryItem
{
    /// <summary>Of which the event must have one; with none given, any type will do.</summary>
    public IReadOnlyList<EventType> Types { get; init; } = [];

    /// <summary>All of which the event must carry; it may carry others too.</summary>
    public IReadOnlyList<Tag> Tags { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(QueryItem? other) =>
        other is not null && Types.SequenceEqual(other.Types) && Tags.SequenceEqual(other.Tags);

    /// <inheritdoc/>
    public override int GetHashCode() => Tags.Aggregate(Types.Aggregate(0, HashCode.Combine), HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => (Types.Count, Tags.Count) switch
    {
        (_, 0) => $"({string.Join(" | ", Types)})",
        (0, _) => $"[{string.Join(" & ", Tags)}]",
        _ => $"({string.Join(" | ", Types)})[{string.Join(" & ", Tags)}]",
    };

    internal QueryItem Checked()
    {
        ArgumentNullException.ThrowIfNull(Types);
        ArgumentNullException.ThrowIfNull(Tags);
        var copy = new QueryItem { Types = [.. Types], Tags = [.. Tags] };
        if (copy.Types.Count == 0 && copy.Tags.Count == 0)
            throw new ArgumentException("A query item names at least one type or tag; for every event take Query.All.");
        if (copy.Types.Count > NamesMax || copy.Tags.Count > NamesMax)
            throw new ArgumentException($"A query item names at most {NamesMax} types and as many tags.");
        if (copy.Types.Contains(default) || copy.Tags.Contains(default))
            throw new ArgumentException("A query item names an empty type or tag; give it a value.");

        return copy;
    }

    /// <summary>How many types, and how many tags, an item may name.</summary>
    public const int NamesMax = 256;
}
