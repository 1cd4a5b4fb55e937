using System.Globalization;
using Clew.Events;
using Clew.Store;

namespace Clew.Sweep.Simulation.Oracle;

/// <summary>An erasure that some client has asked for.</summary>
internal sealed class SentErasure(int number, EraseTarget target, long sent, long headBefore)
{
    public EraseTarget Target => target;

    /// <summary>The step of the run in which it was asked for.</summary>
    public long Sent => sent;

    /// <summary>What was known of the log in the store's own process then: all of it that is meant must be gone.</summary>
    public long HeadBefore => headBefore;

    /// <summary>By which the event that records it is known.</summary>
    public string Reason => string.Create(CultureInfo.InvariantCulture, $"erasure {number}");

    /// <summary>The answer, where there was one.</summary>
    public EraseResult? Answer { get; private set; }

    /// <summary>The step in which the answer came.</summary>
    public long Answered { get; private set; }

    /// <summary>What was known of the log in the store's own process when the answer came.</summary>
    public long HeadAfter { get; private set; }

    /// <summary>It was answered with "nothing was erased".</summary>
    public bool IsRefused { get; private set; }

    public void Take(EraseResult answer, long step, long head)
    {
        (Answer, Answered, HeadAfter) = (answer, step, head);
        IsRefused = answer is not EraseResult.Erased;
    }

    public void Refuse() => IsRefused = true;

    public bool Means(long position, EventData data) => target switch
    {
        EraseTarget.Position(var at) => at.Value == position,
        EraseTarget.OfStream(var name) => string.Equals(name.Value, data.Stream.Value, StringComparison.Ordinal),
        EraseTarget.Matching(var query) => LogModel.IsMatch(query, data),
        _ => throw new InvalidOperationException("a target that the oracle does not know"),
    };

    /// <summary>Whether nobody may see the content of an event any more who begins to look now, at a log that is known to him so far.</summary>
    public bool Forbids(long position, EventData data, LookedFrom from) =>
        Answer is EraseResult.Erased && Answered < from.Step && HeadAfter <= from.Head && position <= HeadBefore && Means(position, data);

    public override string ToString() => $"{Reason} of {target}";
}

/// <summary>When somebody began to look at the log, and how far it was known to him.</summary>
/// <param name="Step">The step of the run.</param>
/// <param name="Head">The head, as the store or reader that he looks through has it.</param>
internal readonly record struct LookedFrom(long Step, long Head);
