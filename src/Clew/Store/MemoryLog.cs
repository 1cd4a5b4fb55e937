using System.Diagnostics;
using Clew.Events;

namespace Clew.Store;

/// <summary>A log as a list of events: what appending, conditions and reading mean, in plain loops.</summary>
/// <remarks>Not for several threads at once. Positions count from 1, so the event at position p is the p-th of the list.</remarks>
internal sealed class MemoryLog(int windowEvents)
{
    /// <summary>How many positions a page looks through before it ends with the next whole batch.</summary>
    internal const int PageEvents = 512;

    // Salts keep secrets in proofs, and nobody is shown proofs of a log in memory.
    private static readonly byte[] NoSalt = new byte[EventRecord.SaltBytes];

    private readonly List<Entry> entries = [];
    private readonly Dictionary<StreamName, List<long>> positionsOf = [];
    private readonly Dictionary<Guid, long> newestOf = [];

    /// <summary>The position of the last event; 0 where there is none.</summary>
    public long Head => entries.Count;

    public DateTimeOffset? LastRecordedAt => Head == 0 ? null : At(Head).Recorded.RecordedAt;

    /// <summary>Adds a batch that nothing speaks against.</summary>
    public AppendResult.Appended Add(IReadOnlyList<EventData> batch, long recordedAt)
    {
        for (var index = 0; index < batch.Count; index++)
        {
            var data = batch[index];
            if (!positionsOf.TryGetValue(data.Stream, out var positions))
                positionsOf[data.Stream] = positions = [];

            var record = new byte[EventRecord.BytesOf(data)];
            EventRecord.Write(record, data, index, batch.Count, NoSalt);
            EventRecord.Place(record, Head + 1, positions.Count + 1, recordedAt, seed: 0);

            entries.Add(new(new(record, 0, record.Length), data.Stream, data.Type, [.. data.Tags]));
            positions.Add(Head);
            newestOf[data.Id] = Head;
        }

        return AnswerFor(Head - batch.Count + 1, batch.Count);
    }

    /// <summary>Erases an event. Whoever holds it keeps what he was given.</summary>
    /// <returns>What its record must say of it.</returns>
    public ErasedEvent Erase(long position)
    {
        var entry = At(position);
        var record = entry.Recorded.Record.ToArray();
        var digest = EventRecord.Digest(record);
        EventRecord.Erase(record, digest);
        entries[(int)position - 1] = entry with { Recorded = new(record, 0, record.Length) };
        return new(position, digest);
    }

    /// <summary>The first of the batch's ids that one of the latest events has, and where.</summary>
    public (Guid Id, long Position)? KnownInWindow(IReadOnlyList<EventData> batch)
    {
        foreach (var data in batch)
        {
            if (newestOf.TryGetValue(data.Id, out var position) && position > Head - windowEvents)
                return (data.Id, position);
        }

        return null;
    }

    /// <summary>The answer that this batch got when it was appended; null where the newest event with its first id began another batch.</summary>
    public AppendResult.Appended? Earlier(IReadOnlyList<EventData> batch)
    {
        if (!newestOf.TryGetValue(batch[0].Id, out var first) || At(first).Recorded.BatchIndex != 0 || At(first).Recorded.BatchCount != batch.Count)
            return null;

        for (var index = 0; index < batch.Count; index++)
        {
            var entry = At(first + index);
            if (entry.Recorded.Id != batch[index].Id || entry.Stream != batch[index].Stream || entry.Type != batch[index].Type)
                return null;
        }

        return AnswerFor(first, batch.Count);
    }

    /// <returns>Why the condition does not hold; null where it does.</returns>
    public BrokenCondition? Broken(AppendCondition condition)
    {
        switch (condition)
        {
            case AppendCondition.StreamAtVersion(var stream, var expected):
                var actual = VersionOf(stream);
                if (actual == expected)
                    return null;
                return new(condition, actual > expected ? new(PositionOf(stream, actual)) : null, actual);

            case AppendCondition.StreamExists(var stream):
                return VersionOf(stream) == StreamVersion.None ? new(condition, By: null, StreamVersion.None) : null;

            case AppendCondition.NoEventMatching(var query, var after):
                for (var position = Head; position > after.Value; position--)
                {
                    if (Matches(query, At(position)))
                        return new(condition, new GlobalPosition(position), Actual: null);
                }

                return null;

            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Which positions a read is about: those above the first, up to and including the second.</summary>
    public (long After, long Bound) RangeOf(ReadRequest request)
    {
        var stream = (request.Filter as EventFilter.OfStream)?.Name ?? default;
        var bound = request.AsOf switch
        {
            AsOf.Position(var last) => Math.Min(last.Value, Head),
            AsOf.Version(var last) => PositionOf(stream, last),
            AsOf.RecordedTime(var last) => LastRecordedBy(last),
            _ => Head,
        };

        var after = Math.Max(request.After.Value, PositionOf(stream, request.AfterVersion));
        return (Math.Min(after, bound), bound);
    }

    /// <summary>Looks through a stretch after one position and up to another, the oldest event first.</summary>
    /// <returns>What matched, and the last position looked at.</returns>
    public (List<RecordedEvent> Events, long ReadTo) Forwards(EventFilter filter, long after, long bound, long limit)
    {
        var found = new List<RecordedEvent>();
        for (var position = after + 1; position <= bound; position++)
        {
            var entry = At(position);
            if (Matches(filter, entry))
                found.Add(entry.Recorded);

            var endsBatch = entry.Recorded.BatchIndex == entry.Recorded.BatchCount - 1;
            if (found.Count == limit || (endsBatch && position - after >= PageEvents))
                return (found, position);
        }

        return (found, bound);
    }

    /// <summary>Looks through a stretch after one position and up to another, the latest event first.</summary>
    /// <returns>What matched, and the position after which everything was looked at.</returns>
    public (List<RecordedEvent> Events, long ReadTo) Backwards(EventFilter filter, long after, long bound, long limit)
    {
        var found = new List<RecordedEvent>();
        for (var position = bound; position > after; position--)
        {
            var entry = At(position);
            if (Matches(filter, entry))
                found.Add(entry.Recorded);

            var beginsBatch = entry.Recorded.BatchIndex == 0;
            if (found.Count == limit || (beginsBatch && bound - position + 1 >= PageEvents))
                return (found, position - 1);
        }

        return (found, after);
    }

    private static bool Matches(EventFilter filter, Entry entry) => filter switch
    {
        EventFilter.OfStream(var name) => entry.Stream == name,
        EventFilter.Matching(var query) => Matches(query, entry),
        _ => throw new UnreachableException(),
    };

    private static bool Matches(Query query, Entry entry)
    {
        if (query == Query.All)
            return true;

        foreach (var item in query.Items)
        {
            if (HasOneOf(item.Types, entry) && HasAllOf(item.Tags, entry))
                return true;
        }

        return false;
    }

    private static bool HasOneOf(IReadOnlyList<EventType> types, Entry entry)
    {
        foreach (var type in types)
        {
            if (entry.Type == type)
                return true;
        }

        return types.Count == 0;
    }

    private static bool HasAllOf(IReadOnlyList<Tag> tags, Entry entry)
    {
        foreach (var tag in tags)
        {
            if (!entry.Tags.Contains(tag))
                return false;
        }

        return true;
    }

    private AppendResult.Appended AnswerFor(long first, int count)
    {
        var versions = new List<StreamAt>();
        var indexOf = new Dictionary<StreamName, int>();
        for (var position = first; position < first + count; position++)
        {
            var entry = At(position);
            var reached = new StreamAt(entry.Stream, entry.Recorded.Version);
            if (indexOf.TryAdd(entry.Stream, versions.Count))
                versions.Add(reached);
            else
                versions[indexOf[entry.Stream]] = reached;
        }

        return new(new(first), new(first + count - 1), versions);
    }

    private Entry At(long position) => entries[(int)position - 1];

    private StreamVersion VersionOf(StreamName stream) =>
        positionsOf.TryGetValue(stream, out var positions) ? new(positions.Count) : StreamVersion.None;

    /// <returns>Where the stream reached the version: 0 for none yet, the head for one to come.</returns>
    private long PositionOf(StreamName stream, StreamVersion version)
    {
        if (version == StreamVersion.None)
            return 0;

        return version <= VersionOf(stream) ? positionsOf[stream][(int)version.Value - 1] : Head;
    }

    private long LastRecordedBy(DateTimeOffset time)
    {
        var position = Head;
        while (position > 0 && At(position).Recorded.RecordedAt > time)
            position--;

        return position;
    }

    /// <summary>An event, and its names as text.</summary>
    private sealed record Entry(RecordedEvent Recorded, StreamName Stream, EventType Type, IReadOnlyList<Tag> Tags);
}
