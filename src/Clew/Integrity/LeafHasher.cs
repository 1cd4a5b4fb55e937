using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Clew.Events;

namespace Clew.Integrity;

/// <summary>Makes the leaves of the Merkle tree of events, many at a time, and the nodes above them.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class LeafHasher
{
    /// <summary>So much is hashed together; more is no longer in the processor's cache.</summary>
    private const int TogetherBytes = 256 * 1024;

    /// <summary>A longer content is hashed at once: nothing is gained by its company.</summary>
    private const int AloneBytes = 2 * 1024;

    private readonly Sha256Batch contents = new();
    private readonly Sha256Batch events = new();
    private readonly Sha256Batch pairs = new();
    private readonly List<Digest> leaves = [];

    // Which of the events waits for the digest of the first content, of the second, and so on.
    private readonly List<int> waiting = [];
    private Digest[] digests = [];
    private int bytes;

    /// <summary>Takes an event whose record is sound.</summary>
    public void Add(ReadOnlySpan<byte> record)
    {
        var envelope = EventRecord.Envelope(record);
        var leaf = events.Add(Merkle.LeafBytes(envelope.Length));
        Merkle.WriteLeaf(leaf, envelope);
        AddContent(EventRecord.Content(record), leaf[^Digest.Bytes..], EventRecord.State(record));
        bytes += record.Length;
        if (bytes >= TogetherBytes)
            Hash();
    }

    /// <summary>Gives the leaves of the events that were taken, in their order, and forgets them.</summary>
    public void MoveTo(List<Digest> target)
    {
        Hash();
        target.AddRange(leaves);
        leaves.Clear();
    }

    /// <summary>The root of a full subtree.</summary>
    /// <param name="nodes">Its nodes of one level, a power of two of them; what they hold afterwards is of no use.</param>
    public Digest Fold(Span<Digest> nodes)
    {
        for (var count = nodes.Length / 2; count > 0; count /= 2)
        {
            for (var pair = 0; pair < count; pair++)
                Merkle.WriteNode(pairs.Add(Merkle.NodeBytes), nodes.Slice(2 * pair, 2));
            pairs.Run(MemoryMarshal.AsBytes(nodes[..count]));
        }

        return nodes[0];
    }

    private void AddContent(ReadOnlySpan<byte> content, Span<byte> digest, uint state)
    {
        // Of an erased event the digest is all that is left.
        if (state == EventRecord.StateErased)
        {
            content.CopyTo(digest);
        }
        else if (content.Length > AloneBytes)
        {
            SHA256.HashData(content, digest);
        }
        else
        {
            content.CopyTo(contents.Add(content.Length));
            waiting.Add(events.Count - 1);
        }
    }

    private void Hash()
    {
        if (digests.Length < waiting.Count)
            digests = new Digest[waiting.Count];

        contents.Run(MemoryMarshal.AsBytes(digests.AsSpan()));
        for (var index = 0; index < waiting.Count; index++)
            digests[index].CopyTo(events[waiting[index]][^Digest.Bytes..]);

        var first = leaves.Count;
        CollectionsMarshal.SetCount(leaves, first + events.Count);
        events.Run(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(leaves)[first..]));
        waiting.Clear();
        bytes = 0;
    }
}
