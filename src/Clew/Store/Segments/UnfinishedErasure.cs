using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>An erasure of which the last writer has left the journal: what is to be done about it when the next one opens.</summary>
internal static class UnfinishedErasure
{
    /// <summary>Ends it: overwrites what the log says is erased, and removes the journal.</summary>
    /// <param name="view">The log, with the index of all of it.</param>
    /// <param name="disk">Its folder.</param>
    /// <param name="head">Where it ends; durable.</param>
    /// <exception cref="StoreCorruptedException">See <see cref="FindAsync"/>; or one of the events is damaged.</exception>
    public static async ValueTask EndAsync(LogView view, IDisk disk, long head)
    {
        if (await FindAsync(view, disk, head) is not { } events)
            return;

        await Overwriting.ApplyAsync(view, events);
        await ErasureJournal.EndAsync(disk);
    }

    /// <returns>What is to be overwritten: nothing where the erasure was not recorded; null where there is no journal.</returns>
    /// <exception cref="StoreCorruptedException">It had begun, so that it was recorded, and the log does not have that record any more.</exception>
    public static async ValueTask<IReadOnlyList<ErasedEvent>?> FindAsync(LogView view, IDisk disk, long head)
    {
        if (await ErasureJournal.BytesAsync(disk) is not { } bytes)
            return null;
        if (ErasureJournal.Parse(bytes, view.Lineage.LogId) is not { } journal)
            return await LatestAsync(view, head);
        if (await LogLookup.IdAsync(view, view.Parts, journal.RecordId, journal.Events[^1].Position, head) is not null)
            return journal.Events;

        await CheckNotBegunAsync(view, journal, head);
        return [];
    }

    // It was flushed before it got its name, so it rots later. What it said is in the log too, or was never begun: then the erasure before it is
    // done a second time, which changes nothing. Only where events of the log's last stretch are half overwritten, the scan has met
    // them as damage by now.
    private static async ValueTask<IReadOnlyList<ErasedEvent>> LatestAsync(LogView view, long head)
    {
        var stream = CompiledQuery.Compile(IndexKind.Stream, ErasureRecord.Stream, view.Hasher);
        if (await LogLookup.StreamAsync(view, view.Parts, stream, head) is not (_, var position))
            return [];

        return ErasureRecord.Read(await new RecordReader(view, view.Parts).ReadAsync(position)) ?? throw StoreFolder.Damaged(
            ErasureJournal.FileName, 0, $"its checksum is wrong, and event {position} does not say what was erased either",
            "Restore the store from a backup.", position);
    }

    // Nothing is overwritten before its record is durable. Where something is, the log has lost its end since.
    private static async ValueTask CheckNotBegunAsync(LogView view, ErasureJournal journal, long head)
    {
        var reader = new RecordReader(view, view.Parts);
        foreach (var (position, _) in journal.Events)
        {
            if (position > head || (await reader.ReadAsync(position)).IsErased)
            {
                throw StoreFolder.Damaged(
                    ErasureJournal.FileName, null, $"the erasure of event {position} had begun, and the log ends at {head}, before the event that records it",
                    "Durable events are missing at its end: restore the store from a backup.", head + 1);
            }
        }
    }
}
