using System.CommandLine;
using Clew.Cli.Demo;
using Clew.Cli.Output;
using Spectre.Console;

namespace Clew.Cli.Commands;

/// <summary><c>clew demo</c>: the promises of a store, tried before your eyes.</summary>
internal sealed class DemoCommand : ToolCommand
{
    private static readonly DemoStep[] Steps = [ConcurrentWriters.Step, KilledWriter.Step, TimeTravel.Step, FlippedBit.Step, SmartForgery.Step, CheckedProof.Step, ErasedEvent.Step];

    private readonly Option<string?> keep = OptionOf.OptionalFolder(
        "--keep", "Use this folder, which must be empty or missing, and keep it. Default: a temporary one, removed at the end.");

    public DemoCommand(Terminal terminal)
        : base(terminal, "demo", "Tries what a store promises: concurrency, a crash, time travel, damage, a forgery, a proof, an erasure. Takes some seconds.") => Add(keep);

    public override IReadOnlyList<string> Examples => ["clew demo", "clew demo --keep ./demo && clew streams --store ./demo/store"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var kept = options.GetValue(keep);
        if (kept is not null && Directory.Exists(kept) && Directory.EnumerateFileSystemEntries(kept).Any())
            throw new CommandException(Failure.Usage($"--keep takes a folder that is empty or missing, and {kept} is not."));

        var folder = kept ?? Directory.CreateTempSubdirectory("clew-demo-").FullName;
        try
        {
            return await RunAsync(screen, folder, cancellation);
        }
        finally
        {
            if (kept is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ExitCode> RunAsync(Screen screen, string folder, CancellationToken cancellation)
    {
        var store = Path.Combine(folder, "store");
        Directory.CreateDirectory(store);
        var held = true;
        for (var index = 0; index < Steps.Length; index++)
        {
            var step = Steps[index];
            if (!screen.IsJson)
            {
                screen.People.MarkupLine($"[bold]{index + 1}  {Markup.Escape(step.Title)}[/]");
                screen.People.MarkupLine($"   [grey]{Markup.Escape(step.Why)}[/]");
                screen.Flush();
            }

            var finding = await step.RunAsync(store, cancellation);
            held &= finding.Held;
            Show(screen, step, finding);
        }

        ShowEnd(screen, held, store);
        return held ? ExitCode.Done : ExitCode.No;
    }

    private static void Show(Screen screen, DemoStep step, DemoFinding finding)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("step", step.Key);
                json.WriteBoolean("held", finding.Held);
                json.WriteStartArray("findings");
                foreach (var line in finding.Lines)
                    json.WriteStringValue(line);
                json.WriteEndArray();
                json.WriteEndObject();
            });
            return;
        }

        foreach (var line in finding.Lines)
            screen.People.MarkupLine("   " + Markup.Escape(Printable.Text(line)));
        screen.People.MarkupLine(finding.Held ? "   [green]held[/]" : "   [red]DID NOT HOLD[/]");
        screen.People.WriteLine();
        screen.Flush();
    }

    private static void ShowEnd(Screen screen, bool held, string store)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("step", "all");
                json.WriteBoolean("held", held);
                json.WriteEndObject();
            });
            return;
        }

        screen.People.MarkupLine(held
            ? "[green]All held:[/] conflicts seen, promises kept, the past read, damage and forgery found, a proof checked, an event erased."
            : $"[red]Not everything held.[/] Run it again with --keep DIR, and look at {Markup.Escape(Printable.Text(store))}.");
    }
}
