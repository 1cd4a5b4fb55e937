using Clew.Events;
using Clew.Store;

namespace Clew.Sweep.Simulation.Oracle;

/// <summary>
/// The whole log in plain lists, and the contract's rules in their plainest form. It shares no matching code with the engine: what
/// both get wrong in the same way, nobody would find.
/// </summary>
internal sealed class LogModel
{
    private readonly IReadOnlyList<LoggedEvent> events;
    private readonly Dictionary<string, List<long>> streams = new(StringComparer.Ordinal);
    private readonly Dictionary<Query, List<long>> matches = new(ReferenceEqualityComparer.Instance as IEqualityComparer<Query>);

    public LogModel(IReadOnlyList<LoggedEvent> events)
    {
        this.events = events;
        foreach (var logged in events)
            PositionsOf(logged.Data.Stream.Value).Add(logged.Position);
    }

    public long Head => events.Count;

    public LoggedEvent At(long position) => events[(int)position - 1];

    public long VersionAt(string stream, long head) =>
        streams.TryGetValue(stream, out var positions) ? CountUpTo(positions, head) : 0;

    /// <returns>The last match after one position up to another; 0 for none.</returns>
    public long LatestMatch(Query query, long after, long head)
    {
        var positions = PositionsOf(query);
        var count = CountUpTo(positions, head);
        return count > 0 && positions[count - 1] > after ? positions[count - 1] : 0;
    }

    /// <returns>Every match after one position, up to another.</returns>
    public IEnumerable<LoggedEvent> Matching(EventFilter filter, long after, long upTo)
    {
        for (var position = after + 1; position <= Math.Min(upTo, Head); position++)
        {
            if (IsMatch(filter, At(position).Data))
                yield return At(position);
        }
    }

    /// <summary>What an append on top of a head has against it.</summary>
    public List<BrokenCondition> Broken(IReadOnlyList<AppendCondition> conditions, long head)
    {
        var broken = new List<BrokenCondition>();
        foreach (var condition in conditions)
        {
            if (Break(condition, head) is { } found)
                broken.Add(found);
        }

        return broken;
    }

    public static bool IsMatch(Query query, EventData data)
    {
        if (query.Items.Count == 0)
            return true;

        foreach (var item in query.Items)
        {
            var isType = item.Types.Count == 0;
            foreach (var type in item.Types)
                isType |= string.Equals(type.Value, data.Type.Value, StringComparison.Ordinal);

            var hasAll = true;
            foreach (var wanted in item.Tags)
            {
                var has = false;
                foreach (var tag in data.Tags)
                    has |= string.Equals(tag.Text, wanted.Text, StringComparison.Ordinal);
                hasAll &= has;
            }

            if (isType && hasAll)
                return true;
        }

        return false;
    }

    private static bool IsMatch(EventFilter filter, EventData data) => filter switch
    {
        EventFilter.OfStream stream => string.Equals(stream.Name.Value, data.Stream.Value, StringComparison.Ordinal),
        EventFilter.Matching matching => IsMatch(matching.Query, data),
        _ => throw new InvalidOperationException("a filter that the model does not know"),
    };

    private BrokenCondition? Break(AppendCondition condition, long head)
    {
        switch (condition)
        {
            case AppendCondition.StreamAtVersion(var stream, var expected):
                var actual = VersionAt(stream.Value, head);
                return actual == expected.Value ? null : new(
                    condition,
                    actual > expected.Value ? new GlobalPosition(streams[stream.Value][(int)actual - 1]) : null,
                    new StreamVersion(actual));
            case AppendCondition.StreamExists(var stream):
                return VersionAt(stream.Value, head) > 0 ? null : new(condition, null, StreamVersion.None);
            case AppendCondition.NoEventMatching(var query, var after):
                var match = LatestMatch(query, after.Value, head);
                return match == 0 ? null : new(condition, new GlobalPosition(match), null);
            default:
                throw new InvalidOperationException("a condition that the model does not know");
        }
    }

    private List<long> PositionsOf(string stream)
    {
        if (!streams.TryGetValue(stream, out var positions))
            streams[stream] = positions = [];
        return positions;
    }

    private List<long> PositionsOf(Query query)
    {
        if (!matches.TryGetValue(query, out var positions))
            matches[query] = positions = [.. events.Where(logged => IsMatch(query, logged.Data)).Select(logged => logged.Position)];
        return positions;
    }

    private static int CountUpTo(List<long> positions, long head)
    {
        var found = positions.BinarySearch(head);
        return found >= 0 ? found + 1 : ~found;
    }
}

/// <param name="Position">Its place in the log.</param>
/// <param name="Version">The version to which it brought its stream, as the engine says.</param>
/// <param name="RecordedAt">When it was recorded.</param>
/// <param name="Data">What a client had sent.</param>
/// <param name="Senders">The batches it was sent in.</param>
internal sealed record LoggedEvent(
    long Position, long Version, DateTimeOffset RecordedAt, EventData Data, IReadOnlyList<(SentBatch Batch, int Index)> Senders);
