using Clew.Store;

namespace Clew.Tests.Contract;

public sealed class InMemoryEventStoreTests : EventStoreContract
{
    private protected override ValueTask<IEventStore> OpenAsync(ContractOptions options) =>
        ValueTask.FromResult<IEventStore>(new InMemoryEventStore(options.Time, options.Clock, options.WindowEvents));
}
