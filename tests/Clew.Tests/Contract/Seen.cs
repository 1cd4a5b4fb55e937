using Clew.Events;

namespace Clew.Tests.Contract;

/// <summary>All that can be seen of a recorded event, as a value.</summary>
internal sealed record Seen(
    long Position, long Version, string Stream, string Type, Guid Id, int Schema, string ContentType, string Tags, string Data,
    string Metadata, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, Guid? CorrelationId, Guid? CausationId)
{
    public static Seen Of(RecordedEvent e) => new(
        e.Position.Value, e.Version.Value, e.Stream.Value, e.Type.Value, e.Id, e.SchemaVersion, e.ContentType, string.Join(' ', e.Tags),
        Convert.ToHexString(e.Data.Span), Convert.ToHexString(e.Metadata.Span), e.OccurredAt, e.RecordedAt, e.CorrelationId, e.CausationId);

    public static Seen Of(EventData e, long position, long version, DateTimeOffset recordedAt) => new(
        position, version, e.Stream.Value, e.Type.Value, e.Id, e.SchemaVersion, e.ContentType, string.Join(' ', e.Tags),
        Convert.ToHexString(e.Data.Span), Convert.ToHexString(e.Metadata.Span), e.OccurredAt ?? recordedAt, recordedAt, e.CorrelationId, e.CausationId);
}
