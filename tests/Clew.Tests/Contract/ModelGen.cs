using Clew.Events;
using Clew.Store;
using CsCheck;

namespace Clew.Tests.Contract;

/// <summary>Random histories over so few names that everything meets everything.</summary>
internal static class ModelGen
{
    private static readonly string[] Streams = ["a", "b", "c", "x"];
    private static readonly Gen<EventType> Type = Gen.OneOf<EventType>("x", "y", "z");
    private static readonly Gen<Tag> Tag = Gen.OneOf<Tag>("k:1", "k:2", "k:3", "x:y");
    private static readonly Gen<StreamName> Stream = Gen.OneOf(Streams).Select(name => new StreamName(name));

    private static readonly Gen<QueryItem> Item = Gen.Select(Type.HashSet[0, 2], Tag.HashSet[0, 2])
        .Where((types, tags) => types.Count + tags.Count > 0)
        .Select((types, tags) => new QueryItem { Types = [.. types], Tags = [.. tags] });

    public static readonly Gen<Query> Query = Gen.Frequency(
        (1, Gen.Const(Clew.Events.Query.All)), (9, Item.Array[1, 3].Select(items => Clew.Events.Query.Of(items))));

    public static readonly Gen<EventFilter> Filter = Gen.Frequency(
        (1, Gen.Const(EventFilter.All)),
        (3, Stream.Select(name => (EventFilter)new EventFilter.OfStream(name))),
        (4, Query.Select(query => (EventFilter)new EventFilter.Matching(query))));

    /// <summary>Mostly small; now and then so large that a handful fills a segment.</summary>
    public static readonly Gen<EventShape> Event = Gen.Select(
        Stream, Type, Tag.HashSet[0, 3], Gen.Guid, Gen.Frequency((7, Gen.Int[0, 30]), (1, Gen.Int[4_000, 9_000])),
        (stream, type, tags, id, bytes) => new EventShape(stream, type, [.. tags], id, bytes));

    private static readonly Gen<ConditionShape> Condition = Gen.Select(
        Gen.Enum<ConditionKind>(), Stream, Gen.Frequency((6, Gen.Const(0)), (1, Gen.Int[-2, 2])), Query, Gen.Int[-6, 3],
        (kind, stream, off, query, after) => new ConditionShape(kind, stream, off, query, after));

    private static readonly Gen<ConditionShape[]> Conditions = Gen.Frequency(
        (3, Gen.Const<ConditionShape[]>([])), (3, Condition.Array[1]), (2, Condition.Array[2, 4]));

    private static readonly Gen<AsOfShape> AsOf = Gen.Select(Gen.Enum<AsOfKind>(), Gen.Int[0, 70], (kind, at) => new AsOfShape(kind, at));

    public static readonly Gen<ModelStep> Read = Gen.Select(
        Filter, Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[0, 70])), Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[0, 25])), AsOf,
        Gen.Enum<ReadDirection>(), Gen.Frequency((2, Gen.Const((int?)null)), (1, Gen.Int[1, 30].Select(limit => (int?)limit))),
        (filter, after, version, asOf, direction, limit) => (ModelStep)new ModelStep.Read(filter, after, version, asOf, direction, limit));

    private static readonly Gen<ModelStep> Append = Gen.Select(
        Event.Array[1, 5], Conditions, (events, conditions) => (ModelStep)new ModelStep.Append(events, conditions));

    private static readonly Gen<ModelStep> Repeat = Gen.Select(
        Gen.Int[0, 30], Gen.Enum<RepeatKind>(), Event, Gen.Frequency((2, Gen.Const((ConditionShape[]?)null)), (1, Conditions.Select(some => (ConditionShape[]?)some))),
        (earlier, kind, more, conditions) => (ModelStep)new ModelStep.Repeat(earlier, kind, more, conditions));

    public static readonly Gen<ModelStep> Step = Gen.Frequency(
        (10, Append),
        (4, Repeat),
        (5, Read),
        (1, Gen.Int[-100, 100].Select(seconds => (ModelStep)new ModelStep.Pass(seconds))),
        (1, Gen.Const((ModelStep)new ModelStep.Reopen())));
}
