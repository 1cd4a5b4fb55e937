using System.Globalization;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Sweep.Commands;

/// <summary>
/// What children were promised about erasures and roots: an acknowledged erasure is one before anybody opens the store again, one that was
/// cut short is ended by the next opening or was never begun, and a root that the log has had is its root for ever.
/// </summary>
internal sealed class ChildErasures(string folder)
{
    private readonly HashSet<long> positions = [];
    private readonly Dictionary<string, long> streams = [];
    private readonly List<TreeHead> roots = [];

    public ErasureTally Tally { get; private set; }

    public void Take(IEnumerable<(string? Stream, long Position)> erased, IEnumerable<TreeHead> reported)
    {
        foreach (var (stream, position) in erased)
        {
            Tally += new ErasureTally(Acknowledged: 1);
            if (stream is null)
                positions.Add(position);
            else
                streams[stream] = Math.Max(position, streams.GetValueOrDefault(stream));
        }

        roots.AddRange(reported);
        Tally = Tally with { Roots = roots.Count };
    }

    /// <summary>Verifies the folder as the kill has left it, against all roots that were reported.</summary>
    /// <returns>Whose content lies in its files, and which erasure was cut short.</returns>
    public async Task<Left> CheckLeftAsync()
    {
        var report = await SegmentStoreVerification.RunAsync(folder, new VerifyOptions { Known = roots });
        Require(report.IsSound, $"verifying finds {report.FirstDamage} {string.Join(", ", report.IndexDamage)} {report.TreeDifference} {report.FirstChange}");

        var journal = Path.Combine(folder, ErasureJournal.FileName);
        var lineage = await SegmentStoreVerification.LineageAsync(folder);
        var cut = File.Exists(journal)
            ? ErasureJournal.Parse(File.ReadAllBytes(journal), lineage.LogId) ?? throw new InvalidOperationException("the journal that was left is not sound")
            : null;
        return new(Marked(), cut);
    }

    /// <summary>Compares what a writer has read that has opened the store, and closed it again, with what was promised.</summary>
    public void CheckOpened(List<RecordedEvent> log, List<(int Number, int Index)?> places, Left? left)
    {
        Require(!File.Exists(Path.Combine(folder, ErasureJournal.FileName)), "the journal is still there");
        CheckRecords(log);
        if (left?.Cut is { } cut)
            CheckCut(log, cut);

        var marked = Marked();
        foreach (var (recorded, place) in log.Zip(places))
        {
            if (place is not { } child)
                continue;

            var isPromised = IsPromised(recorded);
            Require(recorded.IsErased || !isPromised, $"{recorded} was acknowledged as erased, and is not");
            Require(!isPromised || left is null || !left.Marked.Contains(child), $"{recorded} was acknowledged as erased, and its content was left in a file");
            Require(recorded.IsErased != marked.Contains(child), $"{recorded} is {(recorded.IsErased ? "erased, and its content is in a file" : "not in any file")}");
        }

        Tally = Tally with { Events = log.Count(recorded => recorded.IsErased) };
    }

    private bool IsPromised(RecordedEvent recorded) =>
        positions.Contains(recorded.Position.Value) || recorded.Position.Value <= streams.GetValueOrDefault(recorded.Stream.Value);

    // Whatever is erased says so in a record, and what a record names is erased.
    private static void CheckRecords(List<RecordedEvent> log)
    {
        var named = log.Where(recorded => ErasureRecord.Is(recorded.Record))
            .SelectMany(record => ErasureRecord.Read(record) ?? throw new InvalidOperationException($"{record} does not say what was erased"))
            .Select(erased => erased.Position)
            .ToHashSet();
        foreach (var recorded in log)
            Require(recorded.IsErased == named.Contains(recorded.Position.Value), $"{recorded} is erased: {recorded.IsErased}, and recorded as such: {!recorded.IsErased}");
    }

    private void CheckCut(List<RecordedEvent> log, ErasureJournal cut)
    {
        var isRecorded = log.Exists(recorded => recorded.Id == cut.RecordId);
        Tally += isRecorded ? new ErasureTally(Ended: 1) : new ErasureTally(NeverBegun: 1);
        foreach (var (position, _) in cut.Events)
            Require(log[(int)position - 1].IsErased == isRecorded, $"the erasure of event {position} was {(isRecorded ? "" : "not ")}recorded, and is not like that");
    }

    private HashSet<(int Number, int Index)> Marked()
    {
        var marked = new HashSet<(int Number, int Index)>();
        foreach (var file in Directory.GetFiles(folder))
            ChildBatch.AddMarked(File.ReadAllBytes(file), marked);
        return marked;
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }

    /// <param name="Marked">Events of which content lies in a file.</param>
    /// <param name="Cut">The erasure that was cut short; none where none was.</param>
    internal sealed record Left(HashSet<(int Number, int Index)> Marked, ErasureJournal? Cut);
}

/// <param name="Acknowledged">Erasures that were answered.</param>
/// <param name="Events">Events that are erased.</param>
/// <param name="Ended">Erasures that a kill has cut short and the next opening has ended.</param>
/// <param name="NeverBegun">Erasures that a kill has cut short before they were recorded, of which nothing is left.</param>
/// <param name="Roots">Roots that were compared after each kill.</param>
internal readonly record struct ErasureTally(long Acknowledged = 0, long Events = 0, long Ended = 0, long NeverBegun = 0, long Roots = 0)
{
    public static ErasureTally operator +(ErasureTally one, ErasureTally other) => new(
        one.Acknowledged + other.Acknowledged, one.Events + other.Events, one.Ended + other.Ended, one.NeverBegun + other.NeverBegun, one.Roots + other.Roots);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Acknowledged:N0} acknowledged erasures, {Events:N0} events erased, nothing of them left; {Ended:N0} more were ended by the next opening, {NeverBegun:N0} never begun; {Roots:N0} roots still hold");
}
