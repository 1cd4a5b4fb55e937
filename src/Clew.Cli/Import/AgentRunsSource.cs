using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Clew.Cli.Output;
using Clew.Events;

namespace Clew.Cli.Import;

/// <summary>
/// Reads runs of agents, a run a line: <c>task_id</c>, <c>trial</c>, <c>reward</c>, <c>info</c>, and the conversation in
/// <c>traj</c> as chat messages with tool calls. Each run becomes a stream.
/// </summary>
internal static class AgentRunsSource
{
    private const string Format = "it is no run of an agent: it needs \"traj\", an array of messages with a \"role\".";

    /// <exception cref="InputException">A line is no run; the message names it.</exception>
    public static IEnumerable<SourceEvent> Read(Stream content)
    {
        foreach (var (number, text) in LineReader.Read(content))
        {
            foreach (var made in Run(text, number))
                yield return new(made, BringsId: false, number);
        }
    }

    private static List<EventData> Run(ReadOnlyMemory<byte> text, long line)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Events(document.RootElement, line);
        }
        catch (JsonException fault)
        {
            throw InputException.AtLine(line, $"invalid JSON {JsonFault.Text(fault)} A line holds one whole run.", fault);
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            throw InputException.AtLine(line, Failure.WithoutParameter(fault.Message), fault);
        }
    }

    private static List<EventData> Events(JsonElement run, long line)
    {
        if (run.ValueKind != JsonValueKind.Object || Member(run, "traj") is not { ValueKind: JsonValueKind.Array } messages)
            throw InputException.AtLine(line, Format);

        var task = Plain(Member(run, "task_id"));
        var trial = Plain(Member(run, "trial"));
        var events = new RunEvents(task, trial, line);
        events.Add("run-started", json =>
        {
            Copy(json, "task_id", Member(run, "task_id"));
            Copy(json, "trial", Member(run, "trial"));
            Copy(json, "task", Member(Member(run, "info"), "task"));
        });

        foreach (var message in messages.EnumerateArray())
        {
            if (Plain(Member(message, "role")) is not { Length: > 0 } role)
                throw InputException.AtLine(line, Format);

            AddMessage(events, message, role);
        }

        events.Add("run-finished", json =>
        {
            Copy(json, "reward", Member(run, "reward"));
            WriteRest(json, Member(run, "info"));
        });
        return events.Made;
    }

    private static void AddMessage(RunEvents events, JsonElement message, string role)
    {
        if (role == "tool")
        {
            events.Add("tool-returned", json => WriteAll(json, message), Plain(Member(message, "name")));
            return;
        }

        var calls = Member(message, "tool_calls") is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray().ToArray() : [];
        var content = Member(message, "content");
        if (content is { ValueKind: not JsonValueKind.Null } || calls.Length == 0)
            events.Add(FittingName.Of(role + "-message"), json => Copy(json, "content", content));

        foreach (var call in calls)
        {
            var function = Member(call, "function");
            events.Add(
                "tool-called",
                json =>
                {
                    Copy(json, "tool_call_id", Member(call, "id"));
                    Copy(json, "name", Member(function, "name"));
                    WriteArguments(json, Member(function, "arguments"));
                },
                Plain(Member(function, "name")));
        }
    }

    // Models hand over arguments as JSON within a string; what they mean is what is in it.
    private static void WriteArguments(Utf8JsonWriter json, JsonElement? arguments)
    {
        if (arguments is { ValueKind: JsonValueKind.String } text
            && EventJson.TryCompact(Encoding.UTF8.GetBytes(text.GetString()!), out var compact))
        {
            json.WritePropertyName("arguments");
            json.WriteRawValue(compact.Span);
            return;
        }

        Copy(json, "arguments", arguments);
    }

    private static void WriteAll(Utf8JsonWriter json, JsonElement message)
    {
        foreach (var member in message.EnumerateObject().Where(member => member.Name != "role"))
            member.WriteTo(json);
    }

    private static void WriteRest(Utf8JsonWriter json, JsonElement? info)
    {
        if (info is not { ValueKind: JsonValueKind.Object } members)
            return;

        foreach (var member in members.EnumerateObject().Where(member => member.Name is not ("task" or "reward")))
            member.WriteTo(json);
    }

    private static void Copy(Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is not { } known)
            return;

        json.WritePropertyName(name);
        known.WriteTo(json);
    }

    private static JsonElement? Member(JsonElement? of, string name) =>
        of is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty(name, out var member) ? member : null;

    private static string? Plain(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    private sealed class RunEvents
    {
        private readonly StreamName stream;
        private readonly List<Tag> tags = [];

        public RunEvents(string? task, string? trial, long line)
        {
            var name = string.Join('-', new[] { task, trial }.Where(part => !string.IsNullOrEmpty(part)));
            stream = FittingName.Of("run-" + (name.Length > 0 ? name : "#" + line.ToString(CultureInfo.InvariantCulture)));
            if (!string.IsNullOrEmpty(task))
                tags.Add(FittingName.Of("task:" + task));
            if (!string.IsNullOrEmpty(trial))
                tags.Add(FittingName.Of("trial:" + trial));
        }

        public List<EventData> Made { get; } = [];

        public void Add(string type, Action<Utf8JsonWriter> write, string? tool = null)
        {
            var buffer = new ArrayBufferWriter<byte>(1024);
            using (var json = new Utf8JsonWriter(buffer, Screen.JsonOptions))
            {
                json.WriteStartObject();
                write(json);
                json.WriteEndObject();
            }

            Made.Add(new EventData(stream, type, buffer.WrittenSpan.ToArray())
            {
                Tags = string.IsNullOrEmpty(tool) ? tags : [.. tags, FittingName.Of("tool:" + tool)],
            });
        }
    }
}
