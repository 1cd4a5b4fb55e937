using System.Collections.Concurrent;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Contract;

public sealed partial class SegmentEventStoreTests : EventStoreContract, IDisposable
{
    private readonly TestFolder folders = new();
    private readonly ConcurrentDictionary<IEventStore, string> folderOf = [];

    private protected override int Histories => 40;

    public void Dispose() => folders.Dispose();

    private protected override ValueTask<IEventStore> OpenAsync(ContractOptions options) => OpenAsync(folders.Next(), options);

    private protected override async ValueTask<IEventStore> ReopenAsync(IEventStore store, ContractOptions options)
    {
        await store.DisposeAsync();
        Assert.True(folderOf.TryRemove(store, out var folder));
        return await OpenAsync(folder, options);
    }

    private async ValueTask<IEventStore> OpenAsync(string folder, ContractOptions options)
    {
        var store = await SegmentEventStore.OpenAsync(folder, OptionsOf(options), Cancellation);
        folderOf[store] = folder;
        return store;
    }

    // Segments as small as they may be, so that a short log has several of them.
    private static SegmentStoreOptions OptionsOf(ContractOptions options) => new()
    {
        SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin,
        WindowEvents = options.WindowEvents,
        Time = options.Time,
        Clock = options.Clock,
    };
}
