using Clew.Store;
using Clew.Sweep.Simulation.Disk;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>Kills, cuts the power, fills the disk, sets the clock wrong; and starts the store again, as an operator would.</summary>
internal sealed class Troublemaker(RunContext run, StoreHost host, StoreOpener opener, IReadOnlyList<OtherProcess> others, SimulatedProcess self)
{
    private readonly Chance chance = run.Chance.Fork();
    private int rot;
    private SimulatedProcess? rival;
    private TimeSpan latestOffset;

    public bool IsStopped { get; set; }

    public async Task WorkAsync()
    {
        for (var troubles = 0; !IsStopped;)
        {
            var pause = run.Options.TroubleMeanMicroseconds is var mean and > 0 ? chance.Exponential(mean) : 50_000;
            await WaitAsync(pause);
            if (IsStopped)
                return;
            if (host.HasFailed)
                await RestartAsync();
            else if (run.Options.TroubleMeanMicroseconds > 0 && troubles++ < run.Options.TroublesMax)
                await MakeAsync();
        }
    }

    /// <summary>The last power loss, after which all must be well again.</summary>
    public void EndTroubles()
    {
        IsStopped = true;
        run.IsTroubled = false;
        run.Disk.IsFull = false;
        run.Disk.Faults = run.Options.Disk.Healed();
        // A store that once believed a clock from the future waits for that time to come.
        run.Clock.Offset = latestOffset;
        CutPower(PowerLossMode.Nothing);
        BootAll();
    }

    // Looks up now and then, so that a failed store is not left alone for long.
    private async Task WaitAsync(long pause)
    {
        for (var end = run.Scheduler.Now + pause; run.Scheduler.Now < end && !host.HasFailed && !IsStopped;)
            await self.Delay(Math.Min(1_000, end - run.Scheduler.Now));
    }

    private async Task MakeAsync()
    {
        switch (chance.Below(12))
        {
            case 0:
                await CloseAsync();
                break;
            case 1 when others.Count > 0:
                await RestartOtherAsync(chance.Pick(others));
                break;
            case 2 when run.Options.RunsFull:
            case 3 when run.Options.RunsFull:
                await FillAsync();
                break;
            case 4 when run.Options.Clock != ClockTrouble.None:
            case 5 when run.Options.Clock != ClockTrouble.None:
                SetClock();
                break;
            case 6:
                await RivalAsync();
                break;
            default:
                await RestartAsync();
                break;
        }
    }

    private async Task RestartAsync()
    {
        if (host.HasFailed && host.Store is not null && chance.Happens(0.3))
        {
            run.Counts.Add(FaultKind.ReopenInProcess);
            run.Say("trouble", "opens again in the same process");
            await CloseQuietlyAsync();
            if (!IsStopped)
                host.OpenAgain();
            return;
        }

        if (chance.Happens(run.Options.PowerLossShare))
        {
            CutPower((PowerLossMode)chance.Below(4));
            MaybeRot();
            await self.Delay(chance.Below(2_000));
            if (!IsStopped)
                BootAll();
            return;
        }

        run.Counts.Add(FaultKind.Kill);
        run.Say("trouble", "kills the store");
        host.Kill();
        if (chance.Happens(0.3))
            run.Disk.EvictPages();

        MaybeRot();
        await self.Delay(chance.Below(2_000));
        if (!IsStopped)
            host.Boot();
    }

    private void CutPower(PowerLossMode mode)
    {
        run.Counts.Add(FaultKind.PowerLoss);
        run.Say("trouble", $"cuts the power: {mode}");
        foreach (var other in others)
            other.Kill();
        KillRival();
        host.LosePower();
        run.Disk.LosePower(mode);
    }

    private void BootAll()
    {
        host.Boot();
        foreach (var other in others)
            other.Boot();
    }

    private void MaybeRot()
    {
        if (rot < run.Options.RotMax && chance.Happens(0.4) && run.Disk.Rot() is { } place)
        {
            rot++;
            run.Say("trouble", $"lets a bit rot: {place}");
        }
    }

    private async Task CloseAsync()
    {
        if (host.Store is null)
            return;

        run.Counts.Add(FaultKind.CleanClose);
        run.Say("trouble", "closes the store");
        await CloseQuietlyAsync();
        if (IsStopped)
            return;

        if (chance.Happens(0.5))
        {
            host.OpenAgain();
            return;
        }

        host.Kill();
        await self.Delay(chance.Below(2_000));
        if (!IsStopped)
            host.Boot();
    }

    // Closing may fail as everything else does; what it has not saved is found when the store is opened.
    private async Task CloseQuietlyAsync()
    {
        try
        {
            await host.CloseAsync();
        }
        catch (Exception exception) when (exception is StoreException or ProcessDiedException)
        {
            run.Say("trouble", $"closing failed: {exception.Message}");
        }
    }

    private async Task RestartOtherAsync(OtherProcess other)
    {
        run.Counts.Add(FaultKind.ReaderKill);
        run.Say("trouble", $"kills {other.Follower.Name}");
        other.Kill();
        await self.Delay(chance.Below(2_000));
        if (!IsStopped)
            other.Boot();
    }

    private async Task FillAsync()
    {
        run.Say("trouble", "fills the disk");
        run.Disk.IsFull = true;
        await self.Delay(chance.Exponential(10_000));
        run.Disk.IsFull = false;
        run.Say("trouble", "makes space");
    }

    private void SetClock()
    {
        run.Counts.Add(FaultKind.ClockJump);
        run.Clock.Offset = run.Options.Clock == ClockTrouble.Days && chance.Happens(0.5)
            ? TimeSpan.FromDays(chance.Between(-3, 3))
            : TimeSpan.FromMinutes(chance.Between(-600, 600));
        if (run.Clock.Offset > latestOffset)
            latestOffset = run.Clock.Offset;
        run.Say("trouble", $"sets the clock to {run.Clock.Offset}");
    }

    private async Task RivalAsync()
    {
        if (host.Store is not { } store)
            return;

        run.Counts.Add(FaultKind.RivalWriter);
        var own = rival = new SimulatedProcess(run.Scheduler, "rival");
        try
        {
            await own.Call(async () => await opener.Writer(run.SurroundingsOf(own), run.StoreOptions));
            if (host.Store == store)
                throw new Violation("two processes have the store open for writing");
        }
        catch (Exception exception) when (exception is StoreException or ProcessDiedException)
        {
            run.Say("trouble", $"a rival was refused: {exception.Message}");
        }

        KillRival();
    }

    private void KillRival()
    {
        rival?.Kill();
        if (rival is { } gone)
            run.Disk.Forget(gone);
        rival = null;
    }
}
