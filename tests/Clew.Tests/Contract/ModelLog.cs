using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

/// <summary>What a log is, as the contract says it and as slow as that: a list, looked through from the start for every question.</summary>
internal sealed class ModelLog(int windowEvents)
{
    private readonly List<ModelEvent> events = [];

    public IReadOnlyList<ModelEvent> Events => events;

    public long Head => events.Count;

    public long VersionOf(StreamName stream) => events.Count(known => known.Data.Stream == stream);

    public ModelAnswer Append(AppendBatch batch, DateTimeOffset now)
    {
        var window = events.Skip((int)Math.Max(0, Head - windowEvents)).ToList();
        var known = batch.Events
            .Select(data => window.LastOrDefault(one => one.Data.Id == data.Id))
            .FirstOrDefault(one => one is not null);
        if (known is not null)
            return Earlier(batch) ?? new ModelAnswer(null, (known.Data.Id, known.Position));

        BrokenCondition[] broken = [.. batch.Conditions.Select(Broken).OfType<BrokenCondition>()];
        if (broken.Length > 0)
            return Earlier(batch) ?? new ModelAnswer(new AppendResult.Conflict(broken), null);

        var recordedAt = events.Select(one => one.RecordedAt).Append(now).Max();
        var first = Head + 1;
        foreach (var data in batch.Events)
            events.Add(new(Head + 1, VersionOf(data.Stream) + 1, data, first, recordedAt));

        return AnswerFor(first);
    }

    /// <summary>Between which positions a read looks: above the first, up to and including the second.</summary>
    public (long Low, long Bound) BoundsOf(ReadRequest request)
    {
        var stream = (request.Filter as EventFilter.OfStream)?.Name ?? default;
        var bound = request.AsOf switch
        {
            AsOf.Position(var last) => Math.Min(last.Value, Head),
            AsOf.RecordedTime(var last) => events.Count(one => one.RecordedAt <= last),
            AsOf.Version(var last) => PositionOf(stream, last.Value),
            _ => Head,
        };
        return (Math.Min(bound, Math.Max(request.After.Value, PositionOf(stream, request.AfterVersion.Value))), bound);
    }

    public static bool Matches(EventFilter filter, EventData data) => filter switch
    {
        EventFilter.OfStream(var name) => data.Stream == name,
        EventFilter.Matching(var query) => Matches(query, data),
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    public static bool Matches(Query query, EventData data) =>
        query.Items.Count == 0 || query.Items.Any(item =>
            (item.Types.Count == 0 || item.Types.Any(type => type == data.Type)) && !item.Tags.Except(data.Tags).Any());

    private long PositionOf(StreamName stream, long version) =>
        version == 0 ? 0 : events.Find(one => one.Data.Stream == stream && one.Version == version)?.Position ?? Head;

    private BrokenCondition? Broken(AppendCondition condition)
    {
        switch (condition)
        {
            case AppendCondition.StreamAtVersion(var stream, var expected):
                var actual = VersionOf(stream);
                var latest = actual > expected.Value ? new GlobalPosition(PositionOf(stream, actual)) : (GlobalPosition?)null;
                return actual == expected.Value ? null : new(condition, latest, new(actual));
            case AppendCondition.StreamExists(var stream):
                return VersionOf(stream) > 0 ? null : new(condition, null, StreamVersion.None);
            case AppendCondition.NoEventMatching(var query, var after):
                var match = events.LastOrDefault(one => one.Position > after.Value && Matches(query, one.Data));
                return match is null ? null : new(condition, new GlobalPosition(match.Position), null);
            default:
                throw new ArgumentOutOfRangeException(nameof(condition));
        }
    }

    private ModelAnswer? Earlier(AppendBatch batch)
    {
        var start = events.LastOrDefault(one => one.Data.Id == batch.Events[0].Id)?.Batch;
        var earlier = events.Where(one => one.Batch == start).Select(one => Identity(one.Data));
        return start is { } first && earlier.SequenceEqual(batch.Events.Select(Identity)) ? AnswerFor(first) : null;
    }

    private static (Guid Id, StreamName Stream, EventType Type) Identity(EventData data) => (data.Id, data.Stream, data.Type);

    private ModelAnswer AnswerFor(long first)
    {
        var batch = events.Where(one => one.Batch == first).ToList();
        var versions = batch.GroupBy(one => one.Data.Stream).Select(group => new StreamAt(group.Key, new(group.Max(one => one.Version))));
        return new(new AppendResult.Appended(new(first), new(batch[^1].Position), [.. versions]), null);
    }
}

/// <summary>An event as the model keeps it.</summary>
/// <param name="Position">From 1.</param>
/// <param name="Version">Its place in its stream, from 1.</param>
/// <param name="Data">What was handed in.</param>
/// <param name="Batch">The first position of its batch.</param>
/// <param name="RecordedAt">When the log took it.</param>
internal sealed record ModelEvent(long Position, long Version, EventData Data, long Batch, DateTimeOffset RecordedAt)
{
    public Seen Seen { get; } = Seen.Of(Data, Position, Version, RecordedAt);
}

/// <summary>What comes of an append: a result, or the refusal of an id that belongs to another event.</summary>
internal sealed record ModelAnswer(AppendResult? Result, (Guid Id, long Position)? Reused)
{
    public static async ValueTask<ModelAnswer> OfAsync(IEventStore store, AppendBatch batch, CancellationToken cancellation)
    {
        try
        {
            return new(await store.AppendAsync(batch, cancellation), null);
        }
        catch (EventIdReusedException refused)
        {
            return new(null, (refused.Id, refused.Position.Value));
        }
    }
}
