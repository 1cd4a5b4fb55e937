using Clew.Bench.Measuring;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Bench.Peers;

/// <summary>The store as a program would use it: names and events are made for each append, and that counts.</summary>
internal sealed class ClewPeer(SegmentEventStore store) : IPeer
{
    public static async Task<ClewPeer> OpenAsync(string folder) => new(await SegmentEventStore.OpenAsync(folder));

    public SegmentEventStore Store => store;

    public async ValueTask AppendAsync(Draft[] batch)
    {
        if (await store.AppendAsync(BatchOf(batch)) is not AppendResult.Appended)
            throw new InvalidOperationException("A stream was not at the version that the workload says it has.");
    }

    public ValueTask<Tally> ReadAllAsync() => ReadAsync(ReadRequest.All);

    public ValueTask<Tally> ReadStreamAsync(string stream) => ReadAsync(ReadRequest.Stream(stream));

    public async ValueTask<Tally> ReadAsync(ReadRequest request)
    {
        var tally = new Tally();
        await foreach (var page in store.ReadAsync(request))
        {
            foreach (var recorded in page.Events)
                tally.Add(recorded.Data.Span);
        }

        return tally;
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    // Events of one stream lie side by side in every batch of the workload, so each stream gets one condition.
    private static AppendBatch BatchOf(Draft[] drafts)
    {
        if (drafts is [var single])
            return new([EventOf(single)], Expected(single));

        var events = new EventData[drafts.Length];
        var conditions = new List<AppendCondition>();
        for (var index = 0; index < drafts.Length; index++)
        {
            events[index] = EventOf(drafts[index]);
            if (index == 0 || !ReferenceEquals(drafts[index].Stream, drafts[index - 1].Stream))
                conditions.Add(Expected(drafts[index]));
        }

        return new(events, conditions);
    }

    private static EventData EventOf(in Draft draft) => new(draft.Stream, draft.Type, draft.Data) { Tags = [draft.Tag] };

    private static AppendCondition.StreamAtVersion Expected(in Draft draft) => new(draft.Stream, new(draft.Version));
}
