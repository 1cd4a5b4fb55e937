using System.CommandLine;
using Clew.Cli.Output;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary><c>clew backup</c>: a copy of a store that grows with it, made while an application appends.</summary>
internal sealed class BackupCommand : ToolCommand
{
    private readonly StorePlace store = new();
    private readonly Option<string> target = OptionOf.Folder("--to", "The backup's folder; made where it is missing.");

    private readonly Option<bool> noCheck = new("--no-check")
    {
        Description = "Only copy. Default: then check every byte of the backup, as clew verify does.",
    };

    public BackupCommand(Terminal terminal)
        : base(terminal, "backup", "Copies what is new since the last backup, and checks it; an application may append meanwhile.")
    {
        store.AddTo(this);
        Add(target);
        Add(noCheck);
    }

    public override IReadOnlyList<string> Examples =>
        ["clew backup --store ./orders --to /mnt/backup/orders", "clew backup --store ./orders --to /mnt/backup/orders --no-check --json"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var folder = options.GetRequiredValue(target);
        var copied = await Copying.RunAsync(screen, store.Folder(options), store.Options(options), folder, cancellation);
        var report = options.GetValue(noCheck) ? null : await VerifyCommand.CheckAsync(screen, folder, new(), cancellation);
        if (screen.IsJson)
            ShowJson(screen, copied, report);
        else
            ShowText(screen, copied, report);

        return report is { IsSound: false } ? ExitCode.No : ExitCode.Done;
    }

    private static void ShowText(Screen screen, ReplicationProgress copied, VerifyReport? report)
    {
        var stands = copied.Replica.RecordedAt is { } time ? $"position {copied.Replica.Position.Value:N0}, recorded at {IsoTime.Text(time)}" : "its beginning, without events";
        screen.Line($"Copied {Counted.Text(copied.Events, "event")}, {Counted.Text(copied.Bytes, "byte")}; the backup stands at {stands}.");
        if (report is not null)
            VerifyCommand.WriteText(screen, report);
    }

    private static void ShowJson(Screen screen, ReplicationProgress copied, VerifyReport? report) => screen.Json(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("copied", copied.Events);
        json.WriteNumber("bytes", copied.Bytes);
        json.WriteNumber("position", copied.Replica.Position.Value);
        json.WriteTime("recordedAt", copied.Replica.RecordedAt);
        if (report is not null)
        {
            json.WritePropertyName("check");
            VerifyCommand.WriteJson(json, report);
        }

        json.WriteEndObject();
    });
}
