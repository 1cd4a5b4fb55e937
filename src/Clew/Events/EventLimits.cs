namespace Clew.Events;

/// <summary>What one event, and one batch of them, may hold at most; the same on every store.</summary>
public static class EventLimits
{
    /// <summary>Events in a batch.</summary>
    public const int BatchEventsMax = 16_384;

    /// <summary>Bytes of a batch as encoded: data, metadata, names, and some 110 bytes an event.</summary>
    public const int BatchBytesMax = 16 * 1024 * 1024;

    /// <summary>Bytes of an event as encoded: data, metadata, names, and some 110 bytes.</summary>
    public const int EventBytesMax = 8 * 1024 * 1024;

    /// <summary>Bytes of a stream name, event type or tag, in UTF-8.</summary>
    public const int NameBytesMax = Names.BytesMax;

    /// <summary>Tags on an event.</summary>
    public const int TagsMax = 256;

    /// <summary>The highest schema version; the lowest is 1.</summary>
    public const int SchemaVersionMax = ushort.MaxValue;

    /// <summary>Characters of a content type.</summary>
    public const int ContentTypeBytesMax = 255;

    /// <summary>Within how many of the latest events a repeated event id is always recognised.</summary>
    public const int IdempotenceWindowEvents = 1_000_000;

    /// <summary>How many bytes an event with a stream and a type takes as encoded, for <see cref="EventBytesMax"/> and <see cref="BatchBytesMax"/>.</summary>
    /// <param name="data">The event.</param>
    public static int EncodedBytesOf(EventData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return EventRecord.BytesOf(data);
    }

    internal const string ContentTypeDefault = "application/json";
}
