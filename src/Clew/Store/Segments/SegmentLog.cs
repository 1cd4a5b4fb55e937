using Clew.Events;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>
/// A log that lies in the segments of a folder, as everybody reads it who has it open: its writer (<see cref="SegmentEventStore"/>), whoever only
/// reads (<see cref="SegmentEventReader"/>), and a copy of it (<see cref="SegmentReplica"/>).
/// </summary>
public abstract class SegmentLog : IEventReader, IVerifiableLog
{
    private readonly Lock gate = new();
    private Task? closing;

    private protected SegmentLog(LogView view, LogProofs proofs) => (View, Proofs) = (view, proofs);

    /// <summary>The log as its readers see it.</summary>
    internal LogView View { get; }

    /// <summary>Roots and proofs over it.</summary>
    internal LogProofs Proofs { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> ReadAsync(ReadRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return StoreFaults.Translate(LogReading.ReadAsync(View, request, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> SubscribeAsync(SubscribeRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return StoreFaults.Translate(LogReading.SubscribeAsync(View, request, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<LogHead> HeadAsync(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(View.IsClosed, this);
        cancellation.ThrowIfCancellationRequested();
        return new(View.Head);
    }

    /// <inheritdoc/>
    public ValueTask<TreeHead> TreeHeadAsync(GlobalPosition? at = null, CancellationToken cancellation = default) =>
        StoreFaults.TranslateAsync(() => Proofs.TreeHeadAsync(at, cancellation));

    /// <inheritdoc/>
    public ValueTask<InclusionProof> ProveInclusionAsync(GlobalPosition position, GlobalPosition? at = null, CancellationToken cancellation = default) =>
        StoreFaults.TranslateAsync(() => Proofs.InclusionAsync(position, at, cancellation));

    /// <inheritdoc/>
    public ValueTask<ConsistencyProof> ProveConsistencyAsync(GlobalPosition older, GlobalPosition? newer = null, CancellationToken cancellation = default) =>
        StoreFaults.TranslateAsync(() => Proofs.ConsistencyAsync(older, newer, cancellation));

    /// <summary>Ends what is under way and the subscriptions, and closes the files; whoever writes closes them so that the next opening is quick.</summary>
    public async ValueTask DisposeAsync()
    {
        Task closed;
        lock (gate)
            closed = closing ??= CloseAsync();

        await closed;
        GC.SuppressFinalize(this);
    }

    private protected abstract Task CloseAsync();
}
