using Clew.Store.Segments;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Disk;

/// <summary>Something that a process has asked the disk for, and that takes its time.</summary>
internal abstract class DiskCall(SimulatedProcess process, string what)
{
    public SimulatedProcess Process => process;

    public string What => what;

    public abstract void Finish();

    /// <summary>The process died meanwhile: it happens all the same, or in part.</summary>
    public abstract void Interrupt(Chance chance);
}

internal sealed class DiskCall<T>(SimulatedProcess process, string what, Func<T> effect, Action<Chance>? part = null)
    : DiskCall(process, what)
{
    private readonly TaskCompletionSource<T> answer = new();

    public Task<T> Answer => answer.Task;

    public override void Finish()
    {
        try
        {
            answer.SetResult(effect());
        }
        catch (DiskException exception)
        {
            answer.SetException(exception);
        }
    }

    public override void Interrupt(Chance chance)
    {
        if (part is not null && chance.Happens(0.5))
            part(chance);
        else
            Finish();
    }
}
