using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Clew.Events;

namespace Clew.Cli.Output;

// One recorded event as one line of JSON; the importer reads the same shape back.
//
//   position, stream, version, type, schemaVersion, id, recordedAt, occurredAt, correlationId, causationId, contentType, tags
//   data, metadata                  what the bytes hold, where that is JSON
//   dataBase64, metadataBase64      the bytes, where it is not
//   erased                          true, where data and metadata are gone
internal static class EventJson
{
    public static void Write(Utf8JsonWriter json, RecordedEvent recorded)
    {
        json.WriteStartObject();
        json.WriteNumber("position", recorded.Position.Value);
        json.WriteString("stream", recorded.Stream.Value);
        json.WriteNumber("version", recorded.Version.Value);
        json.WriteString("type", recorded.Type.Value);
        json.WriteNumber("schemaVersion", recorded.SchemaVersion);
        json.WriteString("id", recorded.Id);
        json.WriteString("recordedAt", IsoTime.Text(recorded.RecordedAt));
        json.WriteString("occurredAt", IsoTime.Text(recorded.OccurredAt));
        WriteId(json, "correlationId", recorded.CorrelationId);
        WriteId(json, "causationId", recorded.CausationId);
        json.WriteString("contentType", recorded.ContentType);

        json.WriteStartArray("tags");
        foreach (var tag in recorded.Tags)
            json.WriteStringValue(tag.Text);
        json.WriteEndArray();

        if (recorded.IsErased)
        {
            json.WriteBoolean("erased", true);
        }
        else
        {
            WriteBytes(json, "data", recorded.Data, IsJson(recorded.ContentType));
            if (!recorded.Metadata.IsEmpty)
                WriteBytes(json, "metadata", recorded.Metadata, mayBeJson: true);
        }

        json.WriteEndObject();
    }

    /// <summary>The bytes as JSON in one line, written anew so that it holds no raw control character.</summary>
    /// <returns>False where they hold none that .NET can read.</returns>
    public static bool TryCompact(ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte> compact)
    {
        compact = default;
        if (!Utf8.IsValid(bytes.Span))
            return false;

        try
        {
            using var document = JsonDocument.Parse(bytes);
            var buffer = new ArrayBufferWriter<byte>(bytes.Length + 16);
            using (var json = new Utf8JsonWriter(buffer, Screen.JsonOptions))
                document.RootElement.WriteTo(json);

            compact = buffer.WrittenMemory;
            return true;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            // The last two: half of a surrogate pair, which JSON may escape but no string holds.
            return false;
        }
    }

    public static bool IsJson(string contentType)
    {
        var essence = contentType.AsSpan();
        if (essence.IndexOf(';') is >= 0 and var end)
            essence = essence[..end];

        essence = essence.Trim();
        return essence.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || essence.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static void WriteBytes(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> bytes, bool mayBeJson)
    {
        if (mayBeJson && TryCompact(bytes, out var compact))
        {
            json.WritePropertyName(name);
            json.WriteRawValue(compact.Span, skipInputValidation: true);
        }
        else
        {
            json.WriteBase64String(name + "Base64", bytes.Span);
        }
    }

    private static void WriteId(Utf8JsonWriter json, string name, Guid? id)
    {
        if (id is { } known)
            json.WriteString(name, known);
        else
            json.WriteNull(name);
    }
}
