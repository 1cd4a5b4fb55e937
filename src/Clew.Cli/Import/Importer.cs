using Clew.Events;
using Clew.Store;

namespace Clew.Cli.Import;

/// <summary>Appends batches, several at a time, so that doing it twice is doing it once.</summary>
/// <remarks>
/// Each batch demands the stream versions that its file gives it, so a repeated import fails in that condition; the store then knows
/// the batch by its ids, however long ago that was. Where batches were cut differently, such as after a file grew, the streams
/// themselves say which events are there.
/// </remarks>
internal sealed class Importer(IEventStore store)
{
    /// <summary>How many batches are under way at most: while the device flushes some, the next are read.</summary>
    public const int BatchesInFlightMax = 8;

    private readonly Queue<(ImportBatch Batch, Task<long> Appended)> inFlight = new();
    private readonly HashSet<StreamName> streamsInFlight = [];
    private GlobalPosition headBefore;

    /// <summary>What has been done so far; also after a fault.</summary>
    public ImportTally Tally { get; private set; }

    /// <exception cref="CommandException">A stream holds other events than those of the file.</exception>
    /// <exception cref="InputException">The file is not what it should be. What came before is appended.</exception>
    public async Task RunAsync(IEnumerable<ImportBatch> batches, CancellationToken cancellation)
    {
        headBefore = (await store.HeadAsync(cancellation)).Position;
        try
        {
            foreach (var batch in batches)
            {
                cancellation.ThrowIfCancellationRequested();

                // Two batches of one stream must reach the log in order.
                while (inFlight.Count > 0
                    && (inFlight.Count == BatchesInFlightMax || batch.Before.Any(stream => streamsInFlight.Contains(stream.Stream))))
                {
                    await SettleAsync();
                }

                streamsInFlight.UnionWith(batch.Before.Select(stream => stream.Stream));
                inFlight.Enqueue((batch, AppendAsync(batch)));
            }

            while (inFlight.Count > 0)
                await SettleAsync();
        }
        catch (Exception)
        {
            // Whatever ended it: what is under way is part of what was done, and the first reason is the one to tell.
            await SettleAllAsync();
            throw;
        }
    }

    private async Task SettleAllAsync()
    {
        while (inFlight.Count > 0)
        {
            try
            {
                await SettleAsync();
            }
            catch (Exception fault) when (Failure.From(fault) is not null)
            {
            }
        }
    }

    private async Task SettleAsync()
    {
        var (batch, appended) = inFlight.Dequeue();
        streamsInFlight.ExceptWith(batch.Before.Select(stream => stream.Stream));
        var count = await appended;
        Tally = new(
            Tally.Imported + count,
            Tally.AlreadyThere + batch.Events.Count - count,
            Tally.Streams + batch.Before.Count(stream => stream.Version == StreamVersion.None));
    }

    /// <returns>How many of the events are new in the log.</returns>
    private async Task<long> AppendAsync(ImportBatch batch) => await TryAppendAsync(batch) switch
    {
        (AppendResult.Appended { First: var first }, _) => first > headBefore ? batch.Events.Count : 0,
        _ => await AppendMissingAsync(batch),
    };

    private async Task<long> AppendMissingAsync(ImportBatch batch)
    {
        var missing = new List<EventData>();
        var before = new List<StreamAt>();
        foreach (var (stream, version) in batch.Before)
        {
            var events = batch.Events.Where(data => data.Stream == stream).ToList();
            var there = await CountAlreadyThereAsync(stream, version, events);
            if (there == events.Count)
                continue;

            missing.AddRange(events.Skip(there));
            before.Add(new(stream, new(version.Value + there)));
        }

        if (missing.Count == 0)
            return 0;

        return await TryAppendAsync(new(missing, before)) switch
        {
            (AppendResult.Appended, _) => missing.Count,
            (_, { } reused) => throw new CommandException(Failure.Conflict(reused.Message), reused),
            _ => throw OtherEvents(before[0].Stream),
        };
    }

    private async Task<int> CountAlreadyThereAsync(StreamName stream, StreamVersion after, List<EventData> events)
    {
        var there = 0;
        var request = ReadRequest.Stream(stream) with { AfterVersion = after, Limit = events.Count };
        await foreach (var recorded in store.ReadEventsAsync(request))
        {
            if (recorded.Id != events[there].Id)
                throw OtherEvents(stream);

            there++;
        }

        return there;
    }

    /// <returns>The fault instead of a result where some of the ids are known and the batch is not.</returns>
    private async Task<(AppendResult? Result, EventIdReusedException? Reused)> TryAppendAsync(ImportBatch batch)
    {
        var conditions = batch.Before
            .Select(AppendCondition (stream) => new AppendCondition.StreamAtVersion(stream.Stream, stream.Version))
            .ToList();
        try
        {
            // Not cancelled: what is under way is waited for, so that the tally is right.
            return (await store.AppendAsync(new AppendBatch(batch.Events, conditions)), null);
        }
        catch (EventIdReusedException reused)
        {
            return (null, reused);
        }
    }

    private static CommandException OtherEvents(StreamName stream) => new(Failure.Conflict(
        $"The stream {stream} holds other events than those of the file; import into another store."));
}
