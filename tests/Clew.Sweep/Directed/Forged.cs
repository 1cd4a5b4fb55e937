using Clew.Events;
using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>What nobody appended, and a store must not take for something that somebody did.</summary>
internal static class Forged
{
    public static EventData Event { get; } = Numbered(1);

    public static EventData Numbered(int number) => new("forged", "forged", new byte[100])
    {
        Id = new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 1),
    };

    /// <summary>Puts an empty segment behind the last one.</summary>
    /// <param name="disk">The store's.</param>
    /// <param name="end">Where the log ends.</param>
    /// <param name="chain">What it says that the log before it is.</param>
    public static SegmentHeader SegmentAfter(MemoryDisk disk, LogPoint end, ChainValue chain)
    {
        var last = LogOnDisk.Of(disk).Last;
        var header = new SegmentHeader(
            last.Number + 1, SegmentStoreOptions.SegmentBytesMin, last.LogId, end.Position + 1, end.Group + 1, chain, last.Nonce + 1, last.MadeAt);
        disk[header.FileName] = [.. header.ToBytes(), .. new byte[header.FileBytes - SegmentHeader.Bytes]];
        return header;
    }
}
