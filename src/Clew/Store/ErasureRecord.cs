using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Clew.Events;

namespace Clew.Store;

/// <summary>An event that was erased, and what proofs need of it: the SHA-256 of its salt, data and metadata.</summary>
internal readonly record struct ErasedEvent(long Position, byte[] Digest);

// The event that records an erasure: of the stream $erasures, of the type $erased, with this data:
//
//   {"reason":"…","by":"…","events":[{"position":42,"digest":"Base64 of 32 bytes"},…]}     1 to 1,000 events, ascending
internal static class ErasureRecord
{
    public const string Stream = "$erasures";
    public const string Type = "$erased";
    public const int EventsMax = 1_000;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static EventData Of(EraseRequest request, IReadOnlyList<ErasedEvent> events, Guid id)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Readable))
        {
            json.WriteStartObject();
            json.WriteString("reason", request.Reason);
            json.WriteString("by", request.By);
            json.WriteStartArray("events");
            foreach (var (position, digest) in events)
            {
                json.WriteStartObject();
                json.WriteNumber("position", position);
                json.WriteBase64String("digest", digest);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new(EraseRequest.RecordStream, EraseRequest.RecordType, bytes.WrittenMemory) { Id = id };
    }

    /// <summary>Whether a record is of an event that records an erasure.</summary>
    public static bool Is(ReadOnlySpan<byte> record) => EventRecord.Stream(record).SequenceEqual("$erasures"u8);

    /// <summary>What such an event says was erased; null where it does not say it as <see cref="Of"/> does.</summary>
    public static IReadOnlyList<ErasedEvent>? Read(RecordedEvent recorded)
    {
        try
        {
            using var document = JsonDocument.Parse(recorded.Data);
            ErasedEvent[] events = [.. document.RootElement.GetProperty("events").EnumerateArray().Select(erased =>
                new ErasedEvent(erased.GetProperty("position").GetInt64(), erased.GetProperty("digest").GetBytesFromBase64()))];
            return CanBe(events, recorded.Position.Value) ? events : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether events can have been erased together, and before a position: who says so may have been forged.</summary>
    public static bool CanBe(IReadOnlyList<ErasedEvent> events, long before)
    {
        var last = 0L;
        foreach (var (position, digest) in events)
        {
            if (position <= last || position >= before || digest.Length != EventRecord.DigestBytes)
                return false;
            last = position;
        }

        return events.Count is >= 1 and <= EventsMax;
    }
}
