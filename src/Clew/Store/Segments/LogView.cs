using System.Collections.Concurrent;
using Clew.Events;
using Clew.Integrity;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>What readers see of a log: its segments, its indexes, and how far it is durable.</summary>
internal sealed class LogView(StoreHeader store, SegmentSet segments, SegmentStoreOptions options, IWorkers workers)
{
    private readonly Lock gate = new();
    private volatile IndexParts parts = new([], []);
    private volatile LogHead head = new(store.Lineage, default, null);
    private volatile EventCache events = new(options.EventCacheBytesMax);
    private volatile bool isClosed;

    public Lineage Lineage => store.Lineage;

    /// <summary>What keys the hashes in its index files.</summary>
    public UInt128 IndexKey => store.IndexKey;

    public KeyHasher Hasher { get; } = new(store.IndexKey);

    public SegmentSet Segments => segments;

    public EventCache Events => events;

    public HeadWaiters Waiters { get; } = new();

    /// <summary>Nodes of the Merkle tree over 256 events each, by their numbers from 0, that were made of events while these were copied.</summary>
    public ConcurrentDictionary<long, Digest> CopiedTiles { get; } = [];

    public IWorkers Workers => workers;

    /// <summary>How many events are read aside at a time.</summary>
    public int PortionEvents => options.PortionEvents;

    /// <summary>After how many bytes an index file that is being written is flushed.</summary>
    public int IndexFlushBytes => options.IndexFlushBytes;

    /// <summary>Within how many of the latest events a repeated id is recognised.</summary>
    public int WindowEvents => options.WindowEvents;

    /// <summary>Take the head first and the parts after it: parts always cover the heads before them.</summary>
    public LogHead Head => head;

    public IndexParts Parts => parts;

    public bool IsClosed => isClosed;

    public void Change(Func<IndexParts, IndexParts> change)
    {
        lock (gate)
            parts = change(parts);
    }

    /// <summary>The same log, to be indexed anew behind some of its index files.</summary>
    public LogView With(IReadOnlyList<IndexFile> files) => new(store, segments, options, workers) { parts = new(files, []) };

    public void Publish(LogPoint point)
    {
        head = new(Lineage, new(point.Position), point.Position == 0 ? null : UnixMicroseconds.ToTime(point.RecordedAt));
        Waiters.Moved();
    }

    /// <summary>Why the log goes no further, where it does not.</summary>
    public StoreException? Failure { get; private set; }

    /// <summary>Tells those who wait that nothing more will come, and why.</summary>
    public void Fail(StoreException failure)
    {
        Failure = failure;
        Waiters.Moved();
    }

    /// <summary>
    /// Forgets the events that are kept in memory, and the files that were open: one of them may have been moved away since. Who read an event before
    /// keeps it in a cache that nobody asks any more.
    /// </summary>
    public void ForgetEvents()
    {
        segments.CloseFiles();
        events = new(options.EventCacheBytesMax);
    }

    /// <summary>Forgets them, and keeps none until they are forgotten once more.</summary>
    public void KeepNoEvents() => events = new(bytesMax: 0);

    public void Close()
    {
        isClosed = true;
        Waiters.Close();
    }
}

/// <summary>The index of the whole log: files for what is old, tails for what is new, in order and without gaps.</summary>
internal sealed record IndexParts(IReadOnlyList<IndexFile> Files, IReadOnlyList<TailIndex> Tails)
{
    /// <summary>The last position that index files cover.</summary>
    public long FiledTo => Files.Count == 0 ? 0 : Files[^1].Last;

    public int Count => Files.Count + Tails.Count;

    public IIndexPart this[int index] => index < Files.Count ? Files[index] : Tails[index - Files.Count];

    /// <summary>Which part covers a position.</summary>
    public int IndexOf(long position)
    {
        var (low, high) = (0, Count - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (this[middle].First <= position)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }
}
