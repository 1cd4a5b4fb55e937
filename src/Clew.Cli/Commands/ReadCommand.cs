using System.CommandLine;
using System.Globalization;
using Clew.Cli.Output;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Spectre.Console;

namespace Clew.Cli.Commands;

/// <summary><c>clew read</c>: events of the past.</summary>
internal sealed class ReadCommand : ToolCommand
{
    private readonly StorePlace store = new();
    private readonly EventSelection selection = new();
    private readonly Option<long?> after = OptionOf.Number("--after", 0, "P", "Only events after this position.");

    private readonly Option<string?> asOf = new("--as-of")
    {
        Description = "Only what the log held at this position, or had recorded by this time.",
        HelpName = "P|TIME",
    };

    private readonly Option<bool> backwards = new("--backwards") { Description = "The latest first." };

    public ReadCommand(Terminal terminal)
        : base(terminal, "read", "Shows events, also as of a moment in the past, also while an application appends.")
    {
        store.AddTo(this);
        selection.AddTo(this);
        Add(after);
        Add(asOf);
        Add(backwards);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "clew read --store ./orders --stream order-7",
        "clew read --store ./orders --type order-placed --tag customer:42 --as-of 2026-11-01T00:00:00Z --json",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var occurredBefore = selection.OccurredBefore(options);
        var limit = selection.Limit(options);
        var request = new ReadRequest(selection.Filter(options))
        {
            After = new(options.GetValue(after) ?? 0),
            AsOf = Moment(options.GetValue(asOf)),
            Direction = options.GetValue(backwards) ? ReadDirection.Backwards : ReadDirection.Forwards,

            // The store does not know about the world's time: what it leaves out must not count.
            Limit = occurredBefore is null ? limit : null,
        };

        await using var reader = await SegmentEventReader.OpenAsync(store.Folder(options), store.Options(options), cancellation);
        var printer = new EventPrinter(screen);
        var head = await reader.HeadAsync(cancellation);
        if (request.AsOf is AsOf.Position { Last: var last } && last > head.Position && !screen.IsJson)
            screen.Notes.WriteLine($"The log ends at position {head.Position}, so --as-of {last} leaves nothing out. A time is written as 2026-11-24.");

        var shown = 0L;
        await foreach (var recorded in reader.ReadEventsAsync(request, cancellation))
        {
            if (recorded.OccurredAt >= occurredBefore)
                continue;

            printer.Print(recorded);
            if (++shown == limit)
                break;
        }

        if (shown > 0)
            return ExitCode.Done;

        throw new CommandException(Failure.NotFound($"No event matches; the log ends at position {head.Position}."));
    }

    private static AsOf Moment(string? text)
    {
        if (text is null)
            return AsOf.Now;

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? new AsOf.Position(new GlobalPosition(position))
            : new AsOf.RecordedTime(IsoTime.Parse(text, "--as-of", "a position or a time"));
    }
}
