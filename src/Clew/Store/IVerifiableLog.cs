using Clew.Events;
using Clew.Integrity;

namespace Clew.Store;

/// <summary>A log whose history can be proved to somebody who trusts neither its operator nor this software.</summary>
/// <remarks>
/// Its events are the leaves of a Merkle tree (RFC 9162, section 2.1). A root proves something to whoever holds it from before, or holds a
/// seal of it: keep them elsewhere than the log. Every member may be called from any thread.
/// </remarks>
public interface IVerifiableLog
{
    /// <summary>The tree over the log as it was when it held so many events.</summary>
    /// <param name="at">The last event that counts; at most the head. Default: the head.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentOutOfRangeException">The log does not reach there.</exception>
    ValueTask<TreeHead> TreeHeadAsync(GlobalPosition? at = null, CancellationToken cancellation = default);

    /// <summary>Proves that an event is in the log.</summary>
    /// <param name="position">The event.</param>
    /// <param name="at">The last event of the tree in which it is proved: no earlier than the event. Default: the head.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentOutOfRangeException">The log does not reach there.</exception>
    ValueTask<InclusionProof> ProveInclusionAsync(GlobalPosition position, GlobalPosition? at = null, CancellationToken cancellation = default);

    /// <summary>Proves that the log only grew.</summary>
    /// <param name="older">The last event of the older tree.</param>
    /// <param name="newer">The last event of the newer one: no earlier. Default: the head.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentOutOfRangeException">The log does not reach there.</exception>
    ValueTask<ConsistencyProof> ProveConsistencyAsync(GlobalPosition older, GlobalPosition? newer = null, CancellationToken cancellation = default);
}
