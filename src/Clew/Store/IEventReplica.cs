using Clew.Events;

namespace Clew.Store;

/// <summary>A copy of a log, which takes the events of that log as they are recorded there, and no appends.</summary>
/// <remarks>
/// Everything of an event stays: position, version, recorded time, id, salt, tags, the batch it is of, and whether it is erased. So a
/// replica answers every read as its log did at the replica's head, and proofs over both are the same. <see cref="Replication"/> keeps
/// one up to date. Every member may be called from any thread. Calls of <see cref="ReplicateAsync"/> take their events in the order of the
/// calls, and need not wait for one another; where one fails, those behind it find the place before theirs missing.
/// </remarks>
public interface IEventReplica : IEventReader
{
    /// <summary>Takes the next events of the log.</summary>
    /// <remarks>
    /// The first one has the position after the head, and each other the position after the one before it. They are whole batches, as their
    /// log has them. Recorded times are the same in a batch, and never decrease. The versions of a stream follow one another; a
    /// store checks that as far as it can without reading, because its source is a log. Where anything but a broken rule or a refused
    /// call ends it, the replica may hold the first of these batches, each whole: its head says how far it has come, and who goes on from there loses
    /// and repeats nothing.
    /// </remarks>
    /// <param name="events">Events of the log, in its order; none changes nothing.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    /// <returns>The new head, once all of them are durable.</returns>
    /// <exception cref="ArgumentException">The events break a rule; the message names the position. Nothing was written.</exception>
    /// <exception cref="StoreFullException">There is no space; go on from the head once there is.</exception>
    /// <exception cref="StoreFailedException">The store failed, and takes no more until it is opened again.</exception>
    ValueTask<LogHead> ReplicateAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellation = default);
}
