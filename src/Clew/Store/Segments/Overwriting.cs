using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// Does to the files what the record of an erasure says: overwrites the content of events where it lies. Done again it does the same, also
/// where the first time was cut short. It writes only into events that are durable, and so never where the log grows.
/// </summary>
internal static class Overwriting
{
    /// <summary>Overwrites events, flushes their segments, and forgets what is kept of them in memory.</summary>
    /// <remarks>
    /// The event that says so must be durable, and where the events are seen by anybody meanwhile, the journal too. After a fault any of them
    /// may be overwritten, in part or not at all.
    /// </remarks>
    /// <param name="view">The log.</param>
    /// <param name="events">In the order of the log.</param>
    /// <exception cref="StoreCorruptedException">One of them is not there, or holds other content than was erased.</exception>
    public static async ValueTask ApplyAsync(LogView view, IReadOnlyList<ErasedEvent> events)
    {
        foreach (var together in events.GroupBy(erased => view.Segments.Of(erased.Position)))
        {
            var (segment, changes) = (together.Key, new List<SegmentChange>());
            foreach (var erased in together)
                changes.AddRange(await ChangesAsync(ReadAsync, segment, await OffsetAsync(view, erased.Position), erased));

            await view.Segments.OverwriteAsync(segment, changes);

            ValueTask<int> ReadAsync(Memory<byte> target, long offset) => view.Segments.ReadAsync(segment, target, offset);
        }

        view.ForgetEvents();
    }

    /// <summary>Makes sure that all of the segments can be written in which events lie: an archive may not be attached.</summary>
    public static async ValueTask CheckAsync(LogView view, IReadOnlyList<ErasedEvent> events)
    {
        foreach (var segment in events.Select(erased => view.Segments.Of(erased.Position)).Distinct())
            await view.Segments.CheckWritableAsync(segment);
    }

    /// <summary>Those of some erased events whose content is still there.</summary>
    public static async ValueTask<IReadOnlyList<ErasedEvent>> PresentAsync(LogView view, IReadOnlyList<ErasedEvent> events)
    {
        var (reader, present) = (new RecordReader(view, view.Parts), new List<ErasedEvent>());
        foreach (var erased in events)
        {
            if (!(await reader.ReadAsync(erased.Position)).IsErased)
                present.Add(erased);
        }

        return present;
    }

    /// <summary>Overwrites an event in a file that holds its segment.</summary>
    /// <exception cref="StoreCorruptedException">Another event is there, or other content than was erased.</exception>
    public static async ValueTask OverwriteAsync(IDiskFile file, SegmentHeader segment, uint offset, ErasedEvent erased)
    {
        foreach (var change in await ChangesAsync(file.ReadAsync, segment, offset, erased))
            await file.WriteAsync(change.Bytes, change.Offset);
    }

    private static async ValueTask<uint> OffsetAsync(LogView view, long position)
    {
        var offset = new uint[1];
        var parts = view.Parts;
        await parts[parts.IndexOf(position)].OffsetsAsync(position, offset);
        return offset[0];
    }

    private static async ValueTask<SegmentChange[]> ChangesAsync(Read read, SegmentHeader segment, uint offset, ErasedEvent erased)
    {
        var record = await RecordAsync(read, offset);
        if (record is null || !TryErase(record, segment.Seed, erased))
        {
            throw StoreFolder.Damaged(
                segment.FileName, offset, $"event {erased.Position}, which is being erased, is not as it was written",
                "Run \"clew verify\" to see how much is damaged, and restore the file from a backup.", erased.Position);
        }

        var (start, length) = EventRecord.PayloadPlace(record);
        return
        [
            new(offset + EventRecord.MutableOffset, record.AsMemory(EventRecord.MutableOffset, EventRecord.MutableBytes)),
            new(offset + start, record.AsMemory(start, length)),
        ];
    }

    private static async ValueTask<byte[]?> RecordAsync(Read read, uint offset)
    {
        var beginning = new byte[EventRecord.MeasuredBytes];
        await read(beginning, offset);
        if (!EventRecord.TryMeasure(beginning, out var recordBytes))
            return null;

        var record = new byte[recordBytes];
        return await read(record, offset) == recordBytes ? record : null;
    }

    private static bool TryErase(byte[] record, uint seed, ErasedEvent erased)
    {
        // What is sound is whole, before or after: then it must be what the erasure is about. What is torn cannot be asked.
        if (EventRecord.IsSound(record, seed) && !EventRecord.Digest(record).AsSpan().SequenceEqual(erased.Digest))
            return false;

        EventRecord.Erase(record, erased.Digest);
        return EventRecord.IsSound(record, seed) && EventRecord.Position(record) == erased.Position;
    }

    private delegate ValueTask<int> Read(Memory<byte> target, long offset);
}
