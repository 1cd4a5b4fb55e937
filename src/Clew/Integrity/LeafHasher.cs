using Clew.Events;

namespace Clew.Integrity;

/// <summary>Makes the leaves of the Merkle tree of events, and the nodes above them.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class LeafHasher
{
    private readonly List<Digest> leaves = [];

    /// <summary>Takes an event whose record is sound.</summary>
    public void Add(ReadOnlySpan<byte> record) => leaves.Add(Merkle.Leaf(EventRecord.Envelope(record), PayloadOf(record)));

    /// <summary>Gives the leaves of the events that were taken, in their order, and forgets them.</summary>
    public void MoveTo(List<Digest> target)
    {
        target.AddRange(leaves);
        leaves.Clear();
    }

    /// <summary>The root of a full subtree.</summary>
    /// <param name="nodes">Its nodes of one level, a power of two of them; what they hold afterwards is of no use.</param>
    public static Digest Fold(Span<Digest> nodes)
    {
        for (var count = nodes.Length; count > 1; count /= 2)
        {
            for (var pair = 0; pair < count / 2; pair++)
                nodes[pair] = Merkle.Node(nodes[2 * pair], nodes[(2 * pair) + 1]);
        }

        return nodes[0];
    }

    // Of an erased event the digest is all that is left.
    private static Digest PayloadOf(ReadOnlySpan<byte> record)
    {
        var content = EventRecord.Content(record);
        return EventRecord.State(record) == EventRecord.StateErased ? Digest.From(content) : Digest.Of(content);
    }
}
