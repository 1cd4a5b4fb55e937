namespace Clew.Store;

/// <summary>The reading side of one append-only log of events. Every member may be called from any thread.</summary>
public interface IEventReader : IAsyncDisposable
{
    /// <summary>Reads events page by page: a consistent prefix of the log as it is when the first page is asked for.</summary>
    /// <returns>At least one page, also where nothing matches; the last one has looked at everything that was asked for, or reached the limit.</returns>
    /// <exception cref="ArgumentException">The request contradicts itself; the message says how.</exception>
    /// <exception cref="StoreCorruptedException">
    /// What lies in the store is not what was written; the message names the place. The whole batches before a damaged event are given first.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The store was closed, also while reading: a read that ends early never looks complete.</exception>
    IAsyncEnumerable<EventPage> ReadAsync(ReadRequest request, CancellationToken cancellation = default);

    /// <summary>Reads on from a checkpoint for ever: what is there first, then what comes, without a gap, a double or a swap.</summary>
    /// <remarks>
    /// Pages without events tell how far the log was looked through; a checkpoint moves on with them. The enumeration ends only by
    /// cancellation, when its enumerator is disposed, or when the store closes.
    /// </remarks>
    /// <exception cref="CheckpointRefusedException">The checkpoint is of another log or lineage, or lies beyond the head.</exception>
    /// <exception cref="StoreCorruptedException">
    /// What lies in the store is not what was written; the message names the place. The whole batches before a damaged event are given first.
    /// </exception>
    IAsyncEnumerable<EventPage> SubscribeAsync(SubscribeRequest request, CancellationToken cancellation = default);

    /// <summary>Where the log stands now: its identity, and the last durable event.</summary>
    ValueTask<LogHead> HeadAsync(CancellationToken cancellation = default);
}
