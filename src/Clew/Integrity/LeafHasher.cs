using System.Runtime.InteropServices;
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

    private readonly Sha256Batch batch = new();
    private readonly Sha256Batch pairs = new();
    private readonly List<Digest> leaves = [];
    private readonly List<Taken> taken = [];
    private byte[] envelopes = new byte[TogetherBytes];
    private Digest[] digests = [];
    private int envelopeBytes;
    private int bytes;

    /// <summary>Takes an event whose record is sound.</summary>
    public void Add(ReadOnlySpan<byte> record)
    {
        var envelope = EventRecord.Envelope(record);
        if (envelopes.Length < envelopeBytes + envelope.Length)
            Array.Resize(ref envelopes, Math.Max(2 * envelopes.Length, envelopeBytes + envelope.Length));

        envelope.CopyTo(envelopes.AsSpan(envelopeBytes));
        taken.Add(new(envelopeBytes, envelope.Length, Known(record)));
        envelopeBytes += envelope.Length;
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
                Merkle.WriteNode(pairs.Add(Merkle.NodeBytes), nodes[2 * pair], nodes[(2 * pair) + 1]);
            pairs.Run(MemoryMarshal.AsBytes(nodes[..count]));
        }

        return nodes[0];
    }

    /// <returns>The digest of the content, where it is not one of those that are hashed together.</returns>
    private Digest? Known(ReadOnlySpan<byte> record)
    {
        // Of an erased event the digest is all that is left.
        var content = EventRecord.Content(record);
        if (EventRecord.State(record) == EventRecord.StateErased)
            return Digest.From(content);
        if (content.Length > AloneBytes)
            return Digest.Of(content);

        content.CopyTo(batch.Add(content.Length));
        return null;
    }

    private void Hash()
    {
        if (digests.Length < taken.Count)
            digests = new Digest[taken.Count];

        batch.Run(MemoryMarshal.AsBytes(digests.AsSpan()));
        var next = 0;
        foreach (var (start, length, known) in taken)
            Merkle.WriteLeaf(batch.Add(Merkle.LeafBytes(length)), envelopes.AsSpan(start, length), known ?? digests[next++]);

        var first = leaves.Count;
        CollectionsMarshal.SetCount(leaves, first + taken.Count);
        batch.Run(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(leaves)[first..]));
        taken.Clear();
        (envelopeBytes, bytes) = (0, 0);
    }

    /// <param name="Start">Where its envelope begins among those taken.</param>
    /// <param name="Length">The envelope's.</param>
    /// <param name="Content">The digest of its content, where it is known already.</param>
    private readonly record struct Taken(int Start, int Length, Digest? Content);
}
