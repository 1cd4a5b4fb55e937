using System.CommandLine;
using Clew.Cli.Output;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary><c>clew erase</c>: takes the content of events away for ever, once its user has seen how many they are.</summary>
internal sealed class EraseCommand : ToolCommand
{
    private readonly StorePlace store = new();
    private readonly Option<long?> position = OptionOf.Number("--position", 1, "P", "The event at this position.");
    private readonly Option<string?> stream = new("--stream") { Description = "All events of this stream.", HelpName = "S" };

    private readonly Option<string[]> tags = new("--tag")
    {
        Description = "All events with this tag; give it again for events that carry both.",
        HelpName = "K:V",
    };

    private readonly Option<string> reason = OptionOf.Words(
        "--reason", EraseRequest.ReasonCharactersMax, "Why. It stays in the log for ever, so keep out of it what is to be forgotten.");

    private readonly Option<string> by = OptionOf.Words("--by", EraseRequest.ByCharactersMax, "Who erases. Default: the user of the system.", Environment.UserName);
    private readonly Option<bool> yes = new("--yes") { Description = "Erase; without it, only say what would be erased." };

    private readonly Option<bool> confirmClock = new("--confirm-clock")
    {
        Description = "The clock is right, even though it is far from the log's last event.",
    };

    public EraseCommand(Terminal terminal)
        : base(terminal, "erase", "Overwrites data and metadata of events for ever, and records that, why, and who did it.")
    {
        store.AddTo(this);
        Add(position);
        Add(stream);
        Add(tags);
        Add(reason);
        Add(by);
        Add(yes);
        Add(confirmClock);
    }

    public override IReadOnlyList<string> Examples =>
    [
        """clew erase --store ./orders --position 42 --reason "recorded by mistake" """.TrimEnd(),
        """clew erase --store ./orders --tag customer:42 --reason "request 2026-117" --by ann --yes""",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var request = new EraseRequest(Target(options)) { Reason = options.GetRequiredValue(reason), By = options.GetRequiredValue(by) };
        var folder = store.Folder(options);
        var found = await FindAsync(folder, store.Options(options), request.Target, cancellation);
        if (found.Present == 0)
        {
            Show(screen, found, new(0, found.Erased, []));
            return ExitCode.Done;
        }

        if (!options.GetValue(yes))
        {
            Show(screen, found, null);
            throw new CommandException(Failure.Usage($"Nothing was erased. Add --yes to erase {Counted.Text(found.Present, "event")} for ever."));
        }

        var storeOptions = store.Options(options) with
        {
            Clock = new ClockBounds { Confirmed = options.GetValue(confirmClock) },
            Time = screen.Time,
        };
        await using var log = await SegmentEventStore.OpenAsync(folder, storeOptions, cancellation);
        Show(screen, found, await log.EraseAsync(request, cancellation) switch
        {
            EraseResult.Erased erased => erased,
            EraseResult.Refused(var own) => throw Refused(own),
            _ => throw new InvalidOperationException("What was found a moment ago is not there."),
        });
        return ExitCode.Done;
    }

    private EraseTarget Target(ParseResult options)
    {
        var someTags = options.GetValue(tags) ?? [];
        return (options.GetValue(position), options.GetValue(stream), someTags.Length) switch
        {
            ({ } at, null, 0) => new EraseTarget.Position(new(at)),
            (null, { } name, 0) => new EraseTarget.OfStream(name),
            (null, null, > 0) => new EraseTarget.Matching(Query.Tags([.. someTags.Select(tag => new Tag(tag))])),
            _ => throw new CommandException(Failure.Usage("Say what to erase, in one way: --position, --stream or --tag.")),
        };
    }

    // Through a reader, so that it can be asked while an application has the store open, and so that no folder becomes a store.
    private static async Task<Selected> FindAsync(string folder, SegmentStoreOptions options, EraseTarget target, CancellationToken cancellation)
    {
        await using var reader = await SegmentEventReader.OpenAsync(folder, options, cancellation);
        var found = default(Selected);
        await foreach (var recorded in reader.ReadEventsAsync(target.ToRead(), cancellation))
            found = recorded.IsErased ? found with { Erased = found.Erased + 1 } : found.With(recorded);

        if (found.Own is { } own)
            throw Refused(own);
        if (found.Present + found.Erased == 0)
            throw new CommandException(Failure.NotFound($"No event matches; the log ends at position {(await reader.HeadAsync(cancellation)).Position}. Nothing was erased."));

        return found;
    }

    private static CommandException Refused(GlobalPosition own) => new(Failure.Usage(
        $"Nothing was erased: event {own} is one of Clew's own, whose stream or type begins with $, and those stay."));

    private static void Show(Screen screen, Selected found, EraseResult.Erased? erased)
    {
        if (screen.IsJson)
        {
            WriteJson(screen, found, erased);
            return;
        }

        var place = found.Present == 0 ? "" : found.Present == 1 ? $", at #{found.First}" : $", from #{found.First} to #{found.Last}";
        screen.Line((erased is null ? "Would erase " : "Erased ") + Counted.Text(erased?.Now ?? found.Present, "event") + place + ".");
        if (found.Erased > 0)
            screen.Line(Counted.Text(found.Erased, "event") + " of these had been erased before.");
        if (erased is { Records.Count: > 0 })
            screen.Line("Recorded at " + string.Join(", ", erased.Records.Select(at => $"#{at}")) + ".");
    }

    private static void WriteJson(Screen screen, Selected found, EraseResult.Erased? erased) => screen.Json(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("selected", found.Present);
        WritePosition("firstPosition", found.First);
        WritePosition("lastPosition", found.Last);
        json.WriteNumber("erased", erased?.Now ?? 0);
        json.WriteNumber("erasedBefore", found.Erased);
        json.WriteStartArray("records");
        foreach (var record in erased?.Records ?? [])
            json.WriteNumberValue(record.Value);
        json.WriteEndArray();
        json.WriteEndObject();

        void WritePosition(string name, GlobalPosition at)
        {
            if (at == GlobalPosition.Start)
                json.WriteNull(name);
            else
                json.WriteNumber(name, at.Value);
        }
    });

    /// <summary>What an erasure would find.</summary>
    /// <param name="Present">How many events are to be erased.</param>
    /// <param name="Erased">How many are erased already.</param>
    /// <param name="First">The position of the first to be erased; 0 where there is none.</param>
    /// <param name="Last">The position of the last; the same.</param>
    /// <param name="Own">The first event of Clew's own among them.</param>
    private readonly record struct Selected(long Present, long Erased, GlobalPosition First, GlobalPosition Last, GlobalPosition? Own)
    {
        public Selected With(RecordedEvent recorded) => this with
        {
            Present = Present + 1,
            First = Present == 0 ? recorded.Position : First,
            Last = recorded.Position,
            Own = Own ?? (recorded.Stream.Value[0] == '$' || recorded.Type.Value[0] == '$' ? recorded.Position : null),
        };
    }
}
