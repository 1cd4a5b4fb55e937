using System.CommandLine;
using Clew.Cli.Output;
using Clew.Store.Segments;
using Spectre.Console;

namespace Clew.Cli.Commands;

/// <summary><c>clew archive</c>: old segments to a cheaper place.</summary>
internal sealed class ArchiveCommand : ToolCommand
{
    private readonly Option<string> store = OptionOf.Folder("--store", "The store's folder.");
    private readonly Option<long?> before = OptionOf.Number("--before", 1, "P", "Move the full segments whose events all lie before this position.");
    private readonly Option<string> target = OptionOf.Folder("--to", "The archive's folder, of this log only; made where it is missing.");

    public ArchiveCommand(Terminal terminal)
        : base(terminal, "archive", "Moves full segments elsewhere, packed by Zstandard; while they are attached there, everything works as before.")
    {
        before.Required = true;
        Add(store);
        Add(before);
        Add(target);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "clew archive --store ./orders --before 5000000 --to /mnt/cold/orders",
        "clew read --store ./orders --stream order-7 --archive /mnt/elsewhere/orders",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var folder = options.GetRequiredValue(store);

        // It says more of a folder that is no store, and makes none of it.
        await using (await SegmentEventReader.OpenAsync(folder, StorePlace.Options(null), cancellation))
        {
        }

        var request = new ArchiveRequest(new(options.GetValue(before)!.Value), options.GetRequiredValue(target));
        await using var log = await SegmentEventStore.OpenAsync(folder, StorePlace.Options(null) with { Time = screen.Time }, cancellation);
        var moved = screen.ShowsProgress
            ? await WithProgressAsync(screen, log, request, cancellation)
            : await log.ArchiveAsync(request, cancellation);
        Show(screen, request, moved);
        return ExitCode.Done;
    }

    private static Task<ArchiveResult> WithProgressAsync(Screen screen, SegmentEventStore log, ArchiveRequest request, CancellationToken cancellation) =>
        screen.Notes.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("archiving");
                var progress = new Progress<ArchiveProgress>(come =>
                {
                    task.MaxValue = Math.Max(1, come.BytesTotal);
                    task.Value = come.BytesDone;
                });
                return await log.ArchiveAsync(request with { Progress = progress }, cancellation);
            });

    private static void Show(Screen screen, ArchiveRequest request, ArchiveResult moved)
    {
        if (!screen.IsJson)
        {
            screen.Line(moved.Segments == 0
                ? $"Nothing was moved: no full segment before position {request.Before} is left in the store."
                : $"Moved {Counted.Text(moved.Segments, "segment")} with {Counted.Text(moved.Events, "event")}: {Counted.Text(moved.SegmentBytes, "byte")} became {moved.ArchiveBytes:N0}.");
            if (moved.ArchivedTo.Value > 0)
                screen.Line($"Events up to #{moved.ArchivedTo} are in the archive. Back it up too: the store needs it.");
            return;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("segments", moved.Segments);
            json.WriteNumber("events", moved.Events);
            json.WriteNumber("segmentBytes", moved.SegmentBytes);
            json.WriteNumber("archiveBytes", moved.ArchiveBytes);
            json.WriteNumber("archivedTo", moved.ArchivedTo.Value);
            json.WriteEndObject();
        });
    }
}
