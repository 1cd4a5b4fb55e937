using System.Runtime.CompilerServices;
using Clew.Events;

namespace Clew.Store;

/// <summary>Shorter ways to say the same to any store.</summary>
public static class EventStoreExtensions
{
    /// <summary>Appends the events as one batch; see <see cref="IEventStore.AppendAsync"/>.</summary>
    public static ValueTask<AppendResult> AppendAsync(
        this IEventStore store, IReadOnlyList<EventData> events, params IReadOnlyList<AppendCondition> conditions)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.AppendAsync(new AppendBatch(events, conditions));
    }

    /// <summary>Appends one event; see <see cref="IEventStore.AppendAsync"/>.</summary>
    public static ValueTask<AppendResult> AppendAsync(
        this IEventStore store, EventData data, params IReadOnlyList<AppendCondition> conditions)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.AppendAsync(new AppendBatch([data], conditions));
    }

    /// <summary>Reads event by event, for who does not need to know how far it was looked; see <see cref="IEventReader.ReadAsync"/>.</summary>
    public static async IAsyncEnumerable<RecordedEvent> ReadEventsAsync(
        this IEventReader store, ReadRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        await foreach (var page in store.ReadAsync(request, cancellation))
        {
            foreach (var recorded in page.Events)
                yield return recorded;
        }
    }
}
