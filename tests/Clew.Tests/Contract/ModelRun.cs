using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

/// <summary>Takes a store and the model through one history, and compares what they answer at every step.</summary>
internal sealed class ModelRun(
    ModelLog model, HandClock clock, Func<IEventStore, ValueTask<IEventStore>> reopen, CancellationToken cancellation)
{
    private readonly List<AppendBatch> sent = [];

    /// <returns>The store, which opening again has replaced.</returns>
    public async ValueTask<IEventStore> RunAsync(IEventStore store, IReadOnlyList<ModelStep> steps)
    {
        foreach (var step in steps)
            store = await StepAsync(store, step);

        return store;
    }

    private async ValueTask<IEventStore> StepAsync(IEventStore store, ModelStep step)
    {
        switch (step)
        {
            case ModelStep.Append(var events, var conditions):
                await AppendAsync(store, new([.. events.Select(shape => shape.ToData())], Against(conditions)));
                break;
            case ModelStep.Repeat repeat when sent.Count > 0:
                await AppendAsync(store, Repeated(repeat));
                break;
            case ModelStep.Read read:
                await PageLaws.CheckAsync(store, read.Against(model), model, cancellation);
                break;
            case ModelStep.Pass { Seconds: < 0 } back:
                clock.Jump(TimeSpan.FromSeconds(back.Seconds));
                break;
            case ModelStep.Pass(var seconds):
                clock.Pass(TimeSpan.FromSeconds(seconds));
                break;
            case ModelStep.Reopen:
                return await reopen(store);
        }

        return store;
    }

    private async ValueTask AppendAsync(IEventStore store, AppendBatch batch)
    {
        sent.Add(batch);
        var expected = model.Append(batch, clock.GetUtcNow());

        Assert.Equal(expected, await ModelAnswer.OfAsync(store, batch, cancellation));
        Assert.Equal(model.Head, (await store.HeadAsync(cancellation)).Position.Value);
    }

    private AppendBatch Repeated(ModelStep.Repeat repeat)
    {
        var batch = sent[^(1 + (repeat.Earlier % sent.Count))];
        var events = batch.Events;
        var more = repeat.More.ToData();
        var last = events[^1];
        var changed = repeat.Kind switch
        {
            RepeatKind.Half => (IReadOnlyList<EventData>)[.. events.Take((events.Count + 1) / 2)],
            RepeatKind.Longer => [.. events, more],
            RepeatKind.OtherStream => [.. events.SkipLast(1), last with { Stream = more.Stream }],
            RepeatKind.LastIdOnly => [more, last],
            _ => events,
        };
        return new(changed, repeat.Conditions is { } conditions ? Against(conditions) : batch.Conditions);
    }

    private IReadOnlyList<AppendCondition> Against(ConditionShape[] conditions) => [.. conditions.Select(shape => shape.Against(model))];
}
