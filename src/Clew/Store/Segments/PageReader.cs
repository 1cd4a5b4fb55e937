using System.Runtime.ExceptionServices;
using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Reads the events of a query between two positions, page by page.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class PageReader : IPages
{
    private const int PageEvents = 512;
    private const int PageBytes = 1024 * 1024;
    private const int CandidatesMax = 256;

    private readonly LogView view;
    private readonly IndexParts parts;
    private readonly RecordReader records;
    private readonly CompiledQuery query;
    private readonly ReadDirection direction;
    private readonly long after;
    private readonly long upTo;
    private readonly long[] candidates = new long[CandidatesMax];
    private readonly List<RecordedEvent> chunk = new(CandidatesMax);
    private int candidateAt;
    private int candidateCount;
    private long left;
    private long target;
    private Cursor? cursor;
    private int partIndex;

    // While something among the candidates cannot be read: so that what comes before it can be.
    private bool isOneByOne;

    // To be told after the page before it, for what was left out of that would be missing in the next.
    private ExceptionDispatchInfo? unreadable;

    /// <param name="view">The log.</param>
    /// <param name="query">What is meant.</param>
    /// <param name="after">The position before the first that counts.</param>
    /// <param name="upTo">The last position that counts; durable.</param>
    /// <param name="direction">In which order.</param>
    /// <param name="limit">At most so many events.</param>
    public PageReader(LogView view, CompiledQuery query, long after, long upTo, ReadDirection direction, long? limit)
    {
        (this.view, this.query, this.after, this.upTo, this.direction) = (view, query, after, upTo, direction);
        parts = view.Parts;
        records = new(view, parts);
        left = limit ?? long.MaxValue;
        target = IsForwards ? after + 1 : upTo;
        IsDone = false;
        partIndex = after < upTo ? parts.IndexOf(target) : -1;
    }

    /// <inheritdoc/>
    public bool IsDone { get; private set; }

    private bool IsForwards => direction == ReadDirection.Forwards;

    /// <inheritdoc/>
    public async ValueTask<EventPage> NextAsync()
    {
        unreadable?.Throw();
        var events = new List<RecordedEvent>();
        var (bytes, batchEdge) = (0L, IsForwards ? 0L : long.MaxValue);
        while (left > 0)
        {
            if (candidateAt == candidateCount && !await FindCandidatesAsync())
                return Page(events, IsForwards ? upTo : after);

            var isFull = events.Count >= PageEvents || bytes >= PageBytes;
            if (isFull && IsBeyond(candidates[candidateAt], batchEdge))
                return Page(events, IsForwards ? Math.Min(batchEdge, upTo) : Math.Max(batchEdge - 1, after));

            try
            {
                await ReadChunkAsync(isFull ? batchEdge : null);
            }
            catch (Exception fault) when (IsUnreadable(fault))
            {
                if (!isOneByOne)
                {
                    isOneByOne = true;
                    continue;
                }

                RemoveBatchOf(candidates[candidateAt], events);
                if (events.Count == 0)
                    throw;
                unreadable = ExceptionDispatchInfo.Capture(fault);
                return Page(events, EdgeOfBatch(events[^1]) - (IsForwards ? 0 : 1));
            }

            foreach (var recorded in chunk)
            {
                if (!query.Matches(recorded.Record) || left == 0)
                    continue;

                events.Add(recorded);
                left--;
                bytes += recorded.Record.Length;
                batchEdge = EdgeOfBatch(recorded);
            }
        }

        return Page(events, IsForwards ? events[^1].Position.Value : events[^1].Position.Value - 1, isCut: true);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    /// <summary>Whether a fault is of the bytes on the disk, or that they are not there, and not of this program.</summary>
    public static bool IsUnreadable(Exception fault) => fault is StoreCorruptedException or DiskException or ArchiveNotAttachedException;

    private EventPage Page(List<RecordedEvent> events, long readTo, bool isCut = false)
    {
        var atHead = readTo == (IsForwards ? upTo : after) || after >= upTo;
        IsDone = atHead || isCut;
        return new(events, view.Lineage, new(readTo), atHead);
    }

    /// <summary>The last position, in the order of reading, of the batch that an event is of.</summary>
    private long EdgeOfBatch(RecordedEvent recorded) =>
        recorded.Position.Value - recorded.BatchIndex + (IsForwards ? recorded.BatchCount - 1 : 0);

    private void RemoveBatchOf(long damaged, List<RecordedEvent> events)
    {
        while (events.Count > 0 && !IsBeyond(damaged, EdgeOfBatch(events[^1])))
            events.RemoveAt(events.Count - 1);
    }

    private bool IsBeyond(long position, long edge) => IsForwards ? position > edge : position < edge;

    // Reads some of the candidates, in their order; none beyond the edge, where there is one.
    private async ValueTask ReadChunkAsync(long? edge)
    {
        chunk.Clear();
        var end = candidateAt + 1;
        while (!isOneByOne && end < candidateCount && (edge is null || !IsBeyond(candidates[end], edge.Value)))
            end++;

        if (IsForwards)
        {
            candidateAt += await records.ReadAsync(candidates.AsMemory(candidateAt..end), chunk);
            return;
        }

        var ascending = candidates.AsSpan(candidateAt..end).ToArray();
        ascending.AsSpan().Reverse();
        for (var read = 0; read < ascending.Length;)
            read += await records.ReadAsync(ascending.AsMemory(read), chunk);
        chunk.Reverse();
        candidateAt = end;
    }

    // A list in a file may be in another order than it was written in, with a right checksum: of a writer that was at fault, or a forger.
    private void CheckOrder(int found)
    {
        var before = IsForwards ? target - 1 : target + 1;
        foreach (var position in candidates.AsSpan(candidateCount, found))
        {
            if (!IsBeyond(position, before))
                throw parts[partIndex] is IndexFile file ? file.Damaged(0, $"position {position} is out of order in a list") : new InvalidOperationException("The index in memory is out of order.");

            before = position;
        }
    }

    /// <returns>False where none is left.</returns>
    private async ValueTask<bool> FindCandidatesAsync()
    {
        (candidateAt, candidateCount, isOneByOne) = (0, 0, false);
        while (partIndex >= 0 && partIndex < parts.Count && (IsForwards ? target <= upTo : target > after))
        {
            cursor ??= await Cursor.OverAsync(query, parts[partIndex], after, upTo, direction);
            var room = (int)Math.Min(left, candidates.Length) - candidateCount;
            var found = await cursor.FillAsync(target, candidates.AsMemory(candidateCount, room));
            CheckOrder(found);
            candidateCount += found;
            if (found < room)
            {
                target = IsForwards ? Math.Max(target, parts[partIndex].Last + 1) : Math.Min(target, parts[partIndex].First - 1);
                partIndex += IsForwards ? 1 : -1;
                cursor = null;
                continue;
            }

            target = candidates[candidateCount - 1] + (IsForwards ? 1 : -1);
            return true;
        }

        return candidateCount > 0;
    }
}
