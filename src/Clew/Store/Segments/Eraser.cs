using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// Erases events, one portion after the other: names them in a journal, has the log record the erasure, overwrites them where they lie,
/// and removes the journal. What a crash cuts short, the next opening ends (<see cref="UnfinishedErasure"/>).
/// </summary>
internal sealed class Eraser(LogView view, Surroundings surroundings, GroupWriter writer, RewriteTurn turn, Func<AppendBatch, ValueTask<AppendResult>> append)
{
    public ValueTask<EraseResult> EraseAsync(EraseRequest request, CancellationToken cancellation) =>
        turn.RunAsync(() => EraseInTurnAsync(request, cancellation), cancellation);

    private async ValueTask<EraseResult> EraseInTurnAsync(EraseRequest request, CancellationToken cancellation)
    {
        ThrowIfUnusable();
        var selection = await SelectAsync(request.Target, cancellation);
        if (selection.Outcome() is { } outcome)
            return outcome;

        var records = new List<GlobalPosition>();
        foreach (var portion in selection.Portions)
        {
            cancellation.ThrowIfCancellationRequested();
            ThrowIfUnusable();
            records.Add(await ErasePortionAsync(request, portion));
        }

        return selection.Done(records);
    }

    // A journal that another portion or a failure has left must not be written over.
    private void ThrowIfUnusable()
    {
        turn.ThrowIfStopping();
        if (writer.Failure is { } failure)
            throw new StoreFailedException(failure.Message, failure.InnerException);
    }

    private async ValueTask<EraseSelection> SelectAsync(EraseTarget target, CancellationToken cancellation)
    {
        var selection = new EraseSelection();
        await foreach (var page in LogReading.ReadAsync(view, target.ToRead(), cancellation))
        {
            foreach (var found in page.Events)
                selection.Add(found);
        }

        return selection;
    }

    /// <returns>The position of the event that records it.</returns>
    private async ValueTask<GlobalPosition> ErasePortionAsync(EraseRequest request, long[] positions)
    {
        var erased = await DigestsAsync(positions);
        await Overwriting.CheckAsync(view, erased);
        var record = ErasureRecord.Of(request, erased, NewId());
        return await EraseRecordedAsync(record.Id, erased, async () => ((AppendResult.Appended)await append(new AppendBatch([record]))).First);
    }

    /// <summary>Erases events, whoever records it: this log's operator, or another log of which this one is a copy.</summary>
    /// <param name="recordId">The id of the event that records it.</param>
    /// <param name="erased">What that event names, and the log has.</param>
    /// <param name="record">Makes that event durable in the log. A fault other than that the store has failed says that it is not there.</param>
    private async ValueTask<T> EraseRecordedAsync<T>(Guid recordId, IReadOnlyList<ErasedEvent> erased, Func<ValueTask<T>> record)
    {
        await PrepareAsync(new(view.Lineage.LogId, recordId, erased));
        await ForGoodAsync(() => ErasureJournal.BeginAsync(surroundings.Disk));
        var recorded = await RecordAsync(record);
        await ForGoodAsync(() => Overwriting.ApplyAsync(view, erased));
        await ForGoodAsync(() => ErasureJournal.EndAsync(surroundings.Disk));
        return recorded;
    }

    // Read in small portions, because a thousand events may be large.
    private async ValueTask<ErasedEvent[]> DigestsAsync(long[] positions)
    {
        var (reader, found, erased) = (new RecordReader(view, view.Parts), new List<RecordedEvent>(), new List<ErasedEvent>(positions.Length));
        while (erased.Count < positions.Length)
        {
            await reader.ReadAsync(positions.AsMemory(erased.Count), found);
            erased.AddRange(found.Select(recorded => new ErasedEvent(recorded.Position.Value, EventRecord.Digest(recorded.Record))));
            found.Clear();
        }

        return [.. erased];
    }

    // A full disk has changed nothing yet; any other fault says that the disk is not to be trusted with what follows.
    private async ValueTask PrepareAsync(ErasureJournal journal)
    {
        try
        {
            await journal.PrepareAsync(surroundings.Disk);
        }
        catch (DiskException fault) when (fault.Fault != DiskFault.Full)
        {
            throw Failed(fault);
        }
    }

    private async ValueTask<T> RecordAsync<T>(Func<ValueTask<T>> record)
    {
        try
        {
            return await record();
        }
        catch (Exception fault) when (fault is not StoreFailedException)
        {
            // Then it is not in the log for sure, and nothing is to be overwritten.
            await ForGoodAsync(() => ErasureJournal.EndAsync(surroundings.Disk));
            throw;
        }
    }

    // The journal stays, so that the next opening ends what was begun.
    private async ValueTask ForGoodAsync(Func<ValueTask> step)
    {
        try
        {
            await step();
        }
        catch (Exception fault) when (fault is DiskException or StoreCorruptedException or ArchiveNotAttachedException)
        {
            throw Failed(fault);
        }
    }

    private StoreFailedException Failed(Exception fault)
    {
        writer.Fail(fault);
        return new(writer.Failure!.Message, fault);
    }

    // By the time, as others are: an id far from its neighbours would widen the range of an index file, and cost each look-up of a new id.
    private Guid NewId()
    {
        Span<byte> chance = stackalloc byte[EventId.ChanceBytes];
        surroundings.Entropy(chance);
        return EventId.Of(surroundings.Time.GetUtcNow(), chance);
    }
}
