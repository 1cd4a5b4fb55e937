using System.CommandLine;
using Clew.Cli.Output;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary><c>clew restore</c>: a store out of a backup.</summary>
internal sealed class RestoreCommand : ToolCommand
{
    private readonly Argument<string> backup = new("BACKUP") { Description = "The backup's folder; it stays as it is." };
    private readonly Option<string> store = OptionOf.Folder("--store", "The folder to restore into: empty, missing, or one whose restoring was cut short.");
    private readonly Option<bool> newEpoch = NewEpochOption();

    public RestoreCommand(Terminal terminal)
        : base(terminal, "restore", "Makes a store out of a backup, and checks it.")
    {
        Add(backup);
        Add(store);
        Add(newEpoch);
    }

    public override IReadOnlyList<string> Examples =>
        ["clew restore /mnt/backup/orders --store ./orders", "clew restore /mnt/backup/orders --store ./what-if --new-epoch"];

    public static Option<bool> NewEpochOption() => new("--new-epoch")
    {
        Description = "As a log of its own, beside the original. Default: as the same log, which must not go on elsewhere.",
    };

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var (from, to) = (options.GetRequiredValue(backup), options.GetRequiredValue(store));
        if (from.Length == 0)
            throw new CommandException(Failure.Usage("BACKUP takes the path of a folder, not nothing."));

        var promotion = options.GetValue(newEpoch) ? Promotion.NewEpoch : Promotion.SameLog;
        if (!await IsCopiedAsync(from, to, promotion, cancellation))
        {
            await Copying.RunAsync(screen, from, new(), to, cancellation);
            var report = await VerifyCommand.CheckAsync(screen, to, new(), cancellation);
            if (!report.IsSound)
                return ShowDamage(screen, report);
        }

        Show(screen, to, await SegmentReplica.PromoteAsync(to, promotion, null, cancellation));
        return ExitCode.Done;
    }

    /// <summary>Looks at both folders before anything is copied.</summary>
    /// <returns>Whether all is there already, and only its last step was cut short.</returns>
    private static async Task<bool> IsCopiedAsync(string from, string to, Promotion promotion, CancellationToken cancellation)
    {
        // It says more of a folder that is no store.
        await using (await SegmentEventReader.OpenAsync(from, null, cancellation))
        {
        }

        if (await SegmentReplica.FindAsync(from, cancellation) is null)
            throw new CommandException(Failure.Usage($"{from} is a store, and no backup: it takes appends. Make a backup of it (clew backup), and restore from that."));
        if (promotion == Promotion.SameLog)
            await SegmentReplica.CheckPromotionAsync(from, promotion, cancellation);

        var begun = await SegmentReplica.FindAsync(to, cancellation);
        if (begun is not null && begun.Source != Path.TrimEndingDirectorySeparator(Path.GetFullPath(from)))
        {
            throw new CommandException(Failure.Usage(
                $"{to} holds a replica of its own, which follows {begun.Source ?? "another store"}. Give an empty folder, or promote that replica (clew follow --promote)."));
        }

        return begun is { IsPromoting: true };
    }

    private static ExitCode ShowDamage(Screen screen, VerifyReport report)
    {
        if (screen.IsJson)
            screen.Json(json => VerifyCommand.WriteJson(json, report));
        else
            VerifyCommand.WriteText(screen, report);

        return ExitCode.No;
    }

    /// <summary>What a replica has become.</summary>
    public static void Show(Screen screen, string folder, LogHead head)
    {
        if (!screen.IsJson)
        {
            screen.Line($"{Printable.Text(folder)} is the store of the log {head.Lineage.LogId}, epoch {head.Lineage.Epoch}, with {Counted.Text(head.Position.Value, "event")}, and takes appends.");
            return;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("logId", head.Lineage.LogId);
            json.WriteNumber("epoch", head.Lineage.Epoch);
            json.WriteNumber("position", head.Position.Value);
            json.WriteTime("recordedAt", head.RecordedAt);
            json.WriteEndObject();
        });
    }
}
