using Clew.Store;
using CsCheck;

namespace Clew.Tests.Contract;

public abstract partial class EventStoreContract
{
    private const int ModelWindowEvents = 20;

    [Fact]
    public Task Whatever_happens_the_store_answers_as_the_model() =>
        ModelGen.Step.Array[1, 60].SampleAsync(steps => RunAsync(steps, ReopenAsync), iter: Histories, print: Printed);

    [Fact]
    public Task Long_logs_read_in_pages_as_the_model_reads_them() =>
        Gen.Select(LongBatches, ModelGen.Read.Array[10]).SampleAsync(
            async (batches, reads) => await RunAsync([.. batches, new ModelStep.Reopen(), .. reads.Select(Stretched)], ReopenAsync),
            iter: Histories / 10);

    /// <summary>Some 1,500 events, so that a read of all takes three pages, and the log several segments.</summary>
    private protected static Gen<ModelStep[]> LongBatches => ModelGen.Event.Array[1, 200].Select(Small).Array[15];

    private static ModelStep Small(EventShape[] events) =>
        new ModelStep.Append([.. events.Select(shape => shape with { Bytes = shape.Bytes % 64 })], []);

    private protected static ModelStep Stretched(ModelStep step) => step is ModelStep.Read read
        ? read with { After = read.After * 20, AsOf = read.AsOf with { At = read.AsOf.At * 20 }, Limit = read.Limit * 40 }
        : step;

    private protected async Task RunAsync(ModelStep[] steps, Func<IEventStore, ContractOptions, ValueTask<IEventStore>> reopen)
    {
        var options = new ContractOptions { WindowEvents = ModelWindowEvents };
        var model = new ModelLog(ModelWindowEvents);
        var run = new ModelRun(model, (HandClock)options.Time, open => reopen(open, options), Cancellation);
        var store = await OpenAsync(options);
        try
        {
            store = await run.RunAsync(store, steps);
            await PageLaws.CheckAsync(store, ReadRequest.All, model, Cancellation);
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    private protected static string Printed(ModelStep[] steps) => string.Join('\n', steps.Select(step => Check.Print(step)));
}
