using Clew.Events;

namespace Clew.Store.Segments.Indexes;

/// <summary>
/// The index of the latest stretch of the log, in memory, within one segment. The writer adds events before they are durable; readers
/// bound what they ask for by the durable head.
/// </summary>
internal sealed class TailIndex(long first, int segment, KeyHasher hasher) : IIndexPart
{
    private readonly Lock gate = new();
    private readonly KeyTable streams = new();
    private readonly KeyTable tags = new();
    private readonly KeyTable types = new();
    private readonly IdTable ids = new(hasher);
    private readonly ChunkedList<uint> offsets = new();
    private readonly ChunkedList<int> typeOf = new();
    private Guid highestId;

    public long First => first;

    public long Last => first + Volatile.Read(ref count) - 1;

    public int Count => count;

    /// <summary>The segment that holds its events.</summary>
    public int Segment => segment;

    private int count;

    /// <summary>Adds the next event.</summary>
    /// <param name="record">Its record, placed.</param>
    /// <param name="hashes">Of its stream, its type, and its tags; the rest of the span is of others.</param>
    /// <param name="offset">Where its record begins in the segment.</param>
    /// <returns>How many of the hashes were its own.</returns>
    public int Add(ReadOnlySpan<byte> record, ReadOnlySpan<ulong> hashes, uint offset)
    {
        lock (gate)
        {
            var ordinal = count;
            var used = 2;
            streams.Add(hashes[0], EventRecord.Stream(record), ordinal, EventRecord.Version(record));
            typeOf.Add(types.Add(hashes[1], EventRecord.Type(record), ordinal));
            foreach (var tag in EventRecord.Tags(record))
                tags.Add(hashes[used++], tag, ordinal);

            var id = EventRecord.Id(record);
            ids.Add(id);
            if (id > highestId)
                highestId = id;
            offsets.Add(offset);
            Volatile.Write(ref count, ordinal + 1);
            return used;
        }
    }

    /// <summary>Takes the last event back, whose group could not be written.</summary>
    public void RemoveLast(ReadOnlySpan<byte> record)
    {
        lock (gate)
        {
            streams.RemoveLast(hasher.Of(EventRecord.Stream(record)), EventRecord.Stream(record));
            typeOf.RemoveLast();
            types.RemoveLast(hasher.Of(EventRecord.Type(record)), EventRecord.Type(record));
            RemoveTags(EventRecord.Tags(record));
            ids.RemoveLast();
            offsets.RemoveLast();
            Volatile.Write(ref count, count - 1);
        }
    }

    /// <summary>The version of a stream and its latest event, up to a position; null where the stretch has none of it.</summary>
    public (long Version, long Position)? FindStream(ulong hash, ReadOnlySpan<byte> name, long upTo)
    {
        lock (gate)
        {
            var chain = streams.ChainOf(hash, name, OrdinalOf(upTo));
            return chain.Count == 0 ? null : (chain.Version, first + chain.Ordinal);
        }
    }

    /// <returns>The position of the event with this id; 0 where the stretch has none up to the position.</returns>
    public long FindId(Guid id, long upTo)
    {
        lock (gate)
            return ids.Find(id) is var ordinal and >= 0 && ordinal <= OrdinalOf(upTo) ? first + ordinal : 0;
    }

    /// <summary>The first event of a batch whose id the stretch has, between two positions.</summary>
    /// <returns>Its index in the batch and its position; null where it has none.</returns>
    public (int Index, long Position)? FindIds(IReadOnlyList<EventData> batch, long after, long upTo)
    {
        lock (gate)
        {
            for (var index = 0; index < batch.Count; index++)
            {
                var id = batch[index].Id;
                if (id <= highestId && ids.Find(id) is var ordinal and >= 0 && first + ordinal > after && first + ordinal <= upTo)
                    return (index, first + ordinal);
            }

            return null;
        }
    }

    /// <returns>The latest event that matches, after one position and up to another; 0 where none does.</returns>
    public long LatestMatch(CompiledQuery query, long after, long upTo)
    {
        upTo = Math.Min(upTo, Last);
        after = Math.Max(after, first - 1);
        if (upTo <= after)
            return 0;
        if (query.IsEverything)
            return upTo;

        var latest = 0L;
        foreach (var item in query.Items)
            latest = Math.Max(latest, LatestMatch(item, Math.Max(after, latest), upTo));

        return latest;
    }

    public ValueTask<Postings> FindAsync(Name name, long after, long upTo)
    {
        var ordinals = ChainOf(name, upTo).After(OrdinalOf(after));
        return new(ordinals.Length == 0 ? Postings.None : new MemoryPostings(first, ordinals));
    }

    public ValueTask OffsetsAsync(long position, Memory<uint> target)
    {
        lock (gate)
            offsets.CopyTo((int)(position - first), target.Span);
        return default;
    }

    /// <summary>For the index file that is made of it once it grows no more.</summary>
    public (KeyTable Streams, KeyTable Tags, KeyTable Types, ChunkedList<Guid> Ids, ChunkedList<uint> Offsets) Content =>
        (streams, tags, types, ids.Ids, offsets);

    private long LatestMatch(CompiledQuery.Item item, long after, long upTo)
    {
        var latest = item.All.Count > 0 ? LatestWithAll(item, OrdinalOf(after), OrdinalOf(upTo)) : LatestWithAny(item, upTo);
        return latest > OrdinalOf(after) ? first + latest : 0;
    }

    private int LatestWithAny(CompiledQuery.Item item, long upTo)
    {
        var latest = -1;
        foreach (var name in item.Any)
            latest = Math.Max(latest, ChainOf(name, upTo).Ordinal);

        return latest;
    }

    // Chains of tags are walked, and of each event they agree on the type is looked up: many events share a type.
    private int LatestWithAll(CompiledQuery.Item item, int lowest, int target)
    {
        if (TypesOf(item) is not { } wanted)
            return -1;

        var all = new Chain[item.All.Count];
        for (var index = 0; index < all.Length; index++)
            all[index] = ChainOf(item.All[index], first + target);

        while (target > lowest)
        {
            var agreed = target;
            for (var index = 0; index < all.Length && agreed > lowest; index++)
            {
                all[index].SeekBack(agreed);
                agreed = all[index].Ordinal;
            }

            if (agreed == target && (wanted.Length == 0 || wanted.Contains(typeOf[agreed])))
                return agreed;
            target = agreed == target ? agreed - 1 : agreed;
        }

        return -1;
    }

    /// <returns>The item's types as this stretch counts them, none where any will do; null where it has none of them.</returns>
    private int[]? TypesOf(CompiledQuery.Item item)
    {
        if (item.Any.Count == 0)
            return [];

        lock (gate)
        {
            int[] known = [.. item.Any.Select(name => types.Find(name.Hash, name.Bytes)).Where(type => type >= 0)];
            return known.Length == 0 ? null : known;
        }
    }

    private Chain ChainOf(Name name, long upTo)
    {
        lock (gate)
        {
            var table = name.Kind switch
            {
                IndexKind.Stream => streams,
                IndexKind.Tag => tags,
                _ => types,
            };
            return table.ChainOf(name.Hash, name.Bytes, OrdinalOf(upTo));
        }
    }

    private int OrdinalOf(long position) => (int)Math.Clamp(position - first, -1, int.MaxValue);

    // In reverse, because a table takes back only its latest addition.
    private void RemoveTags(EventRecord.TagBytes rest)
    {
        if (!rest.MoveNext())
            return;

        var tag = rest.Current;
        RemoveTags(rest);
        tags.RemoveLast(hasher.Of(tag), tag);
    }
}
