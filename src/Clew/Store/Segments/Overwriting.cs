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
    /// <param name="disk">Its folder.</param>
    /// <param name="events">In the order of the log.</param>
    /// <exception cref="StoreCorruptedException">One of them is not there, or holds other content than was erased.</exception>
    public static async ValueTask ApplyAsync(LogView view, IDisk disk, IReadOnlyList<ErasedEvent> events)
    {
        foreach (var together in events.GroupBy(erased => view.Segments.Of(erased.Position)))
        {
            using var file = await disk.OpenAsync(together.Key.FileName, FileUse.Write);
            foreach (var erased in together)
                await OverwriteAsync(file, together.Key, await OffsetAsync(view, erased.Position), erased);

            await file.SyncAsync();
        }

        view.ForgetEvents();
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

    private static async ValueTask<uint> OffsetAsync(LogView view, long position)
    {
        var offset = new uint[1];
        var parts = view.Parts;
        await parts[parts.IndexOf(position)].OffsetsAsync(position, offset);
        return offset[0];
    }

    /// <summary>Overwrites an event in a file that holds its segment.</summary>
    /// <exception cref="StoreCorruptedException">Another event is there, or other content than was erased.</exception>
    public static async ValueTask OverwriteAsync(IDiskFile file, SegmentHeader segment, uint offset, ErasedEvent erased)
    {
        var record = await RecordAsync(file, offset);
        if (record is null || !TryErase(record, segment.Seed, erased))
        {
            throw StoreFolder.Damaged(
                segment.FileName, offset, $"event {erased.Position}, which is being erased, is not as it was written",
                "Run \"clew verify\" to see how much is damaged, and restore the file from a backup.", erased.Position);
        }

        var (start, length) = EventRecord.PayloadPlace(record);
        await file.WriteAsync(record.AsMemory(EventRecord.MutableOffset, EventRecord.MutableBytes), offset + EventRecord.MutableOffset);
        await file.WriteAsync(record.AsMemory(start, length), offset + start);
    }

    private static async ValueTask<byte[]?> RecordAsync(IDiskFile file, uint offset)
    {
        var beginning = new byte[EventRecord.MeasuredBytes];
        await file.ReadAsync(beginning, offset);
        if (!EventRecord.TryMeasure(beginning, out var recordBytes))
            return null;

        var record = new byte[recordBytes];
        return await file.ReadAsync(record, offset) == recordBytes ? record : null;
    }

    private static bool TryErase(byte[] record, uint seed, ErasedEvent erased)
    {
        // What is sound is whole, before or after: then it must be what the erasure is about. What is torn cannot be asked.
        if (EventRecord.IsSound(record, seed) && !EventRecord.Digest(record).AsSpan().SequenceEqual(erased.Digest))
            return false;

        EventRecord.Erase(record, erased.Digest);
        return EventRecord.IsSound(record, seed) && EventRecord.Position(record) == erased.Position;
    }
}
