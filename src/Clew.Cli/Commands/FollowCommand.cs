using System.CommandLine;
using Clew.Cli.Output;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary><c>clew follow</c>: a replica that stays close behind its log, and takes its place when it must.</summary>
internal sealed class FollowCommand : ToolCommand
{
    private readonly Argument<string?> source = new("SOURCE")
    {
        Description = "The folder of the store to follow.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> store = OptionOf.Folder("--store", "The replica's folder; made where it is missing.");
    private readonly Option<string?> archive = StorePlace.ArchiveOption();
    private readonly Option<bool> promote = new("--promote") { Description = "Follow no more: make the replica a store that takes appends." };
    private readonly Option<bool> newEpoch = RestoreCommand.NewEpochOption();

    public FollowCommand(Terminal terminal)
        : base(terminal, "follow", "Keeps a replica close behind a store until Ctrl-C, or promotes it.")
    {
        Add(source);
        Add(store);
        Add(archive);
        Add(promote);
        Add(newEpoch);
    }

    public override IReadOnlyList<string> Examples =>
        ["clew follow ./orders --store /mnt/standby/orders", "clew follow --promote --store /mnt/standby/orders"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var (from, to) = (options.GetValue(source), options.GetRequiredValue(store));
        if (from is null != options.GetValue(promote) || from is "")
            throw new CommandException(Failure.Usage("follow takes the folder of a store to follow, or --promote. See clew follow --help."));
        if (options.GetValue(newEpoch) && from is not null)
            throw new CommandException(Failure.Usage("--new-epoch goes with --promote. See clew follow --help."));

        if (from is null)
        {
            var promotion = options.GetValue(newEpoch) ? Promotion.NewEpoch : Promotion.SameLog;
            RestoreCommand.Show(screen, to, await SegmentReplica.PromoteAsync(to, promotion, null, cancellation));
            return ExitCode.Done;
        }

        try
        {
            await FollowAsync(screen, from, StorePlace.Options(options.GetValue(archive)), to, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Being stopped is how it is meant to end.
        }

        return ExitCode.Done;
    }

    private static async Task FollowAsync(Screen screen, string from, SegmentStoreOptions options, string to, CancellationToken cancellation)
    {
        await using var log = await SegmentEventReader.OpenAsync(from, options, cancellation);
        var lineage = (await log.HeadAsync(cancellation)).Lineage;
        await using var replica = await SegmentReplica.OpenAsync(to, lineage, from, null, cancellation);
        await SegmentSeals.CopyAsync(from, to, cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reports = new LagReports(screen);
        var beside = Task.WhenAll(reports.RunAsync(stop.Token), new SealCopies(screen, from, to).RunAsync(stop.Token));
        try
        {
            await Replication.FollowAsync(log, replica, reports, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Being stopped is how it is meant to end.
        }
        finally
        {
            await stop.CancelAsync();
            await beside;
        }

        await SegmentSeals.CopyAsync(from, to, CancellationToken.None);
        reports.ShowLast(await replica.HeadAsync(CancellationToken.None), await log.HeadAsync(CancellationToken.None));
    }
}
