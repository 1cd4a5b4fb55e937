using System.CommandLine;
using System.Text;
using Clew.Cli.Demo;
using Clew.Cli.Output;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Commands;

/// <summary>The process that <c>clew demo</c> starts in order to kill it.</summary>
internal sealed class CrashingWriterCommand : ToolCommand
{
    private const int Clients = 8;

    // It is meant to be killed long before; if nobody does, it must not fill the disk.
    private const int EventsMaxEach = 20_000;

    private readonly Option<string> store = OptionOf.Folder("--store", "The store's folder.");
    private readonly Lock turn = new();

    public CrashingWriterCommand(Terminal terminal)
        : base(terminal, KilledWriter.Command, "Appends until it is killed; a part of clew demo.")
    {
        Hidden = true;
        Add(store);
    }

    public override IReadOnlyList<string> Examples => ["clew demo"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        await using var log = await SegmentEventStore.OpenAsync(options.GetRequiredValue(store), null, cancellation);
        await Task.WhenAll(Enumerable.Range(1, Clients).Select(
            client => Task.Run(() => AppendAsync(log, screen, client, cancellation), cancellation)));
        return ExitCode.Done;
    }

    private async Task AppendAsync(SegmentEventStore log, Screen screen, int client, CancellationToken cancellation)
    {
        for (var number = 1; number <= EventsMaxEach; number++)
        {
            var text = Invariant($$"""{"client":{{client}},"number":{{number}},"at":"work"}""");
            var data = new EventData($"work-{client}", "work-done", Encoding.UTF8.GetBytes(text));
            if (await log.AppendAsync(new AppendBatch([data]), cancellation) is not AppendResult.Appended appended)
                continue;

            lock (turn)
            {
                screen.Line(KilledWriter.Acknowledged(appended.Last, data.Id));
                screen.Flush();
            }
        }
    }
}
