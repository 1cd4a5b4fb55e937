using System.Numerics;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>
/// The Merkle tree over the events of a log (RFC 9162, section 2.1): the event at position p is leaf p - 1. Nodes come from the file TREE as far as
/// it has them, and from the events otherwise.
/// </summary>
internal static class LogTree
{
    /// <summary>The roots of some stretches of leaves, each of them as the tree of a size has it.</summary>
    public static async ValueTask<IReadOnlyList<Digest>> RootsAsync(LogView view, IDisk disk, long size, IReadOnlyList<LeafRange> ranges)
    {
        using var file = await TreeFile.TryOpenAsync(disk, view.Lineage.LogId, FileUse.Read);
        var reading = new TreeReading(view, file, size);
        var roots = new Digest[ranges.Count];
        for (var index = 0; index < roots.Length; index++)
            roots[index] = await reading.RootAsync(ranges[index]);

        return roots;
    }
}

/// <summary>One look into the tree of a log as it is at a size; keeps the tiles that it has seen.</summary>
internal sealed class TreeReading(LogView view, TreeFile? file, long size)
{
    private readonly Dictionary<(int Level, long Tile), Digest[]> tiles = [];
    private readonly LeafHasher hasher = new();

    public async ValueTask<Digest> RootAsync(LeafRange range)
    {
        if (!BitOperations.IsPow2(range.Count))
        {
            var (left, right) = range.Divide();
            return Merkle.Node(await RootAsync(left), await RootAsync(right));
        }

        var height = BitOperations.Log2((ulong)range.Count);
        var level = height / TreeFile.TileHeight;
        var first = range.First >> (TreeFile.TileHeight * level);
        var tile = await TileAsync(level, first / TreeFile.TileNodes);
        var nodes = tile.AsSpan((int)(first % TreeFile.TileNodes), 1 << (height % TreeFile.TileHeight));
        return hasher.Fold(nodes.ToArray());
    }

    /// <summary>Leaves that follow each other, made of the events.</summary>
    public async ValueTask<Digest[]> LeavesAsync(long first, int count)
    {
        var leaves = new List<Digest>(count);
        await new LeafReader(view, hasher).ReadAsync(first, first + count, leaves);
        return [.. leaves];
    }

    /// <summary>Nodes of one level, within one tile.</summary>
    /// <param name="level">From 1.</param>
    /// <param name="first">The first one's number in its level.</param>
    /// <param name="count">How many.</param>
    public async ValueTask<Digest[]> NodesAsync(int level, long first, int count)
    {
        var stored = await StoredAsync(level, first, count);
        var nodes = new Digest[count];
        for (var index = 0; index < count; index++)
            nodes[index] = stored[index] ?? hasher.Fold(await BelowAsync(level, first + index));

        return nodes;
    }

    /// <summary>Nodes of one level that have the same node above them, as far as they are full.</summary>
    private async ValueTask<Digest[]> TileAsync(int level, long tile)
    {
        if (tiles.TryGetValue((level, tile), out var known))
            return known;

        var first = tile * TreeFile.TileNodes;
        var count = (int)Math.Min(TreeFile.TileNodes, (size >> (TreeFile.TileHeight * level)) - first);
        return tiles[(level, tile)] = level == 0 ? await LeavesAsync(first, count) : await NodesAsync(level, first, count);
    }

    // Not to be kept: over a log without a file TREE this goes through all of its events.
    private async ValueTask<Digest[]> BelowAsync(int level, long index)
    {
        var below = await TileAsync(level - 1, index);
        tiles.Remove((level - 1, index));
        return below;
    }

    private async ValueTask<Digest?[]> StoredAsync(int level, long first, int count)
    {
        var nodes = new Digest?[count];
        if (file is null)
            return nodes;

        // Only those of the first level lie side by side.
        if (level == 1)
        {
            await file.ReadAsync(TreeFile.EntryOf(1, first), nodes);
            return nodes;
        }

        for (var index = 0; index < count; index++)
            await file.ReadAsync(TreeFile.EntryOf(level, first + index), nodes.AsMemory(index, 1));

        return nodes;
    }
}
