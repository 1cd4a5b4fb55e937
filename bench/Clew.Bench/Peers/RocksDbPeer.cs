using System.Buffers.Binary;
using System.Text;
using Clew.Bench.Measuring;
using RocksDbSharp;

namespace Clew.Bench.Peers;

/// <summary>
/// RocksDB as an event store: one key by position, one by stream and version, written in one batch with a flushed log, grouped like
/// SQLite. The expected version is checked by looking the key up. No index of tags, types or ids.
/// </summary>
internal sealed class RocksDbPeer : IPeer
{
    private const byte ByPosition = 1;
    private const byte ByStream = 2;

    private readonly RocksDb db;
    private readonly WriteOptions flushed = new WriteOptions().SetSync(true);
    private readonly GroupWriter writer;
    private long last;

    public RocksDbPeer(string folder)
    {
        db = RocksDb.Open(new DbOptions().SetCreateIfMissing(), folder);
        using var head = db.NewIterator().SeekForPrev([ByPosition, 255]);
        last = head.Valid() && head.Key() is [ByPosition, .. var position] ? BinaryPrimitives.ReadInt64BigEndian(position) : 0;
        writer = new("rocksdb writer", Commit);
    }

    public ValueTask AppendAsync(Draft[] batch) => writer.AppendAsync(batch);

    public ValueTask<Tally> ReadAllAsync()
    {
        var tally = new Tally();
        using var iterator = db.NewIterator();
        for (iterator.Seek([ByPosition]); iterator.Valid() && iterator.GetKeySpan()[0] == ByPosition; iterator.Next())
            tally.Add(PlainRecord.Data(iterator.GetValueSpan()));

        return ValueTask.FromResult(tally);
    }

    public ValueTask<Tally> ReadStreamAsync(string stream)
    {
        var tally = new Tally();
        var prefix = StreamKey(stream, 0)[..^8];
        using var iterator = db.NewIterator();
        for (iterator.Seek(prefix); iterator.Valid() && iterator.GetKeySpan().StartsWith(prefix); iterator.Next())
            tally.Add(PlainRecord.Data(db.Get(iterator.Value())));

        return ValueTask.FromResult(tally);
    }

    public ValueTask DisposeAsync()
    {
        writer.Dispose();
        db.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Commit(IReadOnlyList<Draft[]> group)
    {
        using var batch = new WriteBatch();
        var recordedAt = DateTime.UtcNow.Ticks / TimeSpan.TicksPerMicrosecond;
        var inGroup = new HashSet<(string, long)>();
        foreach (var draft in group.SelectMany(drafts => drafts))
        {
            var byStream = StreamKey(draft.Stream, draft.Version + 1);
            if (!inGroup.Add((draft.Stream, draft.Version)) || db.Get(byStream) is not null)
                throw new InvalidOperationException("A stream was not at the version that the workload says it has.");

            var byPosition = PositionKey(++last);
            batch.Put(byPosition, PlainRecord.Of(draft, recordedAt).Span);
            batch.Put(byStream, byPosition);
        }

        db.Write(batch, flushed);
    }

    private static byte[] PositionKey(long position)
    {
        var key = new byte[9];
        key[0] = ByPosition;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), position);
        return key;
    }

    private static byte[] StreamKey(string stream, long version)
    {
        var key = new byte[1 + stream.Length + 1 + 8];
        key[0] = ByStream;
        var length = Encoding.ASCII.GetBytes(stream, key.AsSpan(1));
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1 + length + 1), version);
        return key;
    }
}
