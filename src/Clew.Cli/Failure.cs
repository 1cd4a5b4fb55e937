using Clew.Ed25519;
using Clew.Store;

namespace Clew.Cli;

/// <summary>Why a command ends without having done what it was asked for.</summary>
/// <param name="Code">With what the process ends.</param>
/// <param name="Kind">The case, for scripts.</param>
/// <param name="Message">What happened and what to do, for people.</param>
internal sealed record Failure(ExitCode Code, string Kind, string Message)
{
    public static Failure Usage(string message) => new(ExitCode.CouldNot, "usage", message);

    public static Failure Input(string message) => new(ExitCode.CouldNot, "input", message);

    public static Failure Conflict(string message) => new(ExitCode.No, "conflict", message);

    public static Failure NotFound(string message) => new(ExitCode.No, "not-found", message);

    public static Failure Interrupted(string message) => new(ExitCode.CouldNot, "interrupted", message);

    /// <returns>None for what only a mistake in this program can cause.</returns>
    public static Failure? From(Exception exception) => exception switch
    {
        CommandException { Failure: var failure } => failure,
        EventIdReusedException => Conflict(exception.Message),
        CheckpointRefusedException => Usage(exception.Message),
        StoreFormatException => new(ExitCode.CouldNot, "not-a-store", exception.Message),
        StoreUnavailableException => new(ExitCode.CouldNot, "unavailable", exception.Message),
        StoreInUseException => new(ExitCode.CouldNot, "in-use", exception.Message),
        StoreIsReplicaException => new(ExitCode.CouldNot, "replica", exception.Message),
        ReplicaRefusedException => new(ExitCode.CouldNot, "other-log", exception.Message),
        ReplicaDivergedException => new(ExitCode.CouldNot, "diverged", exception.Message),
        PromotionRefusedException => new(ExitCode.CouldNot, "promotion", exception.Message),
        ArchiveNotAttachedException => new(ExitCode.CouldNot, "archive", exception.Message),
        ArchiveRefusedException => new(ExitCode.CouldNot, "archive", exception.Message),
        StoreFullException => new(ExitCode.CouldNot, "full", exception.Message),
        StoreCorruptedException => new(ExitCode.CouldNot, "damaged", exception.Message),
        HistoryChangedException => new(ExitCode.No, "history", exception.Message),
        KeyFileException => new(ExitCode.CouldNot, "key", exception.Message),
        ClockRefusedException => new(ExitCode.CouldNot, "clock", exception.Message),
        StoreException => new(ExitCode.CouldNot, "failed", exception.Message),
        ArgumentException => Usage(WithoutParameter(exception.Message)),
        UnauthorizedAccessException => new(ExitCode.CouldNot, "io", exception.Message + " Run as a user who may, or give another path."),
        IOException => new(ExitCode.CouldNot, "io", exception.Message),
        OperationCanceledException => Interrupted("Interrupted."),
        _ => null,
    };

    /// <summary>For what only a mistake in this program can cause: enough of it to report, and no more.</summary>
    public static Failure Internal(Exception exception) => new(
        ExitCode.CouldNot,
        "internal",
        $"A mistake in clew itself, {exception.GetType().Name} in {exception.TargetSite?.DeclaringType?.FullName}.{exception.TargetSite?.Name}: " +
        $"{exception.Message} Please report this, with the command line.");

    // .NET adds the name of a parameter to the message, which says nothing to who typed a command.
    public static string WithoutParameter(string message) =>
        message.IndexOf(" (Parameter '", StringComparison.Ordinal) is >= 0 and var at ? message[..at] : message;
}

/// <summary>Ends a command with a failure.</summary>
internal sealed class CommandException(Failure failure, Exception? cause = null) : Exception(failure.Message, cause)
{
    public Failure Failure { get; } = failure;
}
