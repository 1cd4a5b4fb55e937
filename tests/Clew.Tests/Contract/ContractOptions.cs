using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

/// <summary>What a test of the contract asks of a store.</summary>
internal sealed record ContractOptions
{
    public TimeProvider Time { get; init; } = new HandClock();

    public int WindowEvents { get; init; } = EventLimits.IdempotenceWindowEvents;

    public ClockBounds Clock { get; init; } = new();
}
