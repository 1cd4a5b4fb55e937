using Clew.Events;

namespace Clew.Store;

/// <summary>One append-only log of events. Every member may be called from any thread.</summary>
/// <remarks>
/// What to expect is a value (<see cref="AppendResult"/>, an empty page); what should not happen is an exception: a
/// <see cref="StoreException"/> where the store is at fault, an <see cref="ArgumentException"/> where the call is.
/// </remarks>
public interface IEventStore : IEventReader
{
    /// <summary>Appends the batch if all its conditions hold: all of it, in order and in one piece, or nothing.</summary>
    /// <remarks>
    /// A batch whose event ids, streams and types the log already has, in that order and in one piece, is the same batch: it answers
    /// with the positions it has, and nothing is written. That holds within the last <see cref="EventLimits.IdempotenceWindowEvents"/>
    /// events, and beyond them where a condition of the batch fails. So an append whose outcome is unknown can be repeated. The log looks
    /// for it where its first id was last appended; a batch of which a part still lies within those events counts as within them. Ids
    /// are looked at before conditions, conditions before the clock, and all of them against the log before the batch.
    /// </remarks>
    /// <param name="batch">1 to <see cref="EventLimits.BatchEventsMax"/> events, and any number of conditions.</param>
    /// <param name="cancellation">Ends the wait; a batch that is already on its way may still be written.</param>
    /// <returns>
    /// <see cref="AppendResult.Appended"/>, only once the batch is durable as the store defines it, or
    /// <see cref="AppendResult.Conflict"/> with every condition that failed.
    /// </returns>
    /// <exception cref="ArgumentException">The batch breaks a limit or a rule; the message says which. Nothing was written.</exception>
    /// <exception cref="EventIdReusedException">Some of its ids belong to other events of the log. Nothing was written.</exception>
    /// <exception cref="StoreFullException">There is no space. Nothing was written; try again once there is.</exception>
    /// <exception cref="ClockRefusedException">The clock jumped. Nothing was written.</exception>
    /// <exception cref="StoreFailedException">The store failed and takes no more appends; whether this one was written shows after opening it again.</exception>
    ValueTask<AppendResult> AppendAsync(AppendBatch batch, CancellationToken cancellation = default);
}
