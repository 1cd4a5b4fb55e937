using System.Buffers.Binary;
using System.Text;
using Clew.Events;
using Clew.Store.Segments;
using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Indexes;

/// <summary>
/// A stretch of a log in plain lists, and as each kind of index. Its key is chosen so that many of its names share a hash: where the last
/// eight of sixteen bytes are the low half of the key, the hash forgets the first eight.
/// </summary>
internal sealed class IndexedLog
{
    private const string Forgotten = "collided";
    private const int RecordBytes = 128;

    private static readonly string[] StreamNames = ["a", "b", "rare-one", "first-1-collided", "other-2-collided", "third-3-collided", "東"];
    private static readonly string[] TypeNames = ["x", "y", "type-1--collided", "type-2--collided"];
    private static readonly string[] TagNames = ["k:1", "k:2", "t:1", "k:1-----collided", "k:2-----collided", "long:" + new string('x', 100)];

    public static readonly KeyHasher Hasher =
        new(new UInt128(0x0123456789ABCDEF, BinaryPrimitives.ReadUInt64LittleEndian(Encoding.ASCII.GetBytes(Forgotten))));

    private static readonly Gen<StreamName> Stream = Gen.OneOf(StreamNames).Select(name => new StreamName(name));
    private static readonly Gen<EventType> Type = Gen.OneOf(TypeNames).Select(name => new EventType(name));
    private static readonly Gen<Tag> Tag = Gen.OneOf(TagNames).Select(name => new Tag(name));

    /// <summary>Few ids of those that share a hash, so that they come again, and many others.</summary>
    private static readonly Gen<Guid> Id = Gen.Frequency((5, Gen.Guid), (1, Gen.Int[0, 5].Select(ColludingId)));

    private static readonly Gen<EventData> Data = Gen.Select(
        Stream, Type, Tag.HashSet[0, 4], Id, (stream, type, tags, id) => new EventData(stream, type, default) { Tags = [.. tags], Id = id });

    /// <summary>Up to some hundred events that begin anywhere in a log.</summary>
    public static readonly Gen<IndexedLog> Any = Gen.Select(
        Gen.Frequency((1, Gen.Const(1L)), (2, Gen.Long[1, 1L << 40])), Data.Array[1, 200], (first, events) => new IndexedLog(first, events));

    private static readonly Gen<QueryItem> Item = Gen.Select(Type.HashSet[0, 3], Tag.HashSet[0, 3])
        .Where((types, tags) => types.Count + tags.Count > 0)
        .Select((types, tags) => new QueryItem { Types = [.. types], Tags = [.. tags] });

    public static readonly Gen<CompiledQuery> AnyQuery = Gen.Frequency(
        (1, Gen.Const(CompiledQuery.Of(Query.All, Hasher))),
        (2, Stream.Select(name => CompiledQuery.OfStream(name, Hasher))),
        (9, Item.Array[1, 4].Select(items => CompiledQuery.Of(Query.Of(items), Hasher))));

    private readonly List<byte[]> records = [];

    // Where in the log that it was cut out of its first event is.
    private readonly int start;

    /// <summary>So many events, every fifth of which is the only one of its stream.</summary>
    public static IndexedLog Large(int events) => new(1, [.. Enumerable.Range(0, events).Select(number => new EventData(
        number % 5 == 0 ? $"stream-{number}" : $"stream-{number % 5}", $"type-{number % 3}", default)
        {
            Tags = [new Tag("k", $"{number % 7}")],
            Id = new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        })]);

    private IndexedLog(long first, IReadOnlyList<EventData> events)
    {
        First = first;
        Tail = new(first, segment: 1, Hasher);
        var versions = new Dictionary<StreamName, long>();
        foreach (var data in events)
            Add(data, versions[data.Stream] = versions.GetValueOrDefault(data.Stream, 100) + 1);
    }

    public long First { get; }

    public long Last => First + records.Count - 1;

    public TailIndex Tail { get; }

    /// <summary>The records, from the first position on.</summary>
    public IReadOnlyList<byte[]> Records => records;

    /// <summary>All names that some event may carry, and some that none does; one of these shares its hash with others.</summary>
    public static IEnumerable<Name> Names { get; } =
    [
        .. StreamNames.Concat(["never", "fourth-4collided"]).Select(name => CompiledQuery.Compile(IndexKind.Stream, name, Hasher)),
        .. TypeNames.Append("never").Select(name => CompiledQuery.Compile(IndexKind.Type, name, Hasher)),
        .. TagNames.Concat(["k:never", "k:3-----collided"]).Select(name => CompiledQuery.Compile(IndexKind.Tag, name, Hasher)),
    ];

    public static Guid ColludingId(int number) => new([.. "id-----"u8, (byte)('0' + number), .. Encoding.ASCII.GetBytes(Forgotten)], bigEndian: true);

    public IEnumerable<long> Positions => Enumerable.Range(0, records.Count).Select(ordinal => First + ordinal);

    public byte[] At(long position) => records[(int)(position - First)];

    /// <summary>The events that carry a name.</summary>
    public long[] With(Name name) => [.. Positions.Where(position => Carries(At(position), name))];

    /// <summary>The events that carry any name of a kind with a hash, as an index file tells them: twice where two of their tags share it.</summary>
    public long[] WithHash(IndexKind kind, ulong hash) =>
        [.. Positions.SelectMany(position => HashesOf(At(position), kind).Where(one => one == hash).Select(_ => position))];

    public LogPoint End => new(1, (int)OffsetOf(start + records.Count), 7, Last, 9, default);

    public static uint OffsetOf(long ordinal) => (uint)(SegmentHeader.Bytes + (ordinal * RecordBytes));

    public TailSource Source => new(Tail, End, Hasher);

    /// <summary>The same stretch cut into logs of some lengths, each with an index of its own.</summary>
    public IEnumerable<IndexedLog> Cut(IReadOnlyList<int> lengths)
    {
        var (start, turn) = (0, 0);
        while (start < records.Count)
        {
            var length = Math.Min(records.Count - start, lengths[turn++ % lengths.Count]);
            yield return new(this, start, length);
            start += length;
        }
    }

    /// <summary>Takes the last events back, as after a group that found no space.</summary>
    public void RemoveLast(int count)
    {
        for (; count > 0; count--)
        {
            Tail.RemoveLast(records[^1]);
            records.RemoveAt(records.Count - 1);
        }
    }

    public void AddAgain(IndexedLog other)
    {
        foreach (var record in other.records)
        {
            var stream = EventRecord.Stream(record).ToArray();
            var versions = records.Where(one => EventRecord.Stream(one).SequenceEqual(stream)).Select(one => EventRecord.Version(one));
            Add(DataOf(record), versions.LastOrDefault(100) + 1);
        }
    }

    public static IEnumerable<ulong> HashesOf(byte[] record, IndexKind kind)
    {
        if (kind == IndexKind.Id)
            return [Hasher.Of(EventRecord.Id(record))];

        var hashes = new List<ulong>();
        Hasher.Collect(record, hashes);
        return kind switch
        {
            IndexKind.Stream => hashes[..1],
            IndexKind.Type => hashes[1..2],
            _ => hashes[2..],
        };
    }

    private IndexedLog(IndexedLog whole, int start, int length)
    {
        this.start = start;
        First = whole.First + start;
        Tail = new(First, segment: 1, Hasher);
        for (var ordinal = start; ordinal < start + length; ordinal++)
            Take(whole.records[ordinal], OffsetOf(ordinal));
    }

    private void Add(EventData data, long version)
    {
        var record = new byte[EventRecord.BytesOf(data)];
        EventRecord.Write(record, data, 0, 1, new byte[EventRecord.SaltBytes]);
        EventRecord.Place(record, First + records.Count, version, recordedAt: 0, seed: 0);
        Take(record, OffsetOf(records.Count));
    }

    private void Take(byte[] record, uint offset)
    {
        var hashes = new List<ulong>();
        Hasher.Collect(record, hashes);
        // What follows is another event's, and must be left alone.
        Assert.Equal(hashes.Count, Tail.Add(record, [.. hashes, 1, 2, 3], offset));
        records.Add(record);
    }

    private static bool Carries(byte[] record, Name name)
    {
        var recorded = new RecordedEvent(record, 0, record.Length);
        var text = Encoding.UTF8.GetString(name.Bytes);
        return name.Kind switch
        {
            IndexKind.Stream => recorded.Stream.Value == text,
            IndexKind.Type => recorded.Type.Value == text,
            _ => recorded.Tags.Any(tag => tag.Text == text),
        };
    }

    private static EventData DataOf(byte[] record)
    {
        var recorded = new RecordedEvent(record, 0, record.Length);
        return new(recorded.Stream, recorded.Type, default) { Tags = recorded.Tags, Id = recorded.Id };
    }
}
