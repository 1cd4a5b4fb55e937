using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>What a run is to try: the engine as it is, or one with a bug planted around or in it.</summary>
internal sealed record StoreOpener(
    Func<Surroundings, SegmentStoreOptions, ValueTask<IEventStore>> Writer,
    Func<Surroundings, SegmentStoreOptions, ValueTask<IEventReader>>? Reader)
{
    public static StoreOpener Segments { get; } = new(
        async (surroundings, options) => await StoreFaults.TranslateAsync(() => SegmentEventStore.OpenAsync(surroundings, options)),
        async (surroundings, options) => await StoreFaults.TranslateAsync(() => SegmentEventReader.OpenAsync(surroundings, options)));

    /// <summary>The same with something between the engine and its disk.</summary>
    public StoreOpener Around(Func<IDisk, IDisk> wrap) => new(
        (surroundings, options) => Writer(surroundings with { Disk = wrap(surroundings.Disk) }, options),
        Reader);
}
