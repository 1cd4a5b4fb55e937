using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>Stores as a kill leaves them: what is in them is durable, and nothing was closed.</summary>
internal static class KilledStore
{
    private static readonly Lazy<MemoryDisk> Long = new(() => With(batches: 400));

    /// <summary>A new store with the first so many batches.</summary>
    public static MemoryDisk With(int batches)
    {
        var disk = new MemoryDisk();
        Append(disk, 0, batches);
        return disk;
    }

    /// <summary>One with several segments, and index files of those that are full.</summary>
    public static MemoryDisk WithIndexes() => Long.Value.Copy();

    /// <summary>One with more segments than merge into one index file, and no index.</summary>
    public static MemoryDisk WithManySegments() => WithoutIndexes(Long.Value);

    public static MemoryDisk WithoutIndexes(MemoryDisk disk)
    {
        var bare = disk.Copy();
        foreach (var name in disk.Names.Where(name => name.EndsWith(".idx", StringComparison.Ordinal)))
            bare.Remove(name);
        return bare;
    }

    public static void Append(MemoryDisk disk, int first, int batches) => Laboratory.With(disk, async store =>
    {
        for (var number = first; number < first + batches; number++)
            await Laboratory.AppendAsync(store, number);
        return batches;
    });

    /// <summary>Opens it once more, and closes it.</summary>
    public static void Close(MemoryDisk disk) => Laboratory.With(disk, async store =>
    {
        await store.DisposeAsync();
        return true;
    });

    /// <summary>Appends batches of which the mark knows nothing, as after a power loss right behind the flush of the log.</summary>
    /// <returns>The last of their groups.</returns>
    public static GroupOnDisk AppendUnmarked(MemoryDisk disk, int first, int batches = 1)
    {
        var mark = disk[Watermark.FileName];
        Append(disk, first, batches);
        disk[Watermark.FileName] = mark;
        return LogOnDisk.Of(disk).Groups[^1];
    }
}
