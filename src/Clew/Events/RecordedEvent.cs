using System.Globalization;
using System.Text;

namespace Clew.Events;

/// <summary>An event as the log holds it: what was handed in, and the place and time that the log gave it.</summary>
/// <remarks>
/// A small value that looks into bytes it keeps alive; it stays valid for as long as it is held, and reading it is safe from any
/// thread. Names are decoded when they are asked for. The <c>default</c> value is no event: only its equality may be asked for.
/// </remarks>
public readonly struct RecordedEvent : IEquatable<RecordedEvent>
{
    private readonly byte[] buffer;
    private readonly int start;
    private readonly int length;

    internal RecordedEvent(byte[] buffer, int start, int length)
    {
        this.buffer = buffer;
        this.start = start;
        this.length = length;
    }

    /// <summary>Its place in the whole log.</summary>
    public GlobalPosition Position => new(EventRecord.Position(Record));

    /// <summary>The stream it belongs to.</summary>
    public StreamName Stream => StreamName.FromLog(Encoding.UTF8.GetString(EventRecord.Stream(Record)));

    /// <summary>The version to which it brought its stream.</summary>
    public StreamVersion Version => new(EventRecord.Version(Record));

    /// <summary>Its name in the log.</summary>
    public EventType Type => EventType.FromLog(Encoding.UTF8.GetString(EventRecord.Type(Record)));

    /// <summary>The version of its type's shape, from 1.</summary>
    public int SchemaVersion => EventRecord.SchemaVersion(Record);

    /// <summary>Its identity.</summary>
    public Guid Id => EventRecord.Id(Record);

    /// <summary>When the log took it, in UTC to the microsecond: the same for a batch, and never earlier than the event before.</summary>
    public DateTimeOffset RecordedAt => UnixMicroseconds.ToTime(EventRecord.RecordedAt(Record));

    /// <summary>When it happened in the world, in UTC to the microsecond; <see cref="RecordedAt"/> where nobody said otherwise.</summary>
    public DateTimeOffset OccurredAt => UnixMicroseconds.ToTime(EventRecord.OccurredAt(Record));

    /// <summary>The conversation that it is part of, where there is one.</summary>
    public Guid? CorrelationId => EventRecord.CorrelationId(Record);

    /// <summary>The event or command that led to it, where there is one.</summary>
    public Guid? CausationId => EventRecord.CausationId(Record);

    /// <summary>The media type of <see cref="Data"/>.</summary>
    public string ContentType => EventRecord.ContentType(Record);

    /// <summary>By what it can be found across streams, in the order handed in.</summary>
    public IReadOnlyList<Tag> Tags
    {
        get
        {
            var bytes = EventRecord.Tags(Record);
            var tags = new Tag[bytes.Count];
            var next = 0;
            foreach (var tag in bytes)
                tags[next++] = Tag.FromLog(Encoding.UTF8.GetString(tag));

            return tags;
        }
    }

    /// <summary>Its payload, byte for byte as handed in; empty where it was erased.</summary>
    public ReadOnlyMemory<byte> Data
    {
        get
        {
            var (at, data, _) = EventRecord.Payload(Record);
            return IsErased ? default : buffer.AsMemory(start + at + EventRecord.SaltBytes, data);
        }
    }

    /// <summary>What else was handed in with it; empty where it was erased.</summary>
    public ReadOnlyMemory<byte> Metadata
    {
        get
        {
            var (at, data, metadata) = EventRecord.Payload(Record);
            return IsErased ? default : buffer.AsMemory(start + at + EventRecord.SaltBytes + data, metadata);
        }
    }

    /// <summary>Whether its data and metadata are gone from the log, while its place and envelope remain.</summary>
    public bool IsErased => EventRecord.State(Record) != 0;

    /// <summary>How many events its batch has; a batch lies in one piece.</summary>
    internal int BatchCount => EventRecord.BatchCount(Record);

    /// <summary>Its place in its batch, from 0.</summary>
    internal int BatchIndex => EventRecord.BatchIndex(Record);

    /// <summary>Whether it is the <c>default</c> value, and so no event.</summary>
    internal bool IsNone => buffer is null;

    internal ReadOnlySpan<byte> Record => buffer.AsSpan(start, length);

    /// <summary>Whether both are the same event of the same log, also where the content of one is erased.</summary>
    internal bool IsSameAs(RecordedEvent other)
    {
        if (IsErased == other.IsErased)
            return this == other;

        return EventRecord.Envelope(Record).SequenceEqual(EventRecord.Envelope(other.Record))
            && EventRecord.Digest(Record).AsSpan().SequenceEqual(EventRecord.Digest(other.Record));
    }

    /// <summary>Whether both are the same event with the same content.</summary>
    public bool Equals(RecordedEvent other) =>
        buffer is null || other.buffer is null
            ? ReferenceEquals(buffer, other.buffer)
            : Record[EventRecord.HeaderBytes..].SequenceEqual(other.Record[EventRecord.HeaderBytes..]);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RecordedEvent other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => buffer is null ? 0 : Id.GetHashCode();

    /// <summary>Whether both are the same event with the same content.</summary>
    public static bool operator ==(RecordedEvent left, RecordedEvent right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(RecordedEvent left, RecordedEvent right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => buffer is null
        ? "no event"
        : string.Create(CultureInfo.InvariantCulture, $"#{Position} {Stream} v{Version} {Type}");
}
