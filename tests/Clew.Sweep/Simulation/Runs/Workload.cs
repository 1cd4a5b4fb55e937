using System.Globalization;
using Clew.Events;
using Clew.Store;
using Clew.Sweep.Simulation.Machine;
using Clew.Sweep.Simulation.Oracle;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>Makes up batches, conditions, queries and reads: few names, so that they get in each other's way.</summary>
internal sealed class Workload(Chance chance, SwarmOptions options, History history)
{
    private const int Types = 4;
    private const int Tags = 6;
    private static readonly DateTimeOffset Past = new(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private readonly Dictionary<StreamName, long> versions = [];

    public void Learn(StreamName stream, StreamVersion version) => versions[stream] = version.Value;

    public AppendBatch Batch()
    {
        var count = chance.Happens(0.5) ? 1 : chance.Between(1, options.BatchEventsMax);
        var home = Stream();
        var events = new EventData[count];
        for (var index = 0; index < count; index++)
            events[index] = Event(chance.Happens(0.7) ? home : Stream(), chance.Id());
        return new AppendBatch(events, Conditions(events));
    }

    /// <summary>A batch that repeats ids which another batch has, but is not that batch.</summary>
    public AppendBatch BatchOfUsedIds(AppendBatch other)
    {
        var first = other.Events[0];
        return other.Events.Count > 1 && chance.Happens(0.5)
            ? new AppendBatch([.. other.Events.Take(other.Events.Count - 1)])
            : new AppendBatch([first with { Stream = new StreamName(first.Stream.Value + "-other") }, .. other.Events.Skip(1)]);
    }

    /// <summary>Something to erase; there must be something in the log.</summary>
    public EraseTarget Target() => chance.Below(10) switch
    {
        < 6 => new EraseTarget.Position(new(1 + chance.Below(history.KnownHeadInStore))),
        < 8 => new EraseTarget.OfStream(Stream()),
        _ => new EraseTarget.Matching(Query.Of([.. Enumerable.Range(0, chance.Pick([1, 1, 2])).Select(_ => Item())])),
    };

    public EventFilter Filter() => chance.Below(5) switch
    {
        0 => EventFilter.All,
        1 => new EventFilter.OfStream(Stream()),
        2 => new EventFilter.Matching(Query.Types("never-used")),
        _ => new EventFilter.Matching(AnyQuery()),
    };

    public ReadRequest Read()
    {
        var filter = Filter();
        var known = history.KnownHead;
        var request = new ReadRequest(filter)
        {
            After = new(chance.Happens(0.5) ? 0 : chance.Below(known + 1)),
            Limit = chance.Happens(0.3) ? chance.Between(1, 10) : null,
            AsOf = AsOfSomething(filter, known),
        };
        // Backwards, a read begins at its upper bound, which nobody outside can know exactly where it is the head.
        return request.AsOf is AsOf.Position && chance.Happens(0.5) ? request with { Direction = ReadDirection.Backwards } : request;
    }

    private AsOf AsOfSomething(EventFilter filter, long known)
    {
        switch (chance.Below(4))
        {
            case 0:
                return new AsOf.Position(new(chance.Below(known + 1)));
            case 1 when history.Reads.LastOrDefault(read => read.Events.Count > 0) is { } read:
                return new AsOf.RecordedTime(chance.Pick(read.Events).RecordedAt);
            case 2 when filter is EventFilter.OfStream stream:
                return new AsOf.Version(new(chance.Below(versions.GetValueOrDefault(stream.Name) + 2)));
            default:
                return AsOf.Now;
        }
    }

    private StreamName Stream() => new($"stream-{chance.Below(options.Streams)}");

    private static EventType Type(int number) => new($"type-{number}");

    private static Tag Tag(int number) => new("tag", number.ToString(CultureInfo.InvariantCulture));

    private EventData Event(StreamName stream, Guid id)
    {
        // Now and then one that is larger than a segment.
        var bytes = chance.Happens(0.002) ? options.SegmentBytesMax + 5_000 : chance.Below(options.PayloadBytesMax + 1);
        return new EventData(stream, Type(chance.Below(Types)), Bytes(bytes))
        {
            Id = id,
            Metadata = chance.Happens(0.3) ? Bytes(chance.Below(60)) : default,
            Tags = [.. Enumerable.Range(0, Tags).Where(_ => chance.Happens(0.3)).Select(Tag)],
            SchemaVersion = chance.Happens(0.1) ? chance.Between(1, EventLimits.SchemaVersionMax) : 1,
            ContentType = chance.Happens(0.1) ? "text/plain" : "application/json",
            OccurredAt = chance.Happens(0.2) ? Past.AddMicroseconds(chance.Below(1_000_000_000)) : null,
            CorrelationId = chance.Happens(0.2) ? chance.Id() : null,
            CausationId = chance.Happens(0.2) ? chance.Id() : null,
        };
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        chance.Fill(bytes);
        return bytes;
    }

    private AppendCondition[] Conditions(EventData[] events) => chance.Below(10) switch
    {
        < 3 => [],
        < 9 => [Condition(events)],
        _ => [Condition(events), Condition(events), Condition(events)],
    };

    private AppendCondition Condition(EventData[] events)
    {
        var stream = chance.Happens(0.8) ? events[0].Stream : Stream();
        return chance.Below(10) switch
        {
            < 5 => new AppendCondition.StreamAtVersion(stream, new(Expected(stream))),
            5 => new AppendCondition.StreamExists(stream),
            _ => new AppendCondition.NoEventMatching(AnyQuery(), new(After())),
        };
    }

    private long Expected(StreamName stream)
    {
        var known = versions.GetValueOrDefault(stream);
        return chance.Happens(0.85) ? known : Math.Max(0, known + chance.Between(-1, 1));
    }

    private long After() => chance.Below(10) switch
    {
        0 => 0,
        1 => history.KnownHead + chance.Below(5),
        2 => Math.Max(0, history.KnownHead - chance.Below(5)),
        _ => history.KnownHead,
    };

    private Query AnyQuery() => chance.Below(12) == 0
        ? Query.All
        : Query.Of([.. Enumerable.Range(0, chance.Pick([1, 1, 2])).Select(_ => Item())]);

    private QueryItem Item() => chance.Below(3) switch
    {
        0 => new() { Types = SomeTypes() },
        1 => new() { Tags = SomeTags() },
        _ => new() { Types = SomeTypes(), Tags = SomeTags() },
    };

    private EventType[] SomeTypes() => [.. Enumerable.Range(0, chance.Pick([1, 1, 2])).Select(_ => Type(chance.Below(Types))).Distinct()];

    private Tag[] SomeTags() => [.. Enumerable.Range(0, chance.Pick([1, 1, 2])).Select(_ => Tag(chance.Below(Tags))).Distinct()];
}
