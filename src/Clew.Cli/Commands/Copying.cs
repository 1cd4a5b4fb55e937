using Clew.Cli.Output;
using Clew.Store;
using Clew.Store.Segments;
using Spectre.Console;

namespace Clew.Cli.Commands;

/// <summary>A store copied into a replica of it, up to its head, with a bar that tells how far that is.</summary>
internal static class Copying
{
    /// <summary>Opens both and copies; what was copied stays, also where something ends it.</summary>
    public static async Task<ReplicationProgress> RunAsync(Screen screen, string from, SegmentStoreOptions options, string to, CancellationToken cancellation)
    {
        await using var source = await SegmentEventReader.OpenAsync(from, options, cancellation);
        var lineage = (await source.HeadAsync(cancellation)).Lineage;
        await using var replica = await SegmentReplica.OpenAsync(to, lineage, from, null, cancellation);
        var latest = new Latest();
        try
        {
            var copied = screen.ShowsProgress
                ? await WithProgressAsync(screen, latest, () => Replication.CopyAsync(source, replica, latest, cancellation).AsTask())
                : await Replication.CopyAsync(source, replica, latest, cancellation);
            await SegmentSeals.CopyAsync(from, to, cancellation);
            return copied;
        }
        catch (Exception fault) when (latest.Value is { Events: > 0 } come && Failure.From(fault) is { } failure)
        {
            var soFar = $" {Counted.Text(come.Events, "event")} were copied before that, and stay; who does it again goes on after them.";
            throw new CommandException(failure with { Message = failure.Message + soFar }, fault);
        }
    }

    private static Task<ReplicationProgress> WithProgressAsync(Screen screen, Latest latest, Func<Task<ReplicationProgress>> copy) =>
        screen.Notes.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("copying");
                latest.Told = come =>
                {
                    var left = come.Source.Position.Value - come.Replica.Position.Value;
                    task.MaxValue = Math.Max(1, come.Events + left);
                    task.Value = come.Events;
                };
                return await copy();
            });

    /// <summary>Keeps what it was told last.</summary>
    private sealed class Latest : IProgress<ReplicationProgress>
    {
        public ReplicationProgress? Value { get; private set; }

        public Action<ReplicationProgress> Told { get; set; } = _ => { };

        public void Report(ReplicationProgress value)
        {
            Value = value;
            Told(value);
        }
    }
}
