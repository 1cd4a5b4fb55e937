using System.Runtime.InteropServices;
using Clew.Events;
using Clew.Store;

namespace Clew.Cli.Import;

/// <summary>Events that are appended together, and the versions that their streams have before them.</summary>
internal sealed record ImportBatch(IReadOnlyList<EventData> Events, IReadOnlyList<StreamAt> Before)
{
    /// <summary>From so many events on, a batch ends where the stream changes.</summary>
    public const int EventsAimed = 512;

    /// <summary>At so many it ends in any case; no more streams than a batch may have conditions.</summary>
    public const int EventsMax = AppendBatch.ConditionsMax;

    /// <summary>And at so many bytes.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    /// <summary>Forms batches; the same events always form the same batches.</summary>
    public static IEnumerable<ImportBatch> Form(IEnumerable<SourceEvent> events)
    {
        var versions = new Dictionary<StreamName, long>();
        var lastTold = new Dictionary<StreamName, long>();
        var pending = new List<EventData>(EventsAimed);
        var before = new Dictionary<StreamName, StreamVersion>();
        var ids = new HashSet<Guid>();
        var bytes = 0L;
        foreach (var (data, bringsId, line, told) in events)
        {
            var size = EventLimits.EncodedBytesOf(data);
            if (size > EventLimits.EventBytesMax)
                throw InputException.AtLine(line, $"the event takes more than {EventLimits.EventBytesMax:N0} bytes; keep large content elsewhere.");
            if (pending.Count > 0 && IsFull(pending, bytes + size, data.Stream))
            {
                yield return Close();
                bytes = 0;
            }

            if (bringsId && !ids.Add(data.Id))
                throw InputException.AtLine(line, $"the event id {data.Id} comes a second time; an id belongs to one event.");

            if (told is { } one)
                CheckOrder(lastTold, data.Stream, one, line);

            ref var version = ref CollectionsMarshal.GetValueRefOrAddDefault(versions, data.Stream, out _);
            before.TryAdd(data.Stream, new(version));
            pending.Add(bringsId ? data : data with { Id = ContentId.Of(data, version) });
            version++;
            bytes += size;
        }

        if (pending.Count > 0)
            yield return Close();

        ImportBatch Close()
        {
            var batch = new ImportBatch([.. pending], [.. before.Select(stream => new StreamAt(stream.Key, stream.Value))]);
            pending.Clear();
            ids.Clear();
            before.Clear();
            return batch;
        }
    }

    // What begins in the middle, or runs backwards, would silently become another history.
    private static void CheckOrder(Dictionary<StreamName, long> lastTold, StreamName stream, long told, long line)
    {
        ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(lastTold, stream, out var isKnown);
        if (!isKnown && told != 1)
            throw InputException.AtLine(line, $"the stream {stream} begins at version {told} here; a stream can be imported from its version 1 only.");
        if (told <= last)
            throw InputException.AtLine(line, $"version {told} of the stream {stream} comes after its version {last}; events are imported in the order of the log.");
        last = told;
    }

    // A batch that ends with its last stream leaves the next one nothing to wait for.
    private static bool IsFull(List<EventData> pending, long bytes, StreamName next) =>
        bytes > BytesMax
        || pending.Count >= EventsMax
        || (pending.Count >= EventsAimed && pending[^1].Stream != next);
}
