using System.Runtime.InteropServices;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>
/// Follows the log and writes the nodes of its Merkle tree into the file TREE, off the path of appends. It may lag, and it may fail: what is
/// not there is computed from the events by whoever needs it.
/// </summary>
internal sealed class TreeLoop(LogView view, Surroundings surroundings) : IDisposable
{
    /// <summary>So long it lets events come together, so that a log that grows all the time is not looked at for each of them.</summary>
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(10);

    /// <summary>So many level-1 nodes are written at once: the events of 64 tiles.</summary>
    private const int PortionTiles = 64;

    private readonly CancellationTokenSource stopping = new();
    private readonly LeafHasher hasher = new();
    private readonly HeadWaiters waiters = new();
    private long filedTo;
    private volatile bool hasFailed;

    /// <summary>The last position whose events have their nodes in the file.</summary>
    public long FiledTo => Volatile.Read(ref filedTo);

    /// <summary>Ends once all whole tiles up to a position are in the file, or the loop ends, or cannot go on just now.</summary>
    public async ValueTask FiledAsync(long position, CancellationToken cancellation)
    {
        while (FiledTo <= position - TreeFile.TileNodes && !hasFailed && !stopping.IsCancellationRequested)
            await waiters.WaitAsync(() => FiledTo > position - TreeFile.TileNodes || hasFailed, cancellation);
    }

    public async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using var writer = await TreeWriter.OpenAsync(view, surroundings.Disk, hasher);
                await FollowAsync(writer);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception fault) when (PageReader.IsUnreadable(fault))
            {
                // A full or failing disk is told to those who append or read; the tree can wait.
                hasFailed = true;
                waiters.Moved();
            }

            await WaitAsync(TryAgainAfter);
        }
    }

    public void Stop()
    {
        stopping.Cancel();
        waiters.Close();
    }

    /// <summary>After the loop has ended.</summary>
    public void Dispose() => stopping.Dispose();

    private async ValueTask FollowAsync(TreeWriter writer)
    {
        while (true)
        {
            Volatile.Write(ref filedTo, writer.Events);
            hasFailed = false;
            waiters.Moved();
            var whole = view.Head.Position.Value / TreeFile.TileNodes;
            if (whole > writer.Tiles)
            {
                stopping.Token.ThrowIfCancellationRequested();
                await writer.AddAsync(Math.Min(whole, writer.Tiles + PortionTiles));
                continue;
            }

            await view.Waiters.WaitAsync(() => view.Head.Position.Value / TreeFile.TileNodes > writer.Tiles, stopping.Token);
            await Task.Delay(GatherFor, surroundings.Time, stopping.Token);
        }
    }

    private async ValueTask WaitAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, surroundings.Time, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The store closes.
        }
    }
}

/// <summary>The end of the file TREE.</summary>
internal sealed class TreeWriter : IDisposable
{
    private readonly LogView view;
    private readonly TreeFile file;
    private readonly LeafHasher hasher;

    /// <summary>More than a log can have: 256 to this power are more events than there are positions.</summary>
    private const int LevelsMax = 8;

    // Of each level from 1, the nodes that have none above them yet.
    private readonly List<List<Digest>> open = [];

    private TreeWriter(LogView view, TreeFile file, LeafHasher hasher) => (this.view, this.file, this.hasher) = (view, file, hasher);

    /// <summary>How many nodes of level 1 it has.</summary>
    public long Tiles { get; private set; }

    /// <summary>How many events are below them.</summary>
    public long Events => Tiles * TreeFile.TileNodes;

    /// <summary>Opens the file where it is sound and of this log, and makes it anew otherwise.</summary>
    public static async ValueTask<TreeWriter> OpenAsync(LogView view, IDisk disk, LeafHasher hasher)
    {
        var logId = view.Lineage.LogId;
        if (await TreeFile.TryOpenAsync(disk, logId, FileUse.Write) is not { } file)
            return new(view, await TreeFile.CreateAsync(disk, logId), hasher);

        var writer = new TreeWriter(view, file, hasher);
        if (await writer.LoadAsync())
            return writer;

        writer.Dispose();
        return new(view, await TreeFile.CreateAsync(disk, logId), hasher);
    }

    /// <summary>Goes on to a number of level-1 nodes, whose events are durable.</summary>
    public async ValueTask AddAsync(long tiles)
    {
        var (entry, entries) = (TreeFile.EntryOf(1, Tiles), new List<Digest>());
        var first = Tiles;
        while (first < tiles && view.CopiedTiles.TryRemove(first, out var copied))
        {
            Add(1, copied, entries);
            first++;
        }

        // What was copied behind them need not be read.
        tiles = Enumerable.Range(0, (int)(tiles - first)).Select(more => first + more).FirstOrDefault(view.CopiedTiles.ContainsKey, tiles);
        if (first < tiles)
        {
            var leaves = new List<Digest>((int)(tiles - first) * TreeFile.TileNodes);
            await new LeafReader(view, hasher).ReadAsync(first * TreeFile.TileNodes, tiles * TreeFile.TileNodes, leaves);
            for (var leaf = 0; leaf < leaves.Count; leaf += TreeFile.TileNodes)
                Add(1, hasher.Fold(CollectionsMarshal.AsSpan(leaves).Slice(leaf, TreeFile.TileNodes)), entries);
        }

        await file.WriteAsync(entry, entries);
        Tiles = tiles;
    }

    public void Dispose() => file.Dispose();

    private void Add(int level, Digest node, List<Digest> entries)
    {
        if (open.Count < level)
            open.Add([]);

        entries.Add(node);
        var nodes = open[level - 1];
        nodes.Add(node);
        if (nodes.Count < TreeFile.TileNodes)
            return;

        var above = hasher.Fold(CollectionsMarshal.AsSpan(nodes));
        nodes.Clear();
        Add(level + 1, above, entries);
    }

    /// <summary>Finds out how far the file goes: up to the first entry that is not sound, and no further than the log.</summary>
    /// <returns>False where it is of another course of this log.</returns>
    private async ValueTask<bool> LoadAsync()
    {
        var whole = Math.Min(view.Head.Position.Value / TreeFile.TileNodes, await file.EntriesAsync());
        var entries = new Digest?[TreeFile.TileNodes + LevelsMax];
        while (Tiles < whole)
        {
            var first = TreeFile.EntryOf(1, Tiles);
            await file.ReadAsync(first, entries);
            var count = (int)Math.Min(TreeFile.TileNodes, whole - Tiles);
            for (var index = 0; index < count; index++)
            {
                if (entries[index] is not { } node)
                    return Tiles == 0 || await IsOfThisLogAsync();

                var added = new List<Digest>();
                Add(1, node, added);
                Tiles++;

                // The last node of a tile may have got to the disk without those above it.
                if (added.Count > 1)
                    await file.WriteAsync(first + index, added);
            }
        }

        return Tiles == 0 || await IsOfThisLogAsync();
    }

    // The segments may have been brought back from a backup without this file.
    private async ValueTask<bool> IsOfThisLogAsync()
    {
        var stored = new Digest?[1];
        await file.ReadAsync(TreeFile.EntryOf(1, Tiles - 1), stored);
        var computed = await new TreeReading(view, file: null, Events).RootAsync(new(Events - TreeFile.TileNodes, TreeFile.TileNodes));
        return stored[0] == computed;
    }
}
