using Clew.Store;
using Clew.Sweep.Simulation.Machine;
using Clew.Sweep.Simulation.Oracle;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>A subscription with a checkpoint that outlives it, as a projection has one.</summary>
internal sealed class Follower(RunContext run, string name, EventFilter filter, Chance chance, Action<Exception> onDamage)
{
    private Checkpoint? reached;
    private Checkpoint? saved;
    private int visits;

    public string Name => name;

    public long Position => reached?.Position.Value ?? 0;

    /// <summary>It died between dealing with a page and saving its checkpoint.</summary>
    public void FallBack() => reached = saved;

    /// <summary>Follows until the subscription ends or breaks; who opened the store decides what then.</summary>
    public async Task FollowAsync(IEventReader store, SimulatedProcess process)
    {
        var visit = ++visits;
        try
        {
            var from = run.LooksFrom(await store.HeadAsync());
            await foreach (var page in store.SubscribeAsync(new SubscribeRequest(filter) { After = reached }))
            {
                // The store it left behind may still have had a page for it.
                if (visit != visits)
                    return;
                See(page, from);
                if (chance.Happens(0.2))
                    await process.Delay(chance.Exponential(3_000));
                if (chance.Happens(0.02))
                    break;
            }
        }
        catch (StoreCorruptedException exception)
        {
            onDamage(exception);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreFailedException or ObjectDisposedException)
        {
            run.Say(name, $"interrupted: {exception.Message}");
        }
    }

    private void See(EventPage page, LookedFrom from)
    {
        var events = page.Events.Select(recorded => Content.Check(run.History, recorded, from)).ToArray();
        run.History.SawLineage(page.Lineage);
        run.Say(name, $"sees {page.ReadTo} with {events.Length} events");
        run.History.SawPage(new(name, filter, Position, page.ReadTo.Value, events));
        reached = page.Checkpoint;
        if (chance.Happens(0.7))
            saved = reached;
    }
}
