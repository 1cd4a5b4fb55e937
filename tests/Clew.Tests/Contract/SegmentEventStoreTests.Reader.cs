using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using CsCheck;

namespace Clew.Tests.Contract;

public sealed partial class SegmentEventStoreTests
{
    [Fact]
    public async Task A_reader_beside_the_writer_follows_it_and_reads_the_same()
    {
        var folder = folders.Next();
        var clock = new HandClock();
        var options = new ContractOptions { Time = clock };
        await using var store = await OpenAsync(folder, options);
        var model = await FillAsync(store, clock, batches: 50);
        await using var reader = await SegmentEventReader.OpenAsync(folder, OptionsOf(options) with { PortionEvents = 16 }, Cancellation);
        EventFilter[] filters = [EventFilter.All, new EventFilter.OfStream("b"), new EventFilter.Matching(Query.Tags("k:1"))];
        var following = filters.Select(filter => FollowedAsync(reader, filter, 4_200)).ToList();

        await FillAsync(store, clock, batches: 550, model);

        var seen = await Task.WhenAll(following);
        for (var index = 0; index < filters.Length; index++)
            Assert.Equal(await AllAsync(store, new(filters[index])), seen[index]);
        Assert.Equal(await store.HeadAsync(Cancellation), await reader.HeadAsync(Cancellation));
        foreach (var request in from filter in filters from direction in Enum.GetValues<ReadDirection>() select new ReadRequest(filter) { Direction = direction })
            await PageLaws.CheckAsync(reader, request, model, Cancellation);
    }

    [Fact]
    public Task A_reader_that_comes_later_reads_what_the_model_reads() =>
        Gen.Select(LongBatches, ModelGen.Read.Array[10]).SampleAsync(ReadBesideAsync, iter: Histories / 10);

    private async Task ReadBesideAsync(ModelStep[] batches, ModelStep[] reads)
    {
        var options = new ContractOptions();
        var model = new ModelLog(options.WindowEvents);
        var run = new ModelRun(model, (HandClock)options.Time, store => ReopenAsync(store, options), Cancellation);
        var folder = folders.Next();
        await using var store = await OpenAsync(folder, options);
        await run.RunAsync(store, batches);

        await using var reader = await SegmentEventReader.OpenAsync(folder, OptionsOf(options) with { PortionEvents = 16 }, Cancellation);

        foreach (var read in reads.Select(Stretched).Cast<ModelStep.Read>())
            await PageLaws.CheckAsync(reader, read.Against(model), model, Cancellation);
    }
}
