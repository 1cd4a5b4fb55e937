using Clew.Store;

namespace Clew.Sweep.Simulation.Oracle;

/// <summary>A batch that some client has sent, once or again and again.</summary>
internal sealed class SentBatch(int number, AppendBatch batch, long firstSent, long headBefore)
{
    public int Number => number;

    public AppendBatch Batch => batch;

    /// <summary>The step of the run in which it was first sent.</summary>
    public long FirstSent => firstSent;

    /// <summary>What somebody had already seen of the log then: the batch comes after it.</summary>
    public long HeadBefore => headBefore;

    /// <summary>Made of ids that other batches have: it must be refused.</summary>
    public bool ReusesIds { get; init; }

    public int Attempts { get; set; }

    /// <summary>Attempts that were answered with "nothing was written".</summary>
    public int Refusals { get; set; }

    /// <summary>Whether some attempt may have written it.</summary>
    public bool MayBeInLog => Attempts > Refusals;

    public bool IsAcknowledged { get; set; }

    public override string ToString() => $"batch {number} ({batch.Events.Count} events)";
}
