using System.Text;
using Clew.Events;

namespace Clew.Store.Segments.Indexes;

/// <summary>A name as the indexes take it.</summary>
internal sealed record Name(IndexKind Kind, ulong Hash, byte[] Bytes);

/// <summary>A filter made ready for the indexes, and for the events they lead to.</summary>
internal sealed class CompiledQuery
{
    private CompiledQuery(IReadOnlyList<Item> items) => Items = items;

    public static CompiledQuery Everything { get; } = new([]);

    /// <summary>Any of which must match; none means every event.</summary>
    public IReadOnlyList<Item> Items { get; }

    public bool IsEverything => Items.Count == 0;

    public static CompiledQuery Of(EventFilter filter, KeyHasher hasher) => filter switch
    {
        EventFilter.OfStream stream => OfStream(stream.Name, hasher),
        EventFilter.Matching matching => Of(matching.Query, hasher),
        _ => throw new InvalidOperationException("A filter is of a stream or of a query."),
    };

    public static CompiledQuery OfStream(StreamName stream, KeyHasher hasher) =>
        new([new([Compile(IndexKind.Stream, stream.Value, hasher)], [])]);

    public static CompiledQuery Of(Query query, KeyHasher hasher) =>
        new([.. query.Items.Select(item => new Item(
            [.. item.Tags.Distinct().Select(tag => Compile(IndexKind.Tag, tag.Text, hasher))],
            [.. item.Types.Distinct().Select(type => Compile(IndexKind.Type, type.Value, hasher))]))]);

    public static Name Compile(IndexKind kind, string text, KeyHasher hasher)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new(kind, hasher.Of(bytes), bytes);
    }

    /// <summary>Whether an event is meant: what an index says is only a hint.</summary>
    public bool Matches(ReadOnlySpan<byte> record)
    {
        if (IsEverything)
            return true;

        foreach (var item in Items)
        {
            if (item.Matches(record))
                return true;
        }

        return false;
    }

    /// <summary>An event must have all of these, and any of those.</summary>
    internal sealed record Item(IReadOnlyList<Name> All, IReadOnlyList<Name> Any)
    {
        public bool Matches(ReadOnlySpan<byte> record)
        {
            foreach (var name in All)
            {
                if (!Has(record, name))
                    return false;
            }

            foreach (var name in Any)
            {
                if (Has(record, name))
                    return true;
            }

            return Any.Count == 0;
        }

        private static bool Has(ReadOnlySpan<byte> record, Name name)
        {
            if (name.Kind == IndexKind.Stream)
                return EventRecord.Stream(record).SequenceEqual(name.Bytes);
            if (name.Kind == IndexKind.Type)
                return EventRecord.Type(record).SequenceEqual(name.Bytes);

            foreach (var tag in EventRecord.Tags(record))
            {
                if (tag.SequenceEqual(name.Bytes))
                    return true;
            }

            return false;
        }
    }
}
