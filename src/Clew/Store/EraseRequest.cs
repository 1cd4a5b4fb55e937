using Clew.Events;

namespace Clew.Store;

/// <summary>What to erase, why, and who wants it. All of it stays in the log for ever.</summary>
/// <param name="Target">Which events.</param>
public sealed record EraseRequest(EraseTarget Target)
{
    /// <summary>How long a reason may be, in characters.</summary>
    public const int ReasonCharactersMax = 1_000;

    /// <summary>How long the name of who erases may be, in characters.</summary>
    public const int ByCharactersMax = 256;

    /// <summary>The stream in which erasures are recorded: <c>$erasures</c>. Nobody else appends to it.</summary>
    public static StreamName RecordStream { get; } = new(ErasureRecord.Stream);

    /// <summary>The type of the events that record them: <c>$erased</c>. Nobody else appends one.</summary>
    public static EventType RecordType { get; } = new(ErasureRecord.Type);

    /// <summary>Why: 1 to <see cref="ReasonCharactersMax"/> characters, such as the number of the request. Keep out of it what is to be forgotten.</summary>
    public required string Reason { get; init; }

    /// <summary>Who erases: 1 to <see cref="ByCharactersMax"/> characters.</summary>
    public required string By { get; init; }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Target);
        Target.Check();
        CheckText(Reason, "a reason", ReasonCharactersMax);
        CheckText(By, "the name of who erases", ByCharactersMax);
    }

    private static void CheckText(string? text, string what, int charactersMax)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > charactersMax)
            throw new ArgumentException($"An erasure needs {what} of 1 to {charactersMax:N0} characters; this one has {text?.Trim().Length ?? 0:N0}.");
    }
}

/// <summary>Which events are to be erased. The family is closed.</summary>
public abstract record EraseTarget
{
    private EraseTarget()
    {
    }

    /// <summary>One event.</summary>
    /// <param name="At">Its position, from 1.</param>
    public sealed record Position(GlobalPosition At) : EraseTarget;

    /// <summary>Every event of a stream. More can be appended to it later.</summary>
    /// <param name="Name">The stream.</param>
    public sealed record OfStream(StreamName Name) : EraseTarget;

    /// <summary>Every event that matches a query.</summary>
    /// <param name="Query">Any but <see cref="Events.Query.All"/>: a log that holds nothing any more is deleted as a folder.</param>
    public sealed record Matching(Query Query) : EraseTarget;

    /// <summary>What to read to see them beforehand.</summary>
    public ReadRequest ToRead() => this switch
    {
        Position(var at) => ReadRequest.All with { After = new(at.Value - 1), AsOf = new AsOf.Position(at) },
        OfStream(var name) => ReadRequest.Stream(name),
        Matching(var query) => ReadRequest.Matching(query),
        _ => throw new InvalidOperationException("The family of targets is closed."),
    };

    internal void Check()
    {
        switch (this)
        {
            case Position { At.Value: < 1 }:
                throw new ArgumentException("An event to be erased has a position from 1.");
            case OfStream { Name: var name } when name == default:
                throw new ArgumentException("The stream to be erased has no name.");
            case Matching { Query: null }:
                throw new ArgumentException("There is no query to say what is to be erased.");
            case Matching { Query: var query } when query == Query.All:
                throw new ArgumentException("A query that matches every event is not taken for an erasure; name types or tags, or delete the log.");
        }
    }
}
