using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>When a store that is open for writing seals itself.</summary>
/// <param name="Signer">The log's key; see <see cref="SegmentSeals.SealAsync(string, INoteSigner, SegmentStoreOptions?, CancellationToken)"/>. One of another epoch seals nothing, and <see cref="SealStatus.Fault"/> says so.</param>
public sealed record Sealing(INoteSigner Signer)
{
    /// <summary>A seal so long after the last one, where events came since; from 1 s. Default: 1 hour.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A seal after so many events, too; from 1. Default: none.</summary>
    public long? EveryEvents { get; init; }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Signer);
        if (Every < TimeSpan.FromSeconds(1))
            throw new ArgumentException($"Sealing.Every is {Every}; it takes 1 second or more.");
        if (EveryEvents < 1)
            throw new ArgumentException($"Sealing.EveryEvents is {EveryEvents}; it takes 1 or more.");
    }
}

/// <summary>How far a store has sealed itself.</summary>
/// <param name="Last">The last seal it made since it was opened; none yet.</param>
/// <param name="Fault">Why the last attempt failed; none where it did not. After a <see cref="HistoryChangedException"/> nothing is sealed any more.</param>
public sealed record SealStatus(Seal? Last, Exception? Fault);
