using System.CommandLine;
using Clew.Cli.Output;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary><c>clew tail</c>: events as they come.</summary>
internal sealed class TailCommand : ToolCommand
{
    // Nobody sees the difference, and it costs a fifth of the default.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly StorePlace store = new();
    private readonly EventSelection selection = new();

    private readonly Option<long?> after = OptionOf.Number(
        "--after", 0, "P", "Begin after this position; 0 shows everything first. Default: only what comes from now on.");

    public TailCommand(Terminal terminal)
        : base(terminal, "tail", "Follows the log, also while another process appends, until Ctrl-C or --limit.")
    {
        store.AddTo(this);
        selection.AddTo(this);
        Add(after);
    }

    public override IReadOnlyList<string> Examples =>
        ["clew tail --store ./orders", "clew tail --store ./orders --type order-placed --after 0 --json"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        try
        {
            await FollowAsync(options, screen, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Being stopped is how it is meant to end.
        }

        return ExitCode.Done;
    }

    private async Task FollowAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var occurredBefore = selection.OccurredBefore(options);
        var limit = selection.Limit(options);
        var filter = selection.Filter(options);

        await using var reader = await SegmentEventReader.OpenAsync(store.Folder(options), store.Options(options) with { PollInterval = Patience }, cancellation);
        var head = await reader.HeadAsync(cancellation);
        var begin = new GlobalPosition(options.GetValue(after) ?? head.Position.Value);
        if (begin > head.Position)
            throw new CommandException(Failure.Usage($"--after takes 0 to {head.Position}, where the log ends, not {begin}."));

        var request = new SubscribeRequest(filter) { After = new Checkpoint(head.Lineage, begin) };

        var printer = new EventPrinter(screen);
        var shown = 0L;
        await foreach (var page in reader.SubscribeAsync(request, cancellation))
        {
            foreach (var recorded in page.Events)
            {
                if (recorded.OccurredAt >= occurredBefore)
                    continue;

                printer.Print(recorded);
                if (++shown == limit)
                    return;
            }

            screen.Flush();
        }
    }
}
