using Clew.Store;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>A program of its own that follows the store's folder, and can be killed by itself.</summary>
internal sealed class OtherProcess(RunContext run, StoreHost host, StoreOpener opener, Follower follower, Client client)
{
    private SimulatedProcess? process;
    private int boots;

    public Follower Follower => follower;

    public void Boot()
    {
        var own = process = new SimulatedProcess(run.Scheduler, $"{follower.Name}-{++boots}");
        own.Run(() => LiveAsync(own));
    }

    public void Kill()
    {
        process?.Kill();
        if (process is { } gone)
            run.Disk.Forget(gone);
        process = null;
        follower.FallBack();
    }

    private async Task LiveAsync(SimulatedProcess own)
    {
        while (true)
        {
            var isRecovered = host.HasRecovered;
            try
            {
                var reader = await opener.Reader!(run.SurroundingsOf(own), run.StoreOptions);
                await UseAsync(own, reader);
            }
            catch (Exception exception) when (exception is StoreUnavailableException or StoreFormatException)
            {
                // The folder may hold no store yet.
                run.Say(follower.Name, $"not opened: {exception.Message}");
            }
            catch (CheckpointRefusedException) when (!isRecovered || !host.HasRecovered || run.IsDamaged)
            {
                // The mark may be older than what was seen, until its writer has looked how far the log really goes, or has written it again
                // where the last time it went astray.
                run.Say(follower.Name, "is ahead of a log that nobody has recovered yet");
            }
            catch (StoreCorruptedException exception)
            {
                host.FoundDamage(exception);
            }

            await own.Delay(5_000);
        }
    }

    // A reader that met a fault may stay where it is, so a new one is opened after each.
    private async Task UseAsync(SimulatedProcess own, IEventReader reader)
    {
        own.Run(() => client.ReadNowAndThenAsync(own, reader));
        for (var visits = 0; visits < 5; visits++)
        {
            await follower.FollowAsync(reader, own);
            await own.Delay(500);
        }

        await reader.DisposeAsync();
    }
}
