using Clew.Events;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>Roots and proofs over a log, in whichever process: the same for its writer and for mere readers.</summary>
internal sealed class LogProofs(LogView view, IDisk disk)
{
    public Lineage Lineage => view.Lineage;

    public long Size => view.Head.Position.Value;

    public async ValueTask<TreeHead> TreeHeadAsync(GlobalPosition? at, CancellationToken cancellation)
    {
        var size = SizeAt(at, least: 0, nameof(at), cancellation);
        if (size == 0)
            return new(0, Merkle.Empty);

        return new(size, (await LogTree.RootsAsync(view, disk, size, [new(0, size)]))[0]);
    }

    public async ValueTask<InclusionProof> InclusionAsync(GlobalPosition position, GlobalPosition? at, CancellationToken cancellation)
    {
        SizeAt(position, least: 1, nameof(position), cancellation);
        var size = SizeAt(at, position.Value, nameof(at), cancellation);
        var index = position.Value - 1;
        return new(index, size, await LogTree.RootsAsync(view, disk, size, Merkle.InclusionPath(index, size)));
    }

    public async ValueTask<ConsistencyProof> ConsistencyAsync(GlobalPosition older, GlobalPosition? newer, CancellationToken cancellation)
    {
        var from = SizeAt(older, least: 0, nameof(older), cancellation);
        var to = SizeAt(newer, from, nameof(newer), cancellation);
        return new(from, to, from == 0 ? [] : await LogTree.RootsAsync(view, disk, to, Merkle.ConsistencyPath(from, to)));
    }

    /// <summary>Where the events of a log cease to be those of this one.</summary>
    /// <param name="tiles">The full tiles of the other log, computed from its events.</param>
    /// <param name="other">The other log.</param>
    /// <param name="size">Up to where both reach.</param>
    /// <returns>The first position at which they differ; null where they do not.</returns>
    public async ValueTask<long?> FirstDifferenceAsync(IReadOnlyList<Digest> tiles, LogProofs other, long size)
    {
        using var file = await TreeFile.TryOpenAsync(disk, view.Lineage.LogId, FileUse.Read);
        var own = new TreeReading(view, file, size);
        var same = 0;
        while (same < size / TreeFile.TileNodes && (await own.NodesAsync(1, same, 1))[0] == tiles[same])
            same++;

        var first = (long)same * TreeFile.TileNodes;
        var count = (int)Math.Min(TreeFile.TileNodes, size - first);
        var here = await own.LeavesAsync(first, count);
        var there = await other.LeavesAsync(first, count);
        for (var index = 0; index < count; index++)
        {
            if (here[index] != there[index])
                return first + index + 1;
        }

        return null;
    }

    private ValueTask<Digest[]> LeavesAsync(long first, int count) => new TreeReading(view, file: null, first + count).LeavesAsync(first, count);

    private long SizeAt(GlobalPosition? at, long least, string name, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(view.IsClosed, view);
        cancellation.ThrowIfCancellationRequested();
        var head = view.Head.Position.Value;
        var size = at?.Value ?? head;
        return size >= least && size <= head
            ? size
            : throw new ArgumentOutOfRangeException(name, size, $"Positions from {least} to {head}, where the log ends, can be asked for here.");
    }
}
