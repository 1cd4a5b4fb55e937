using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

/// <summary>One step of a random history. Numbers that only make sense against a log are relative to the model's log at that step.</summary>
internal abstract record ModelStep
{
    private ModelStep()
    {
    }

    /// <summary>A batch that was never sent before.</summary>
    internal sealed record Append(EventShape[] Events, ConditionShape[] Conditions) : ModelStep;

    /// <summary>A batch made of one that was sent before, whatever came of it.</summary>
    internal sealed record Repeat(int Earlier, RepeatKind Kind, EventShape More, ConditionShape[]? Conditions) : ModelStep;

    internal sealed record Reopen : ModelStep;

    /// <summary>Time goes by; where it is negative, the wall clock is set back.</summary>
    internal sealed record Pass(int Seconds) : ModelStep;

    internal sealed record Read(EventFilter Filter, int After, int AfterVersion, AsOfShape AsOf, ReadDirection Direction, int? Limit) : ModelStep
    {
        public ReadRequest Against(ModelLog log) => new(Filter)
        {
            After = new(After),
            AfterVersion = Filter is EventFilter.OfStream ? new(AfterVersion) : default,
            AsOf = AsOf.Against(log, Filter),
            Direction = Direction,
            Limit = Limit,
        };
    }
}

internal sealed record EventShape(StreamName Stream, EventType Type, Tag[] Tags, Guid Id, int Bytes)
{
    public EventData ToData()
    {
        var data = new byte[Bytes];
        new Random(Id.GetHashCode()).NextBytes(data);
        return new(Stream, Type, data) { Id = Id, Tags = Tags };
    }
}

internal enum ConditionKind
{
    Version,
    Exists,
    Nothing,
}

/// <summary>A condition that is true of a version that is off by so much, or of a query after a position so far from the head.</summary>
internal sealed record ConditionShape(ConditionKind Kind, StreamName Stream, int VersionOff, Query Query, int AfterOff)
{
    public AppendCondition Against(ModelLog log) => Kind switch
    {
        ConditionKind.Version => new AppendCondition.StreamAtVersion(Stream, new(Math.Max(0, log.VersionOf(Stream) + VersionOff))),
        ConditionKind.Exists => new AppendCondition.StreamExists(Stream),
        _ => new AppendCondition.NoEventMatching(Query, new(Math.Max(0, log.Head + AfterOff))),
    };
}

internal enum RepeatKind
{
    Same,
    Half,
    Longer,
    OtherStream,
    LastIdOnly,
}

internal enum AsOfKind
{
    Now,
    Position,
    Time,
    Version,
}

/// <summary>A moment of the log's past; a time is that of the event at the position, give or take.</summary>
internal sealed record AsOfShape(AsOfKind Kind, int At)
{
    public AsOf Against(ModelLog log, EventFilter filter) => Kind switch
    {
        AsOfKind.Position => new AsOf.Position(new(At)),
        AsOfKind.Time when log.Head > 0 => new AsOf.RecordedTime(log.Events[(int)(At % log.Head)].RecordedAt.AddTicks((At % 3 * 10) - 10)),
        AsOfKind.Version when filter is EventFilter.OfStream => new AsOf.Version(new(At % 25)),
        _ => AsOf.Now,
    };
}
