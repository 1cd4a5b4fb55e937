namespace Clew.Events;

/// <summary>An event that is handed in to be appended.</summary>
/// <remarks>
/// Two appends of one instance are one append: its <see cref="Id"/> is made with it, and a store answers a known id with the
/// positions it already has. A copy made by <c>with</c> keeps the id; give it a new one where it is another event.
/// </remarks>
public sealed record EventData
{
    /// <summary>An event of a stream.</summary>
    /// <param name="stream">The stream it belongs to; every event has exactly one.</param>
    /// <param name="type">Its name in the log.</param>
    /// <param name="data">Its payload: opaque bytes, stored as they are. Not copied; leave them unchanged until the append has answered.</param>
    public EventData(StreamName stream, EventType type, ReadOnlyMemory<byte> data)
    {
        Stream = stream;
        Type = type;
        Data = data;
    }

    /// <summary>The stream it belongs to.</summary>
    public StreamName Stream { get; init; }

    /// <summary>Its name in the log.</summary>
    public EventType Type { get; init; }

    /// <summary>Its payload. With <see cref="Metadata"/> and the names at most <see cref="EventLimits.EventBytesMax"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>What else belongs to it and may have to be erased one day, such as who did it; opaque bytes, by custom a JSON object.</summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Its identity. Default: a new one, RFC 9562 version 7.</summary>
    public Guid Id { get; init; } = EventId.New();

    /// <summary>By what it can be found across streams; each tag once, at most <see cref="EventLimits.TagsMax"/>.</summary>
    public IReadOnlyList<Tag> Tags { get; init; } = [];

    /// <summary>The version of its type's shape: 1, the default, to 65,535.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>The media type of <see cref="Data"/> (RFC 6838): 1 to 255 characters of visible ASCII or spaces.</summary>
    public string ContentType { get; init; } = EventLimits.ContentTypeDefault;

    /// <summary>When it happened in the world, kept in UTC to the microsecond; may lie in the past. Default: when it is recorded.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>The conversation that it is part of, where there is one.</summary>
    public Guid? CorrelationId { get; init; }

    /// <summary>The event or command that led to it, where there is one.</summary>
    public Guid? CausationId { get; init; }
}
