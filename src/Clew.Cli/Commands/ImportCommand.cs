using System.CommandLine;
using Clew.Cli.Import;
using Clew.Cli.Output;
using Clew.Store.Segments;
using Spectre.Console;
using static System.FormattableString;

namespace Clew.Cli.Commands;

/// <summary><c>clew import</c>: events from a file.</summary>
internal sealed class ImportCommand : ToolCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "The file; gzip is unpacked on the way." };
    private readonly StorePlace store = new();

    private readonly Option<string?> format = new("--format")
    {
        Description = "xes, jsonl or agent-runs. Default: what the content looks like.",
        HelpName = "FORMAT",
    };

    private readonly Option<bool> confirmClock = new("--confirm-clock")
    {
        Description = "The clock is right, even though it is far from the log's last event.",
    };

    public ImportCommand(Terminal terminal)
        : base(terminal, "import", "Imports events from a file. Doing it again imports only what is missing.")
    {
        Add(file);
        store.AddTo(this);
        Add(format);
        Add(confirmClock);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "clew import bpic2012.xes.gz --store ./loans",
        "clew read --store ./loans --json > loans.jsonl && clew import loans.jsonl --store ./copy",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var path = options.GetRequiredValue(file);
        if (path.Length == 0)
            throw new CommandException(Failure.Usage("FILE takes the path of a file, not nothing."));
        var asked = AskedFormat(options.GetValue(format));
        var storeOptions = store.Options(options) with
        {
            Clock = new() { Confirmed = options.GetValue(confirmClock) },
            Time = screen.Time,
        };

        Importer? importer = null;
        var known = asked;
        try
        {
            known ??= Guess(path, cancellation);

            // All of it, before anything is appended: a file that is broken leaves the store as it was.
            await PassAsync(screen, path, known.Value, "checking", batches => CheckAsync(batches, cancellation), cancellation);
            await using var log = await SegmentEventStore.OpenAsync(store.Folder(options), storeOptions, cancellation);
            importer = new(log);
            await PassAsync(screen, path, known.Value, "importing", batches => importer.RunAsync(batches, cancellation), cancellation);
        }
        catch (Exception fault) when (fault is InputException || (fault is ArgumentException && importer is not null))
        {
            var soFar = known is null ? "" : SoFar(importer);
            throw new CommandException(Failure.Input($"{path}: {Failure.WithoutParameter(fault.Message)}{soFar}"), fault);
        }
        catch (Exception fault) when (importer is not null && Failure.From(fault) is { } failure)
        {
            var goesOn = failure.Code == ExitCode.No || importer.Tally.Imported == 0 ? "" : " Who imports it again goes on after them.";
            throw new CommandException(failure with { Message = failure.Message + SoFar(importer) + goesOn }, fault);
        }

        Show(screen, known.Value, importer.Tally);
        return ExitCode.Done;
    }

    private static ImportFormat? AskedFormat(string? name)
    {
        if (name is null)
            return null;

        return ImportFormats.ByName(name) ?? throw new CommandException(Failure.Usage(
            $"There is no format \"{name}\"; there are {string.Join(", ", Enum.GetValues<ImportFormat>().Select(ImportFormats.Name))}."));
    }

    private static ImportFormat Guess(string path, CancellationToken cancellation)
    {
        using var input = ImportFile.Open(path, cancellation);
        return ImportFormats.Guess(input.Content);
    }

    private static IEnumerable<SourceEvent> Events(ImportFormat format, Stream content) => format switch
    {
        ImportFormat.Xes => XesSource.Read(content),
        ImportFormat.JsonLines => JsonLinesSource.Read(content),
        ImportFormat.AgentRuns => AgentRunsSource.Read(content),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static async Task PassAsync(
        Screen screen, string path, ImportFormat format, string title, Func<IEnumerable<ImportBatch>, Task> run, CancellationToken cancellation)
    {
        using var input = ImportFile.Open(path, cancellation);
        var batches = ImportBatch.Form(Events(format, input.Content));
        await (screen.ShowsProgress
            ? WithProgressAsync(screen, title, input, progress => run(Reporting(batches, progress)))
            : run(batches));
    }

    private static Task CheckAsync(IEnumerable<ImportBatch> batches, CancellationToken cancellation)
    {
        foreach (var _ in batches)
            cancellation.ThrowIfCancellationRequested();

        return Task.CompletedTask;
    }

    private static Task WithProgressAsync(Screen screen, string title, ImportFile input, Func<Action, Task> run) =>
        screen.Notes.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(title);
                await run(() =>
                {
                    var (done, total) = input.Progress;
                    task.MaxValue = total;
                    task.Value = done;
                });
            });

    private static IEnumerable<ImportBatch> Reporting(IEnumerable<ImportBatch> batches, Action progress)
    {
        foreach (var batch in batches)
        {
            progress();
            yield return batch;
        }
    }

    private static string SoFar(Importer? importer) => importer?.Tally.Imported is > 0 and var imported
        ? Invariant($" {imported:N0} events were imported before that, and stay.")
        : " Nothing was imported.";

    private static void Show(Screen screen, ImportFormat format, ImportTally tally)
    {
        if (!screen.IsJson)
        {
            screen.Line(
                Invariant($"Imported {tally.Imported:N0} events in {tally.Streams:N0} streams,")
                + Invariant($" {tally.AlreadyThere:N0} were already there."));
            return;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("format", ImportFormats.Name(format));
            json.WriteNumber("imported", tally.Imported);
            json.WriteNumber("alreadyThere", tally.AlreadyThere);
            json.WriteNumber("streams", tally.Streams);
            json.WriteEndObject();
        });
    }
}
