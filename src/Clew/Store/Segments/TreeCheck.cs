using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>Holds the file TREE against the tree of the events.</summary>
internal static class TreeCheck
{
    /// <returns>Where a sound entry is not what the events say: it was made of other events.</returns>
    public static async ValueTask<Damage?> RunAsync(IDisk disk, Guid logId, TreeSum tree)
    {
        using var file = await TreeFile.TryOpenAsync(disk, logId, FileUse.Read);
        if (file is null)
            return null;

        var stored = new Digest?[TreeFile.TileNodes];
        for (var first = 0; first < tree.Tiles.Count; first += TreeFile.TileNodes)
        {
            await file.ReadAsync(TreeFile.EntryOf(1, first), stored);
            for (var index = first; index < Math.Min(first + TreeFile.TileNodes, tree.Tiles.Count); index++)
            {
                if (stored[index - first] is { } node && node != tree.Tiles[index])
                    return Differs(index);
            }
        }

        return null;
    }

    private static Damage Differs(long tile) => new(
        TreeFile.FileName,
        TreeFile.OffsetOf(TreeFile.EntryOf(1, tile)),
        new((tile * TreeFile.TileNodes) + 1),
        $"it was made of other events than lie at the positions {(tile * TreeFile.TileNodes) + 1} to {(tile + 1) * TreeFile.TileNodes}");
}
