using Clew.Events;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>What an embedded store takes on its disk.</summary>
/// <param name="Events">Durable events.</param>
/// <param name="Segments">Segments, also those in archives.</param>
/// <param name="LogBytes">Bytes of events and their framing, without the space that is kept ready; unpacked where they are in archives.</param>
/// <param name="SegmentBytes">Bytes of the segment files in the folder.</param>
/// <param name="IndexFiles">Index files.</param>
/// <param name="IndexBytes">Bytes of all index files.</param>
public sealed record SegmentStoreStatistics(long Events, int Segments, long LogBytes, long SegmentBytes, int IndexFiles, long IndexBytes)
{
    /// <summary>How many of the segments are in archives.</summary>
    public int ArchivedSegments { get; init; }
}

/// <summary>What came of checking a store.</summary>
/// <param name="Events">Events that were read and found sound.</param>
/// <param name="Segments">Segments checked, also those in archives.</param>
/// <param name="Bytes">Bytes checked, unpacked.</param>
/// <param name="IndexFiles">Index files checked.</param>
/// <param name="FirstDamage">The first place in the log that is not as it was written; none where everything is.</param>
/// <param name="IndexDamage">Index files that do not agree with the log; the store makes them anew when they are deleted.</param>
/// <param name="Notes">What is odd but harmless, such as a torn tail that the next opening cuts off.</param>
public sealed record VerifyReport(
    long Events,
    int Segments,
    long Bytes,
    int IndexFiles,
    Damage? FirstDamage,
    IReadOnlyList<Damage> IndexDamage,
    IReadOnlyList<string> Notes)
{
    /// <summary>How many of the segments were read from archives.</summary>
    public int ArchivedSegments { get; init; }

    /// <summary>The Merkle tree over the events that are sound, computed from their bytes.</summary>
    public TreeHead Tree { get; init; }

    /// <summary>
    /// Where the file of the Merkle tree was made of other events than lie in the log: some of them were changed afterwards, together with
    /// their checksums; or that file was. None where it agrees.
    /// </summary>
    public Damage? TreeDifference { get; init; }

    /// <summary>What the history says to each of <see cref="VerifyOptions.Known"/>, in their order.</summary>
    public IReadOnlyList<HeadFinding> Heads { get; init; } = [];

    /// <summary>What came of <see cref="VerifyOptions.Against"/>; none where it was not asked for.</summary>
    public Comparison? Comparison { get; init; }

    /// <summary>Whether every checksum, chain link and index agrees, and all roots known from before.</summary>
    public bool IsSound => FirstDamage is null && IndexDamage.Count == 0 && TreeDifference is null && Comparison?.FirstDifference is null && Heads.All(found => found.Verdict == HeadVerdict.Holds);

    /// <summary>
    /// Between which two positions the history begins to be another one than the roots in <see cref="VerifyOptions.Known"/> say: the more of
    /// them, the closer. None where all of them hold.
    /// </summary>
    public ChangedHistory? FirstChange
    {
        get
        {
            var changed = Heads.Where(found => found.Verdict != HeadVerdict.Holds).Select(found => found.Head.Size).DefaultIfEmpty(-1).Min();
            var proved = Heads.Where(found => found.Verdict == HeadVerdict.Holds && found.Head.Size < changed).Select(found => found.Head.Size).DefaultIfEmpty().Max();
            return changed < 0 ? null : new(new(proved), new(changed));
        }
    }
}

/// <summary>Where a history begins to be another one.</summary>
/// <param name="After">Up to here it is proved to be as it was.</param>
/// <param name="UpTo">The first event that is not as it was lies after that, and no later than here.</param>
public readonly record struct ChangedHistory(GlobalPosition After, GlobalPosition UpTo);

/// <summary>What a log is held against, beyond its own checksums, which whoever can write its files can make anew.</summary>
public sealed record VerifyOptions
{
    /// <summary>Roots of this log known from before, such as those of seals kept elsewhere.</summary>
    public IReadOnlyList<TreeHead> Known { get; init; } = [];

    /// <summary>The folder of a copy that is believed, such as a backup: the first event that is another one there is named. Default: none.</summary>
    public string? Against { get; init; }

    /// <summary>How segments in archives are read, and where they are now. Default: a store that has archived segments cannot be checked.</summary>
    public ArchiveOptions? Archive { get; init; }

    /// <summary>Told now and then how far it is.</summary>
    public IProgress<VerifyProgress>? Progress { get; init; }
}

/// <summary>What came of comparing a log with a copy of it.</summary>
/// <param name="To">The last position that both reach; it was compared up to there.</param>
/// <param name="FirstDifference">The first event that is another one; none where all are the same.</param>
public sealed record Comparison(GlobalPosition To, GlobalPosition? FirstDifference);

/// <summary>What the history of a log says to a root known from before.</summary>
/// <param name="Head">The root, and the size at which the log had it.</param>
/// <param name="Verdict">Whether it still has.</param>
public readonly record struct HeadFinding(TreeHead Head, HeadVerdict Verdict);

/// <summary>Whether the events up to a size have a root.</summary>
public enum HeadVerdict
{
    /// <summary>They have it: not a bit of them was changed since, none was removed or moved.</summary>
    Holds,

    /// <summary>They have another root: some of them are not what they were.</summary>
    Differs,

    /// <summary>There are fewer sound events than that: the end of the history is gone.</summary>
    Missing,
}

/// <summary>How far a check has come.</summary>
/// <param name="BytesDone">Bytes checked.</param>
/// <param name="BytesTotal">Bytes to check.</param>
public readonly record struct VerifyProgress(long BytesDone, long BytesTotal);
