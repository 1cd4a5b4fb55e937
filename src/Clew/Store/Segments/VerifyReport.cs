namespace Clew.Store.Segments;

/// <summary>What an embedded store takes on its disk.</summary>
/// <param name="Events">Durable events.</param>
/// <param name="Segments">Segment files.</param>
/// <param name="LogBytes">Bytes of events and their framing, without the space that is kept ready.</param>
/// <param name="SegmentBytes">Bytes of all segment files.</param>
/// <param name="IndexFiles">Index files.</param>
/// <param name="IndexBytes">Bytes of all index files.</param>
public sealed record SegmentStoreStatistics(long Events, int Segments, long LogBytes, long SegmentBytes, int IndexFiles, long IndexBytes);

/// <summary>What came of checking a store.</summary>
/// <param name="Events">Events that were read and found sound.</param>
/// <param name="Segments">Segment files checked.</param>
/// <param name="Bytes">Bytes checked.</param>
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
    /// <summary>Whether every checksum, chain link and index agrees.</summary>
    public bool IsSound => FirstDamage is null && IndexDamage.Count == 0;
}

/// <summary>How far a check has come.</summary>
/// <param name="BytesDone">Bytes checked.</param>
/// <param name="BytesTotal">Bytes to check.</param>
public readonly record struct VerifyProgress(long BytesDone, long BytesTotal);
