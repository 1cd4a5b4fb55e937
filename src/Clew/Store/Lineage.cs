using Clew.Events;

namespace Clew.Store;

/// <summary>Which log this is, and which life of it.</summary>
/// <param name="LogId">128 random bits, given when the log is made.</param>
/// <param name="Epoch">From 1; raised when a backup is brought back to life as a log of its own.</param>
public readonly record struct Lineage(Guid LogId, int Epoch)
{
    /// <inheritdoc/>
    public override string ToString() => $"{LogId}/{Epoch}";
}

/// <summary>How far a reader has come in one life of one log.</summary>
/// <param name="Lineage">The log.</param>
/// <param name="Position">The last position that it has looked at.</param>
public readonly record struct Checkpoint(Lineage Lineage, GlobalPosition Position)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Lineage}/{Position}";
}

/// <summary>Where a log stands.</summary>
/// <param name="Lineage">Which log it is.</param>
/// <param name="Position">Its last durable event; <see cref="GlobalPosition.Start"/> where it has none.</param>
/// <param name="RecordedAt">When that event was recorded; none in an empty log.</param>
public sealed record LogHead(Lineage Lineage, GlobalPosition Position, DateTimeOffset? RecordedAt)
{
    /// <summary>The checkpoint of a reader that has seen everything up to here.</summary>
    public Checkpoint Checkpoint => new(Lineage, Position);
}
