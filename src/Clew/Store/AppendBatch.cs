using Clew.Events;

namespace Clew.Store;

/// <summary>Events that are written together or not at all, and what must hold for it.</summary>
/// <param name="Events">1 to <see cref="EventLimits.BatchEventsMax"/> events of one or several streams, in the order of the log.</param>
/// <param name="Conditions">What must hold, checked atomically with the write; none appends in any case.</param>
public sealed record AppendBatch(IReadOnlyList<EventData> Events, params IReadOnlyList<AppendCondition> Conditions)
{
    /// <summary>How many conditions a batch may have.</summary>
    public const int ConditionsMax = 1_024;

    /// <summary>Refuses what no store takes, before anything happens.</summary>
    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Events);
        ArgumentNullException.ThrowIfNull(Conditions);
        if (Events.Count is 0 or > EventLimits.BatchEventsMax)
            throw Refused($"it has {Events.Count:N0} events, and a batch has 1 to {EventLimits.BatchEventsMax:N0}");
        if (Conditions.Count > ConditionsMax)
            throw Refused($"it has {Conditions.Count:N0} conditions, and a batch has at most {ConditionsMax:N0}");

        foreach (var condition in Conditions)
            CheckCondition(condition);

        var bytes = 0L;
        for (var index = 0; index < Events.Count; index++)
            bytes += CheckEvent(Events[index], index);

        if (bytes > EventLimits.BatchBytesMax && (bytes = Events.Sum(data => (long)EventRecord.BytesOf(data))) > EventLimits.BatchBytesMax)
            throw Refused($"it takes {bytes:N0} bytes, and a batch may take {EventLimits.BatchBytesMax:N0}; append it in parts");
        if (Events.Count > 1 && RepeatedId() is { } id)
            throw Refused($"two of its events have the id {id}; an id belongs to one event");
    }

    /// <returns>At least as many bytes as it takes.</returns>
    private static long CheckEvent(EventData data, int index)
    {
        if (data is null)
            throw Refused($"event {index} is null");
        if (data.Stream == default)
            throw Refused($"event {index} has no stream");
        if (data.Type == default)
            throw Refused($"event {index} has no type");
        if (data.Stream.Value == ErasureRecord.Stream || data.Type.Value == ErasureRecord.Type)
            throw Refused($"event {index} would pass for the record of an erasure; the stream {ErasureRecord.Stream} and the type {ErasureRecord.Type} are Clew's own");
        if (data.Id == Guid.Empty)
            throw Refused($"event {index} has the empty id; leave the id out to get a new one");
        if (data.SchemaVersion is < 1 or > EventLimits.SchemaVersionMax)
            throw Refused($"event {index} has schema version {data.SchemaVersion}, and they go from 1 to {EventLimits.SchemaVersionMax:N0}");
        if (data.ContentType is not { Length: > 0 and <= EventLimits.ContentTypeBytesMax } || data.ContentType.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw Refused($"event {index} has a content type that is not 1 to {EventLimits.ContentTypeBytesMax} characters of ASCII");

        CheckTags(data.Tags, index);
        var bytes = EventRecord.BytesAtMost(data);
        if (bytes > EventLimits.EventBytesMax && EventRecord.BytesOf(data) > EventLimits.EventBytesMax)
            throw Refused($"event {index} takes more than {EventLimits.EventBytesMax:N0} bytes; keep large content elsewhere and put its hash in the event");

        return bytes;
    }

    private static void CheckTags(IReadOnlyList<Tag>? tags, int index)
    {
        if (tags is null)
            throw Refused($"event {index} has null for tags; leave them out instead");
        if (tags.Count > EventLimits.TagsMax)
            throw Refused($"event {index} has {tags.Count:N0} tags, and an event may have {EventLimits.TagsMax}");

        for (var tag = 0; tag < tags.Count; tag++)
        {
            if (tags[tag] == default)
                throw Refused($"event {index} has an empty tag");
            for (var other = 0; other < tag; other++)
            {
                if (tags[other] == tags[tag])
                    throw Refused($"event {index} has the tag {tags[tag]} twice");
            }
        }
    }

    private static void CheckCondition(AppendCondition? condition)
    {
        switch (condition)
        {
            case null:
                throw Refused("one of its conditions is null");
            case AppendCondition.StreamAtVersion { Version.Value: < 0 }:
                throw Refused("it expects a stream at a version below 0; 0 means that there must be no such stream");
            case AppendCondition.NoEventMatching { After.Value: < 0 }:
                throw Refused("a condition looks after a position below 0; 0 is before the first event");
            case AppendCondition.NoEventMatching { Query: null }:
                throw Refused("a condition has no query");
            case AppendCondition.StreamAtVersion { Stream: var stream } when stream == default:
            case AppendCondition.StreamExists { Stream: var other } when other == default:
                throw Refused("a condition names no stream");
        }
    }

    private Guid? RepeatedId()
    {
        if (IsAscending())
            return null;

        var seen = new HashSet<Guid>(Events.Count);
        foreach (var data in Events)
        {
            if (!seen.Add(data.Id))
                return data.Id;
        }

        return null;
    }

    // As ids are when nobody brings his own.
    private bool IsAscending()
    {
        for (var index = 1; index < Events.Count; index++)
        {
            if (Events[index].Id <= Events[index - 1].Id)
                return false;
        }

        return true;
    }

    private static ArgumentException Refused(string why) => new($"The batch cannot be appended: {why}.");
}
