using Clew.Store;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>A program of its own that follows the store's folder, and can be killed by itself.</summary>
internal sealed class OtherProcess(RunContext run, StoreOpener opener, Follower follower, Client client, Action<Exception> onDamage)
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
            try
            {
                var reader = await opener.Reader!(run.SurroundingsOf(own), run.StoreOptions);
                own.Run(() => client.ReadNowAndThenAsync(own, reader));
                await follower.FollowAsync(reader, own, () => true);
                return;
            }
            catch (Exception exception) when (exception is StoreUnavailableException or StoreFormatException)
            {
                // The folder may hold no store yet.
                run.Say(follower.Name, $"not opened: {exception.Message}");
            }
            catch (StoreCorruptedException exception)
            {
                onDamage(exception);
                return;
            }

            await own.Delay(5_000);
        }
    }
}
