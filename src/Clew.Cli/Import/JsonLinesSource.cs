using System.Text;
using System.Text.Json;
using Clew.Events;
using Clew.Store;

namespace Clew.Cli.Import;

/// <summary>Reads events as <c>clew read --json</c> writes them, or shorter: only stream, type and data are needed.</summary>
internal static class JsonLinesSource
{
    // What may be appended is nested 64 deep, and a line holds it in one object more.
    private static readonly JsonDocumentOptions DeepEnough = new() { MaxDepth = 65 };

    /// <exception cref="InputException">A line is no event; the message names it.</exception>
    public static IEnumerable<SourceEvent> Read(Stream content)
    {
        foreach (var (number, text) in LineReader.Read(content))
        {
            // What another log has erased is known by positions that are its own.
            if (Event(text, number) is var read && read.Data.Stream != EraseRequest.RecordStream)
                yield return read;
        }
    }

    private static SourceEvent Event(ReadOnlyMemory<byte> text, long line)
    {
        try
        {
            using var document = JsonDocument.Parse(text, DeepEnough);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw InputException.AtLine(line, "it is no JSON object.");

            var fields = new Fields();
            foreach (var member in document.RootElement.EnumerateObject())
                fields.Take(member, line);

            return new(fields.Event(line), fields.Id is not null, line, fields.Version);
        }
        catch (JsonException fault)
        {
            throw InputException.AtLine(line, $"invalid JSON {JsonFault.Text(fault)} A line holds one whole event.", fault);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidOperationException)
        {
            throw InputException.AtLine(line, Failure.WithoutParameter(fault.Message), fault);
        }
    }

    private sealed class Fields
    {
        private readonly HashSet<string> taken = [];
        private string? stream;
        private string? type;
        private byte[]? data;
        private byte[]? metadata;
        private bool isErased;
        private List<Tag> tags = [];
        private int schemaVersion = 1;
        private string? contentType;
        private DateTimeOffset? occurredAt;
        private Guid? correlationId;
        private Guid? causationId;

        public Guid? Id { get; private set; }

        public long? Version { get; private set; }

        public void Take(JsonProperty member, long line)
        {
            var value = member.Value;
            if (!taken.Add(member.Name))
                throw InputException.AtLine(line, $"it has \"{member.Name}\" twice.");

            switch (member.Name)
            {
                case "stream":
                    stream = Text(member);
                    break;
                case "type":
                    type = Text(member);
                    break;
                case "data":
                    data = Encoding.UTF8.GetBytes(value.GetRawText());
                    break;
                case "dataBase64":
                    data = Base64(member);
                    break;
                case "metadata":
                    metadata = Encoding.UTF8.GetBytes(value.GetRawText());
                    break;
                case "metadataBase64":
                    metadata = Base64(member);
                    break;
                case "erased":
                    isErased = value.ValueKind == JsonValueKind.True;
                    break;
                case "tags":
                    tags = Tags(member);
                    break;
                case "schemaVersion":
                    schemaVersion = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
                        && number is >= 1 and <= EventLimits.SchemaVersionMax
                        ? number
                        : throw new FormatException($"\"schemaVersion\" takes a whole number from 1 to {EventLimits.SchemaVersionMax}.");
                    break;
                case "contentType":
                    contentType = ContentType(member);
                    break;
                case "id":
                    Id = Identity(member);
                    break;
                case "correlationId":
                    correlationId = Identity(member);
                    break;
                case "causationId":
                    causationId = Identity(member);
                    break;
                case "occurredAt":
                    occurredAt = value.ValueKind == JsonValueKind.Null ? null : Time(member);
                    break;
                case "version":
                    Version = value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var version) && version >= 1
                        ? version
                        : throw new FormatException("\"version\" takes a whole number from 1.");
                    break;
                case "position" or "recordedAt":
                    // The log that takes the event gives it new ones.
                    break;
                default:
                    throw InputException.AtLine(line, $"an event has no \"{member.Name}\".");
            }
        }

        public EventData Event(long line)
        {
            if (stream is null || type is null)
                throw InputException.AtLine(line, "an event needs \"stream\" and \"type\".");
            if (data is null && !isErased)
                throw InputException.AtLine(line, "an event needs \"data\" or \"dataBase64\".");
            if (taken.IsSupersetOf(["data", "dataBase64"]) || taken.IsSupersetOf(["metadata", "metadataBase64"]))
                throw InputException.AtLine(line, "it gives the same bytes as JSON and in Base64; one of them is enough.");

            var made = new EventData(stream, type, data ?? [])
            {
                Metadata = metadata,
                Tags = tags,
                SchemaVersion = schemaVersion,
                OccurredAt = occurredAt,
                CorrelationId = correlationId,
                CausationId = causationId,
            };
            if (contentType is not null)
                made = made with { ContentType = contentType };

            return Id is { } id ? made with { Id = id } : made;
        }

        private static string Text(JsonProperty member) => member.Value.ValueKind == JsonValueKind.String
            ? member.Value.GetString()!
            : throw new FormatException($"\"{member.Name}\" takes a string.");

        private static byte[] Base64(JsonProperty member) =>
            member.Value.ValueKind == JsonValueKind.String && member.Value.TryGetBytesFromBase64(out var bytes)
                ? bytes
                : throw new FormatException($"\"{member.Name}\" takes bytes in Base64.");

        private static Guid? Identity(JsonProperty member) => member.Value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String when member.Value.TryGetGuid(out var id) && id != Guid.Empty => id,
            _ => throw new FormatException($"\"{member.Name}\" takes a GUID."),
        };

        private static string ContentType(JsonProperty member) =>
            Text(member) is { Length: > 0 and <= EventLimits.ContentTypeBytesMax } text && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
                ? text
                : throw new FormatException($"\"contentType\" takes 1 to {EventLimits.ContentTypeBytesMax} characters of ASCII.");

        private static DateTimeOffset Time(JsonProperty member) => IsoTime.TryParse(Text(member), out var time)
            ? time
            : throw new FormatException($"\"{member.Name}\" takes a time such as 2026-11-24T05:00:00Z.");

        private static List<Tag> Tags(JsonProperty member)
        {
            if (member.Value.ValueKind != JsonValueKind.Array)
                throw new FormatException("\"tags\" takes an array of \"key:value\".");

            var tags = new List<Tag>();
            foreach (var tag in member.Value.EnumerateArray())
            {
                tags.Add(tag.ValueKind == JsonValueKind.String
                    ? new Tag(tag.GetString()!)
                    : throw new FormatException("\"tags\" takes an array of \"key:value\"."));
            }

            if (tags.Count > EventLimits.TagsMax)
                throw new FormatException($"it has {tags.Count:N0} tags, and an event may have {EventLimits.TagsMax}.");

            return tags.Distinct().Count() == tags.Count ? tags : throw new FormatException("it has a tag twice.");
        }
    }
}
