
namespace Clew.Store.Segments;

/// <summary>Seals a log that is open for writing, by time and by number of events.</summary>
internal sealed class SealLoop(LogView view, LogProofs proofs, Surroundings surroundings, Sealing? sealing) : IDisposable
{
    /// <summary>How often it looks how many events came.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource stopping = new();

    public SealStatus Status { get; private set; } = new(null, null);

    private bool IsOver => Status.Fault is HistoryChangedException;

    public async Task RunAsync()
    {
        if (sealing is null)
            return;

        try
        {
            while (!IsOver)
            {
                var (since, seen) = (surroundings.Time.GetTimestamp(), view.Head.Position.Value);
                await view.Waiters.WaitAsync(() => view.Head.Position.Value > seen, stopping.Token);
                while (!IsDue(since, seen))
                    await Task.Delay(NextLook(since), surroundings.Time, stopping.Token);
                await SealAsync(stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The store closes, and seals then.
        }
    }

    public void Stop() => stopping.Cancel();

    /// <summary>Seals the end of the log, after the loop has ended.</summary>
    public async ValueTask SealEndAsync()
    {
        if (sealing is not null && !IsOver && view.Head.Position.Value > 0)
            await SealAsync(CancellationToken.None);
    }

    public void Dispose() => stopping.Dispose();

    private TimeSpan NextLook(long since)
    {
        var left = sealing!.Every - surroundings.Time.GetElapsedTime(since);
        return sealing.EveryEvents is not null && left > LookEvery ? LookEvery : left;
    }

    private bool IsDue(long since, long seen) =>
        surroundings.Time.GetElapsedTime(since) >= sealing!.Every || view.Head.Position.Value - seen >= sealing.EveryEvents;

    // What fails here must not stop appends; it shows in the status, and the next time is another try.
    private async ValueTask SealAsync(CancellationToken cancellation)
    {
        try
        {
            Status = new(await SegmentSeals.SealAsync(proofs, surroundings, sealing!.Signer, cancellation), null);
        }
        catch (DiskException fault)
        {
            Status = Status with { Fault = StoreFaults.Translate(fault) };
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            Status = Status with { Fault = fault };
        }
    }
}
