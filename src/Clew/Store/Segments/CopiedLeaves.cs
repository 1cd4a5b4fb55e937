using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Clew.Events;
using Clew.Integrity;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

/// <summary>Makes nodes of the Merkle tree of the very bytes that are copied, beside the copying, so that nobody has to read them again.</summary>
/// <param name="view">The log that they are copied into.</param>
/// <param name="after">The last position that it has already.</param>
internal sealed class CopiedLeaves(LogView view, long after)
{
    /// <summary>So many portions wait to be hashed at most.</summary>
    private const int PortionsMax = 2;

    private readonly LeafHasher hasher = new();
    private readonly List<Digest> leaves = new(TreeFile.TileNodes);
    private readonly ConcurrentQueue<(long Tile, Digest Node)> made = [];
    private readonly Queue<(Task Hashed, byte[]? Rented)> underWay = new();
    private long tiles = (after + TreeFile.TileNodes - 1) / TreeFile.TileNodes;
    private long hashedTo = (after + TreeFile.TileNodes - 1) / TreeFile.TileNodes * TreeFile.TileNodes;

    /// <summary>Ends when all is hashed that was added.</summary>
    public Task Hashed { get; private set; } = Task.CompletedTask;

    /// <summary>Adds the next groups; what was hashed before is passed over.</summary>
    /// <param name="groups">Whole and sound; not to be changed before the portions behind it are added.</param>
    /// <param name="rented">The array of the shared pool that they lie in, which is given back; null where they lie in another one.</param>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> groups, byte[]? rented)
    {
        if (underWay.Count == PortionsMax)
            await TakeBackAsync();

        var before = Hashed;
        Hashed = view.Workers.Aside(async () =>
        {
            await before;
            Hash(groups.Span);
            return true;
        });
        underWay.Enqueue((Hashed, rented));
    }

    /// <summary>Has the tree of the log take the nodes over its events.</summary>
    /// <param name="position">The last event; hashed.</param>
    public void Offer(long position)
    {
        while (made.TryPeek(out var next) && (next.Tile + 1) * TreeFile.TileNodes <= position && made.TryDequeue(out next))
            view.CopiedTiles[next.Tile] = next.Node;
    }

    private async ValueTask TakeBackAsync()
    {
        var (hashed, rented) = underWay.Dequeue();
        await hashed;
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private void Hash(ReadOnlySpan<byte> groups)
    {
        while (!groups.IsEmpty)
        {
            var length = ReadInt32LittleEndian(groups[GroupHeader.LengthOffset..]);
            for (var rest = groups[GroupHeader.Bytes..length]; EventRecord.TryMeasure(rest, out var recordBytes); rest = rest[recordBytes..])
                Take(rest[..recordBytes]);
            groups = groups[length..];
        }

        hasher.MoveTo(leaves);
        for (; leaves.Count >= TreeFile.TileNodes; tiles++)
        {
            made.Enqueue((tiles, hasher.Fold(CollectionsMarshal.AsSpan(leaves)[..TreeFile.TileNodes])));
            leaves.RemoveRange(0, TreeFile.TileNodes);
        }
    }

    private void Take(ReadOnlySpan<byte> record)
    {
        var position = EventRecord.Position(record);
        if (position <= hashedTo)
            return;

        hashedTo = position;
        hasher.Add(record);
    }
}
