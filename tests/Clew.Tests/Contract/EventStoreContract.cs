using System.Text;
using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

/// <summary>What every store does; each store's test class inherits it.</summary>
public abstract partial class EventStoreContract
{
    private protected abstract ValueTask<IEventStore> OpenAsync(ContractOptions options);

    /// <summary>Closes a durable store and opens it again; a store that keeps nothing stays as it is.</summary>
    private protected virtual ValueTask<IEventStore> ReopenAsync(IEventStore store, ContractOptions options) => ValueTask.FromResult(store);

    /// <summary>How many random histories a law is tried with; fewer where opening a store costs something.</summary>
    private protected virtual int Histories => 200;

    private ValueTask<IEventStore> OpenAsync() => OpenAsync(new());

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected static EventData Event(string stream, string type = "happened", params string[] tags) =>
        new(stream, type, Encoding.UTF8.GetBytes(stream)) { Tags = [.. tags.Select(tag => new Tag(tag))] };

    private protected static EventData[] Events(string stream, int count) => [.. Enumerable.Range(0, count).Select(_ => Event(stream))];

    private protected static AppendBatch Batch(params EventData[] events) => new(events);

    private protected static GlobalPosition At(long position) => new(position);

    private static AppendCondition.StreamAtVersion Version(string stream, long version) =>
        new AppendCondition.StreamAtVersion(stream, new(version));

    private static AppendCondition.NoEventMatching Nothing(Query query, long after = 0) =>
        new AppendCondition.NoEventMatching(query, At(after));

    private static AppendResult.Appended Appended(long first, long last, params (string Stream, long Version)[] versions) =>
        new(At(first), At(last), [.. versions.Select(at => new StreamAt(at.Stream, new(at.Version)))]);

    private static AppendResult.Conflict Conflict(params BrokenCondition[] broken) => new(broken);

    private static async Task<List<EventPage>> PagesAsync(IEventReader store, ReadRequest request) =>
        await store.ReadAsync(request, Cancellation).ToListAsync(Cancellation);

    private protected static async Task<List<RecordedEvent>> AllAsync(IEventReader store, ReadRequest? request = null) =>
        [.. (await PagesAsync(store, request ?? ReadRequest.All)).SelectMany(page => page.Events)];

    private static async Task<long[]> PositionsAsync(IEventReader store, ReadRequest request) =>
        [.. (await AllAsync(store, request)).Select(recorded => recorded.Position.Value)];
}
