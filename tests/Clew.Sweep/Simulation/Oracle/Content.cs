using System.Security.Cryptography;
using Clew.Events;
using Clew.Store;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Oracle;

/// <summary>Whether an event came back as it was sent, in every field that a client can set.</summary>
internal static class Content
{
    /// <returns>The event as the oracle keeps it.</returns>
    /// <exception cref="Violation">It is not what was sent.</exception>
    public static SeenEvent Check(History history, RecordedEvent recorded, LookedFrom from)
    {
        if (recorded.Stream == EraseRequest.RecordStream)
            history.SawErasureRecord(recorded);
        if (!history.Senders.TryGetValue(recorded.Id, out var senders))
            throw new Violation($"{recorded} has an id that nobody sent: {recorded.Id}");

        var (batch, index) = senders[0];
        if (Difference(batch.Batch.Events[index], recorded) is { } difference)
            throw new Violation($"{recorded} is not what was sent as {history.Named(recorded.Id)}: its {difference} differs");

        history.CheckErasures(recorded, batch.Batch.Events[index], from);
        var digest = Digest(recorded);
        if (!history.Digests.TryAdd(recorded.Position.Value, digest) && history.Digests[recorded.Position.Value] != digest)
            throw new Violation($"{recorded} has the digest {digest}, and had {history.Digests[recorded.Position.Value]}");

        return new(recorded.Position.Value, recorded.Id, recorded.Version.Value, recorded.RecordedAt) { Digest = recorded.IsErased ? digest : null };
    }

    // As the format says it, and not as the engine does it.
    private static string Digest(RecordedEvent recorded)
    {
        var (start, data, metadata) = EventRecord.Payload(recorded.Record);
        var payload = recorded.Record[start..];
        return Convert.ToHexString(recorded.IsErased ? payload[..32] : SHA256.HashData(payload[..(16 + data + metadata)]));
    }

    private static string? Difference(EventData sent, RecordedEvent recorded)
    {
        if (!recorded.Data.Span.SequenceEqual(recorded.IsErased ? default : sent.Data.Span))
            return "data";
        if (!recorded.Metadata.Span.SequenceEqual(recorded.IsErased ? default : sent.Metadata.Span))
            return "metadata";
        if (recorded.Stream.Value != sent.Stream.Value)
            return "stream";
        if (recorded.Type.Value != sent.Type.Value)
            return "type";
        if (!recorded.Tags.Select(tag => tag.Text).SequenceEqual(sent.Tags.Select(tag => tag.Text)))
            return "tags";
        if (recorded.SchemaVersion != sent.SchemaVersion || recorded.ContentType != sent.ContentType)
            return "schema version or content type";
        if (recorded.CorrelationId != sent.CorrelationId || recorded.CausationId != sent.CausationId)
            return "correlation or causation";

        return recorded.OccurredAt == (sent.OccurredAt ?? recorded.RecordedAt) ? null : "occurred-at";
    }
}
