using Clew.Events;
using Clew.Integrity;

namespace Clew.Store;

/// <summary>A fault of a store, of its disk, or of what lies on it. The message says what to do.</summary>
public abstract class StoreException : Exception
{
    private protected StoreException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>The folder is no store, or one of a format that this version does not read. Nothing was changed.</summary>
public sealed class StoreFormatException(string message, Exception? cause = null) : StoreException(message, cause);

/// <summary>
/// The store cannot be opened or read: no permission, no such folder, a symbolic link where the store writes, an I/O error. Nothing was
/// changed.
/// </summary>
public sealed class StoreUnavailableException(string message, Exception? cause = null) : StoreException(message, cause);

/// <summary>Another process, or this one, has the store open for writing. Nothing was changed.</summary>
public sealed class StoreInUseException(string message) : StoreException(message);

/// <summary>
/// There is no space left to append. Nothing was written; reading goes on, and so does appending once there is space for the next segment,
/// which takes at most <c>SegmentBytesMax</c>, or what a single larger batch needs.
/// </summary>
public sealed class StoreFullException(string message, Exception? cause = null) : StoreException(message, cause);

/// <summary>
/// Writing or flushing failed, so the store takes no more appends until it is opened again. Whether appends that were under way are
/// in the log shows then; they can be repeated with the same ids.
/// </summary>
public sealed class StoreFailedException(string message, Exception? cause = null) : StoreException(message, cause);

/// <summary>What lies in the store is not what was written.</summary>
/// <param name="message">What, and what to do.</param>
/// <param name="damage">Where.</param>
public sealed class StoreCorruptedException(string message, Damage damage) : StoreException(message)
{
    /// <summary>Where the first damage was found.</summary>
    public Damage Damage { get; } = damage;
}

/// <summary>A place in the files of a store that does not hold what was written there.</summary>
/// <param name="File">The file's name in the store's folder.</param>
/// <param name="Offset">The byte from which it is wrong, from 0; none where the file as a whole is.</param>
/// <param name="Position">The first event that is affected, where it is known.</param>
/// <param name="What">What is wrong with it.</param>
public sealed record Damage(string File, long? Offset, GlobalPosition? Position, string What);

/// <summary>Some of a batch's event ids belong to other events of the log: half of an earlier batch, or another stream or type.</summary>
/// <param name="id">The first such id.</param>
/// <param name="position">Where the log has it.</param>
public sealed class EventIdReusedException(Guid id, GlobalPosition position) : StoreException(
    $"The event id {id} is already in the log, at position {position}, and this batch is not the batch it was appended with. " +
    "To repeat an append, repeat the whole batch with the same ids, streams and types in the same order; give new events new ids.")
{
    /// <summary>The first id of the batch that is known.</summary>
    public Guid Id { get; } = id;

    /// <summary>Where the log has it.</summary>
    public GlobalPosition Position { get; } = position;
}

/// <summary>A checkpoint of another log, of another life of this log, or beyond its head.</summary>
/// <param name="checkpoint">The checkpoint that was brought.</param>
/// <param name="head">Where this log stands.</param>
public sealed class CheckpointRefusedException(Checkpoint checkpoint, LogHead head) : StoreException(
    $"The checkpoint {checkpoint} does not fit this log, which is {head?.Lineage} and stands at {head?.Position}. " +
    (checkpoint.Lineage == head?.Lineage
        ? "After a crash, open the store for writing once, which finds the end of the log. If it still refuses, the log has lost events that its reader has seen, or the checkpoint is not from here; find out which before you start from a checkpoint of this log."
        : "It belongs to another log, or to the time before this one was restored; start the reader anew, or from a checkpoint of this log."))
{
    /// <summary>The checkpoint that was brought.</summary>
    public Checkpoint Checkpoint { get; } = checkpoint;

    /// <summary>Where this log stands.</summary>
    public LogHead Head { get; } = head;
}

/// <summary>The folder holds a replica, which takes no appends before it is promoted. Nothing was changed.</summary>
public sealed class StoreIsReplicaException(string message) : StoreException(message);

/// <summary>The folder holds no replica of this log: a store of its own, or a replica of another log or another life of it. Nothing was changed.</summary>
public sealed class ReplicaRefusedException(string message) : StoreException(message);

/// <summary>A replica and its log do not have the same history, so one of them is not what it should be. Nothing was replicated.</summary>
/// <param name="message">What, and what to do.</param>
/// <param name="position">The first position at which they differ.</param>
public sealed class ReplicaDivergedException(string message, GlobalPosition position) : StoreException(message)
{
    /// <summary>The first position at which they differ.</summary>
    public GlobalPosition Position { get; } = position;
}

/// <summary>Events are in an archive, and it is not where it was moved to, or nothing is here to read it with. Nothing was changed.</summary>
/// <param name="message">Where it should be, and what to do.</param>
/// <param name="first">The first of the events.</param>
/// <param name="last">The last of them.</param>
/// <param name="folder">The folder that they were moved to.</param>
public sealed class ArchiveNotAttachedException(string message, GlobalPosition first, GlobalPosition last, string folder) : StoreException(message)
{
    /// <summary>The first of the events.</summary>
    public GlobalPosition First { get; } = first;

    /// <summary>The last of them.</summary>
    public GlobalPosition Last { get; } = last;

    /// <summary>The folder that they were moved to.</summary>
    public string Folder { get; } = folder;
}

/// <summary>The folder does not fit for the archive of this log; the message says why, and what to do. No segment was moved there.</summary>
public sealed class ArchiveRefusedException(string message) : StoreException(message);

/// <summary>The replica cannot be promoted as it was asked for; the message says why, and what to do. It is a replica as before.</summary>
public sealed class PromotionRefusedException(string message) : StoreException(message);

/// <summary>The clock jumped by more than the store believes without being told. Nothing was written.</summary>
public sealed class ClockRefusedException(string message) : StoreException(message);

/// <summary>A log does not continue what was sealed of it before: its history was changed, or its end is gone. Nothing was signed.</summary>
/// <param name="sealed">What was sealed last.</param>
/// <param name="now">What the log is now.</param>
public sealed class HistoryChangedException(TreeHead @sealed, TreeHead now) : StoreException(
    $"The log does not continue its last seal, of {@sealed.Size} events with the root {@sealed.Root}: it has {now.Size} events now" +
    (now.Size < @sealed.Size ? ", so its end is gone. " : ", and those that were sealed are no longer what they were. ") +
    "Nothing was signed. Run \"clew verify --seal\" with a seal that was kept elsewhere, and bring the log back from a backup.")
{
    /// <summary>What was sealed last.</summary>
    public TreeHead Sealed { get; } = @sealed;

    /// <summary>What the log is now.</summary>
    public TreeHead Now { get; } = now;
}
