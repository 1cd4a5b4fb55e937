namespace Clew.Store;

/// <summary>An operator's door to a log: content that must go, because it was recorded by mistake or has to be forgotten, goes for ever.</summary>
public interface IEventEraser
{
    /// <summary>Overwrites data, metadata and salt of events, and records that, why, and who did it.</summary>
    /// <remarks>
    /// Of an erased event everything else stays: its place, names, tags, times, ids and lengths, and the SHA-256 of its content, so that the log
    /// can still be verified. The erasure is recorded in the stream <see cref="EraseRequest.RecordStream"/>, as one event for each 1,000
    /// erased events or part of them. What is selected is what the log holds when the erasure's turn comes. Erasures take turns;
    /// appends and reads go on. Only a read that was under way meanwhile may still give content that it had read before. What left
    /// the store before (backups, copies, snapshots of the file system, answers to readers) is not reached.
    /// </remarks>
    /// <param name="request">What, why, and who.</param>
    /// <param name="cancellation">Ends it before its next 1,000 events; each 1,000 are erased and recorded as a whole.</param>
    /// <returns><see cref="EraseResult.Erased"/> only once the content is gone from the device and the erasure is durable.</returns>
    /// <exception cref="ArgumentException">The request breaks a rule; the message says which. Nothing was erased.</exception>
    /// <exception cref="StoreFullException">There is no space to record it. What is not recorded was not erased.</exception>
    /// <exception cref="ClockRefusedException">The clock jumped. What is not recorded was not erased.</exception>
    /// <exception cref="StoreCorruptedException">An event that is selected is damaged. What is not recorded was not erased.</exception>
    /// <exception cref="StoreFailedException">
    /// The store failed and takes no more; opening it again ends an erasure that was recorded, and forgets one that was not.
    /// </exception>
    ValueTask<EraseResult> EraseAsync(EraseRequest request, CancellationToken cancellation = default);
}
