using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Clew.Events;
using Clew.Integrity;

namespace Clew.Tests.Integrity;

/// <summary>The Merkle tree as RFC 9162 defines it, by recursion over leaves that are made as docs/reference/format.md says.</summary>
internal sealed class NaiveTree(IReadOnlyList<Digest> leaves)
{
    // Stretches come again in the trees of other sizes.
    private readonly ConcurrentDictionary<(long First, long Count), Digest> known = [];

    public static NaiveTree Of(IEnumerable<RecordedEvent> events) => new([.. events.Select(LeafOf)]);

    public Digest Leaf(long index) => leaves[(int)index];

    public Digest Root(long size) => size == 0 ? Digest.From(SHA256.HashData([])) : Root(0, size);

    public Digest Root(long first, long count)
    {
        if (count == 1)
            return leaves[(int)first];

        if (!known.TryGetValue((first, count), out var root))
        {
            var half = 1L;
            while (half * 2 < count)
                half *= 2;
            known[(first, count)] = root = Hash([1, .. Root(first, half), .. Root(first + half, count - half)]);
        }

        return root;
    }

    public IReadOnlyList<Digest> Inclusion(long index, long size)
    {
        return Path(0, size);

        List<Digest> Path(long first, long count)
        {
            if (count == 1)
                return [];

            var half = 1L;
            while (half * 2 < count)
                half *= 2;
            return index < first + half
                ? [.. Path(first, half), Root(first + half, count - half)]
                : [.. Path(first + half, count - half), Root(first, half)];
        }
    }

    private static Digest LeafOf(RecordedEvent recorded)
    {
        var record = recorded.Record.ToArray();
        var length = BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(12));
        var envelope = record.AsSpan(12, length);
        var secret = 16 + BinaryPrimitives.ReadInt32LittleEndian(envelope[12..]) + BinaryPrimitives.ReadInt32LittleEndian(envelope[16..]);
        var payload = recorded.IsErased ? record.AsSpan(12 + length, 32).ToArray() : SHA256.HashData(record.AsSpan(12 + length, secret));
        return Hash([0, .. envelope, .. payload]);
    }

    private static Digest Hash(byte[] bytes) => Digest.From(SHA256.HashData(bytes));
}
