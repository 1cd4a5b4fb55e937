using Clew.Cli.Output;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary>Has a replica keep the seals of its source as they are made: looks now and then whether there are more.</summary>
internal sealed class SealCopies(Screen screen, string from, string to)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly FileInfo seals = new(Path.Combine(from, "SEALS"));
    private long copiedBytes;
    private string? reported;

    /// <summary>Looks until it is cancelled. That seals cannot be copied is told, and keeps nobody from following the events.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(LookEvery, screen.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
                await LookAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // What comes until the end is copied then.
        }
    }

    private async ValueTask LookAsync(CancellationToken cancellation)
    {
        seals.Refresh();
        var bytes = seals.Exists ? seals.Length : 0;
        if (bytes == copiedBytes)
            return;

        try
        {
            await SegmentSeals.CopyAsync(from, to, cancellation);
            (copiedBytes, reported) = (bytes, null);
        }
        catch (StoreException fault) when (Failure.From(fault) is { } failure)
        {
            if (failure.Message != reported)
                screen.Report(failure);
            reported = failure.Message;
        }
    }
}
