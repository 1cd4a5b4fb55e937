using Clew.Events;

namespace Clew.Store;

/// <summary>A replica that takes from some logs faster than as single events.</summary>
internal interface IBulkReplica : IEventReplica
{
    /// <summary>Takes what it can of the log's next events; what it leaves, which may be all, is to come as events.</summary>
    /// <param name="source">The log. Both are the same log, and the replica is a prefix of it.</param>
    /// <param name="upTo">The last position that counts.</param>
    /// <param name="copied">Told of each step that is durable.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    /// <exception cref="StoreException">One of both failed; the replica may have the first of these events.</exception>
    ValueTask CopyAsync(IEventReader source, GlobalPosition upTo, Func<BulkCopied, ValueTask> copied, CancellationToken cancellation);
}

/// <summary>One step of a copy.</summary>
/// <param name="Replica">Where the replica stands after it.</param>
/// <param name="Events">How many events came with it.</param>
/// <param name="Bytes">How many bytes these are, with their envelopes.</param>
internal readonly record struct BulkCopied(LogHead Replica, long Events, long Bytes);
