namespace Clew.Store.Segments;

/// <summary>The segment files of a log, in order, and their open handles, of which it keeps a limited number.</summary>
internal sealed class SegmentSet(IDisk disk) : IDisposable
{
    private const int HandlesMax = 128;

    private readonly Lock gate = new();
    private readonly Dictionary<int, IDiskFile> handles = [];
    private readonly Queue<int> opened = new();
    private volatile SegmentHeader[] headers = [];

    public IReadOnlyList<SegmentHeader> Headers => headers;

    public SegmentHeader Last => headers[^1];

    public void Add(SegmentHeader header)
    {
        Invariant.Holds(headers.Length == 0 || header.Number == headers[^1].Number + 1);
        headers = [.. headers, header];
    }

    /// <summary>Has a segment read from the file that has its name by now: one that begins with the same groups, and has more.</summary>
    public void Replace(SegmentHeader header)
    {
        var index = header.Number - headers[0].Number;
        headers = [.. headers[..index], header, .. headers[(index + 1)..]];
        lock (gate)
        {
            if (handles.Remove(header.Number, out var old))
                old.Dispose();
        }
    }

    /// <summary>The segment that holds a position, or would hold it next.</summary>
    public SegmentHeader Of(long position)
    {
        var all = headers;
        var (low, high) = (0, all.Length - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (all[middle].FirstPosition <= position)
                low = middle;
            else
                high = middle - 1;
        }

        return all[low];
    }

    /// <summary>The segment with this number.</summary>
    public SegmentHeader Numbered(int number) => headers[number - headers[0].Number];

    /// <summary>The first position of the segment after this one; beyond every position where it is the last.</summary>
    public long FirstAfter(SegmentHeader header)
    {
        var all = headers;
        var next = header.Number - all[0].Number + 1;
        return next < all.Length ? all[next].FirstPosition : long.MaxValue;
    }

    public async ValueTask<int> ReadAsync(SegmentHeader header, Memory<byte> target, long offset)
    {
        while (true)
        {
            var file = Held(header.Number) ?? await OpenAsync(header);
            try
            {
                return await file.ReadAsync(target, offset);
            }
            catch (ObjectDisposedException) when (Held(header.Number) != file)
            {
                // Another reader needed the room for a handle of its own.
            }
        }
    }

    /// <summary>The journal of the erasure that is under way, or was cut short; null where there is none.</summary>
    public ValueTask<ErasureJournal?> ErasingAsync() => ErasureJournal.ReadAsync(disk, Last.LogId);

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var file in handles.Values)
                file.Dispose();
        }
    }

    private IDiskFile? Held(int number)
    {
        lock (gate)
            return handles.GetValueOrDefault(number);
    }

    private async ValueTask<IDiskFile> OpenAsync(SegmentHeader header)
    {
        while (true)
        {
            var known = headers;
            var file = await disk.OpenAsync(header.FileName, FileUse.Read);
            if (Keep(header, file, known) is { } kept)
                return kept;

            // Another file may have this name by now.
            file.Dispose();
        }
    }

    private IDiskFile? Keep(SegmentHeader header, IDiskFile file, SegmentHeader[] known)
    {
        lock (gate)
        {
            if (handles.TryGetValue(header.Number, out var held))
            {
                file.Dispose();
                return held;
            }

            if (known != headers)
                return null;

            handles.Add(header.Number, file);
            opened.Enqueue(header.Number);
            if (opened.Count > HandlesMax && handles.Remove(opened.Dequeue(), out var oldest))
                oldest.Dispose();

            return file;
        }
    }
}
