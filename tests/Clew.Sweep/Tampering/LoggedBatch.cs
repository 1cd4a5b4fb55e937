using Clew.Events;
using Clew.Store;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Tampering;

/// <summary>A batch as a log holds it, taken apart so that it can be changed.</summary>
internal sealed record LoggedBatch(long RecordedAt, IReadOnlyList<LoggedBatch.Entry> Entries)
{
    public sealed record Entry(EventData Data, byte[] Salt);

    public static IReadOnlyList<LoggedBatch> AllOf(MemoryDisk disk) => Laboratory.With(disk, async store =>
    {
        var batches = new List<LoggedBatch>();
        var entries = new List<Entry>();
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All))
        {
            entries.Add(new(DataOf(recorded), EventRecord.Content(recorded.Record)[..EventRecord.SaltBytes].ToArray()));
            if (recorded.BatchIndex < recorded.BatchCount - 1)
                continue;

            batches.Add(new(EventRecord.RecordedAt(recorded.Record), entries));
            entries = [];
        }

        return batches;
    });

    private static EventData DataOf(RecordedEvent recorded) => new(recorded.Stream, recorded.Type, recorded.Data.ToArray())
    {
        Id = recorded.Id,
        Metadata = recorded.Metadata.ToArray(),
        Tags = recorded.Tags,
        SchemaVersion = recorded.SchemaVersion,
        ContentType = recorded.ContentType,
        CorrelationId = recorded.CorrelationId,
        CausationId = recorded.CausationId,
    };
}
