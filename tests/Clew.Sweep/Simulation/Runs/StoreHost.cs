using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Simulation.Disk;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>The process that has the store open for writing, from one boot to the next.</summary>
internal sealed class StoreHost(RunContext run, StoreOpener opener)
{
    private readonly List<Follower> followers = [];
    private int boots;

    public SimulatedProcess? Process { get; private set; }

    /// <summary>None while it is down, opening, or could not be opened.</summary>
    public IEventStore? Store { get; private set; }

    /// <summary>Its process runs but the store is of no use any more: somebody has to act.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Damage was found and reported: that ends a run in which there may be some.</summary>
    public string? DetectedDamage { get; private set; }

    /// <summary>Whether it was open since the power, or what only the cache held, was last lost.</summary>
    public bool HasRecovered { get; private set; }

    public IEventStore Running => Store ?? throw new ProcessDiedException();

    public void Add(Follower follower) => followers.Add(follower);

    public void Boot()
    {
        Process = new SimulatedProcess(run.Scheduler, $"store-{++boots}");
        Open(Process);
    }

    /// <summary>Opens it again in the process that had it, as a program does that goes on after a failure.</summary>
    public void OpenAgain() => Open(Process!);

    public async Task CloseAsync()
    {
        var (process, store) = (Process!, Running);
        Store = null;
        await process.Call(async () =>
        {
            await store.DisposeAsync();
            return true;
        });
    }

    public void Kill()
    {
        Process?.Kill();
        if (Process is { } process)
            run.Disk.Forget(process);
        (Process, Store, HasFailed) = (null, null, false);
        foreach (var follower in followers)
            follower.FallBack();
    }

    public void LosePower()
    {
        Kill();
        LoseCache();
    }

    /// <summary>After a flush that failed, the cache may have been ahead of the device: until the next opening the mark may be an older one.</summary>
    public void LoseCache()
    {
        if (HasRecovered)
            run.History.CacheLosses++;
        HasRecovered = false;
    }

    public void Failed() => HasFailed = true;

    /// <summary>The engine says that bytes are not what was written; that must not be where nothing was damaged.</summary>
    public void FoundDamage(Exception exception)
    {
        if (!run.IsDamaged)
            throw new Violation($"false alarm: {exception}");

        run.Counts.Add(FaultKind.DamageDetected);
        DetectedDamage ??= exception.Message;
    }

    private void Open(SimulatedProcess process)
    {
        HasFailed = false;
        if (run.Disk.Find(ErasureJournal.FileName) is not null)
            run.Counts.Add(FaultKind.ErasureCutShort);
        process.Run(async () =>
        {
            try
            {
                await OpenedAsync(process, await opener.Writer(run.SurroundingsOf(process), run.StoreOptions));
            }
            catch (Exception exception) when (exception is StoreCorruptedException or StoreFormatException)
            {
                FoundDamage(exception);
            }
            catch (Exception exception) when (exception is StoreUnavailableException or StoreFailedException or StoreFullException
                or ClockRefusedException)
            {
                run.Say("host", $"not opened: {exception.Message}");
                if (!run.IsTroubled)
                    throw new Violation($"liveness: a healthy disk, and the store does not open: {exception.Message}");
                HasFailed = true;
            }
        });
    }

    private async Task OpenedAsync(SimulatedProcess process, IEventStore store)
    {
        var head = await store.HeadAsync();
        run.Say("host", $"opened at {head.Position}");
        run.History.SawLineage(head.Lineage);
        if (!run.Accepts(head.Position.Value))
            return;

        run.History.SawHeadInStore(head.Position.Value);
        Store = store;
        HasRecovered = true;
        foreach (var follower in followers)
            process.Run(() => FollowAsync(follower, store, process));
    }

    private async Task FollowAsync(Follower follower, IEventStore store, SimulatedProcess process)
    {
        while (Store == store)
        {
            await follower.FollowAsync(store, process);
            await process.Delay(500);
        }
    }
}
