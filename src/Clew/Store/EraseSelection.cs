using Clew.Events;

namespace Clew.Store;

/// <summary>What an erasure has found: what is to be erased, how much is erased already, and what it must not touch.</summary>
internal sealed class EraseSelection
{
    private readonly List<long> present = [];
    private long erased;
    private GlobalPosition? own;

    /// <summary>What is to be erased, in portions of which each is recorded by one event.</summary>
    public IEnumerable<long[]> Portions => present.Chunk(ErasureRecord.EventsMax);

    public void Add(RecordedEvent found)
    {
        if (IsOwn(found))
            own ??= found.Position;
        else if (found.IsErased)
            erased++;
        else
            present.Add(found.Position.Value);
    }

    /// <summary>The result, where there is nothing to do or nothing may be done.</summary>
    public EraseResult? Outcome() => this switch
    {
        { own: { } refused } => new EraseResult.Refused(refused),
        { present.Count: > 0 } => null,
        { erased: > 0 } => Done([]),
        _ => new EraseResult.NothingFound(),
    };

    /// <summary>The result, once all portions are erased.</summary>
    public EraseResult Done(IReadOnlyList<GlobalPosition> records) => new EraseResult.Erased(present.Count, erased, records);

    private static bool IsOwn(RecordedEvent found) =>
        EventRecord.Stream(found.Record)[0] == (byte)'$' || EventRecord.Type(found.Record)[0] == (byte)'$';
}
