using System.CommandLine;
using System.Text;
using System.Text.Json;
using Clew.Cli.Output;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary><c>clew append</c>: one event.</summary>
internal sealed class AppendCommand : ToolCommand
{
    private const char ByteOrderMark = '\uFEFF';

    private readonly StorePlace store = new();
    private readonly Option<string> stream = new("--stream") { Description = "The stream it belongs to.", HelpName = "S", Required = true };
    private readonly Option<string> type = new("--type") { Description = "Its name in the log.", HelpName = "T", Required = true };

    private readonly Option<string> data = new("--data")
    {
        Description = "Its payload, JSON; - reads it from standard input.",
        HelpName = "JSON",
        Required = true,
    };

    private readonly Option<string[]> tags = new("--tag") { Description = "A tag; give it again for more.", HelpName = "K:V" };

    private readonly Option<long?> expect = OptionOf.Number(
        "--expect", 0, "N", "Append only where the stream has this version; 0 where it must not exist.");

    private readonly Option<string?> occurredAt = new("--occurred-at") { Description = "When it happened. Default: now.", HelpName = "TIME" };

    private readonly Option<Guid?> id = OptionOf.Identity(
        "--id", "Its identity: the same event again is one event. Default: a new one.");

    private readonly Option<bool> confirmClock = new("--confirm-clock")
    {
        Description = "The clock is right, even though it is far from the log's last event.",
    };

    public AppendCommand(Terminal terminal)
        : base(terminal, "append", "Appends one event, and answers once it is durable. An empty or missing folder becomes a store.")
    {
        store.AddTo(this);
        Add(stream);
        Add(type);
        Add(data);
        Add(tags);
        Add(expect);
        Add(occurredAt);
        Add(id);
        Add(confirmClock);
    }

    public override IReadOnlyList<string> Examples =>
    [
        """clew append --store ./orders --stream order-7 --type order-placed --data '{"total":40}' --tag customer:42 --expect 0""",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var appended = await EventOfAsync(options, screen, cancellation);
        IReadOnlyList<AppendCondition> conditions = options.GetValue(expect) is { } version
            ? [new AppendCondition.StreamAtVersion(appended.Stream, new StreamVersion(version))]
            : [];
        CheckThereIsOne(store.Folder(options), options.GetValue(expect) ?? 0);
        var storeOptions = store.Options(options) with
        {
            Clock = new ClockBounds { Confirmed = options.GetValue(confirmClock) },
            Time = screen.Time,
        };

        await using var log = await SegmentEventStore.OpenAsync(store.Folder(options), storeOptions, cancellation);
        switch (await log.AppendAsync(new AppendBatch([appended], conditions), cancellation))
        {
            case AppendResult.Appended result:
                ShowOrSay(screen, appended, result);
                return ExitCode.Done;
            case AppendResult.Conflict conflict:
                throw new CommandException(Failure.Conflict(
                    $"Nothing was appended: {string.Join("; ", conflict.Broken.Select(Reason))}."));
            default:
                throw new InvalidOperationException("An append has two outcomes.");
        }
    }

    // A folder with a slip in its name must not become a store for the sake of a conflict.
    private static void CheckThereIsOne(string folder, long expected)
    {
        if (expected > 0 && !Directory.Exists(folder))
            throw new CommandException(Failure.Conflict($"Nothing was appended: there is no store in {folder}, and so no stream at version {expected}."));
    }

    private async Task<EventData> EventOfAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var text = options.GetRequiredValue(data);
        if (text == "-")
            text = await InputAsync(screen, cancellation);

        var payload = Encoding.UTF8.GetBytes(text.Trim());
        if (payload.Length == 0)
            throw new CommandException(Failure.Usage("--data is empty; it takes JSON, such as '{\"total\":40}', or null where there is nothing to say."));

        try
        {
            JsonDocument.Parse(payload).Dispose();
        }
        catch (JsonException fault)
        {
            throw new CommandException(Failure.Usage($"--data is not JSON {JsonFault.Text(fault)}"), fault);
        }

        foreach (var name in (string[])[options.GetRequiredValue(stream), options.GetRequiredValue(type), .. options.GetValue(tags) ?? []])
        {
            if (name.StartsWith('$'))
                throw new CommandException(Failure.Usage($"A name that begins with $ is Clew's own; \"{name}\" cannot be given."));
        }

        var made = new EventData(options.GetRequiredValue(stream), options.GetRequiredValue(type), payload)
        {
            Tags = [.. (options.GetValue(tags) ?? []).Select(tag => new Tag(tag))],
            OccurredAt = options.GetValue(occurredAt) is { } time ? IsoTime.Parse(time, "--occurred-at") : null,
        };
        return options.GetValue(id) is { } known ? made with { Id = known } : made;
    }

    private static async Task<string> InputAsync(Screen screen, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        var buffer = new char[1 << 14];
        try
        {
            // Reading from a terminal or a pipe waits in the system, where no cancellation reaches it.
            while (await Task.Run(() => screen.In.Read(buffer), cancellation).WaitAsync(cancellation) is > 0 and var read)
            {
                if (text.Append(buffer, 0, read).Length > EventLimits.EventBytesMax)
                    throw new CommandException(Failure.Usage($"--data takes at most {EventLimits.EventBytesMax:N0} bytes, less the event's names and some 110 more, and standard input goes on."));
            }
        }
        catch (DecoderFallbackException fault)
        {
            throw new CommandException(Failure.Usage("--data is not UTF-8: standard input holds bytes that are no text."), fault);
        }

        return text.ToString().TrimStart(ByteOrderMark);
    }

    // Who does not learn that it was appended would append it again.
    private static void ShowOrSay(Screen screen, EventData appended, AppendResult.Appended result)
    {
        try
        {
            Show(screen, appended, result);
            screen.Flush();
        }
        catch (IOException fault) when (fault is not OutputClosedException)
        {
            throw new CommandException(
                new(ExitCode.CouldNot, "io", $"{fault.Message} The event was appended, at position {result.Last} with the id {appended.Id}; do not repeat it."), fault);
        }
    }

    private static void Show(Screen screen, EventData appended, AppendResult.Appended result)
    {
        if (!screen.IsJson)
        {
            screen.Line($"#{result.Last}  {Printable.Text(appended.Stream.Value)} v{result.Version}  {Printable.Text(appended.Type.Value)}");
            return;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("position", result.Last.Value);
            json.WriteString("stream", appended.Stream.Value);
            json.WriteNumber("version", result.Version.Value);
            json.WriteString("id", appended.Id);
            json.WriteEndObject();
        });
    }

    private static string Reason(BrokenCondition broken) => broken switch
    {
        { Condition: AppendCondition.StreamAtVersion { Stream: var name, Version: var expected }, Actual: var actual } =>
            $"the stream {name} is at version {actual ?? StreamVersion.None}, not {expected}"
            + (broken.By is { } by ? $", since position {by}" : ""),
        _ => $"{broken.Condition} does not hold",
    };
}
