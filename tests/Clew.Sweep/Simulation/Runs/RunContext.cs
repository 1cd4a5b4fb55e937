using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Simulation.Disk;
using Clew.Sweep.Simulation.Machine;
using Clew.Sweep.Simulation.Oracle;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>What all parts of one run share.</summary>
internal sealed class RunContext
{
    public RunContext(ulong seed, bool isRead)
    {
        var chance = new Chance(seed);
        Options = SwarmOptions.Draw(chance);
        Chance = chance.Fork();
        Trace = new Trace(isRead);
        Scheduler = new Scheduler(chance.Fork(), Trace);
        Disk = new SimulatedDisk(Scheduler, Counts, chance.Fork()) { Faults = Options.Disk };
        History = new History(Scheduler, Options.WindowEvents);
        StoreOptions = new SegmentStoreOptions
        {
            SegmentBytesMax = Options.SegmentBytesMax,
            Durability = Options.Durability,
            WindowEvents = Options.WindowEvents,
            PortionEvents = 20,
        };
    }

    public SwarmOptions Options { get; }

    public SegmentStoreOptions StoreOptions { get; }

    public Chance Chance { get; }

    public Trace Trace { get; }

    public Scheduler Scheduler { get; }

    public SimulatedDisk Disk { get; }

    public FaultCounts Counts { get; } = new();

    public History History { get; }

    public WallClock Clock { get; } = new();

    /// <summary>Whether faults still happen; then comes the time in which everything has to work again.</summary>
    public bool IsTroubled { get; set; } = true;

    /// <summary>Whether some byte is not what the disk had promised to keep.</summary>
    public bool IsDamaged => Counts[FaultKind.Rot] + Counts[FaultKind.Misdirected] > 0;

    /// <summary>The end of the log is gone, in a way that a mark which is flushed later cannot show: the run is over.</summary>
    public bool HasLostTail { get; private set; }

    public Surroundings SurroundingsOf(SimulatedProcess process)
    {
        var entropy = Chance.Fork();
        return new(Disk.For(process), new SimulatedTime(process, Clock), process, entropy.Fill);
    }

    /// <summary>Who begins to look at the log now, at a head that is known to him.</summary>
    public LookedFrom LooksFrom(LogHead head)
    {
        History.IsDamaged = IsDamaged;
        return new(Scheduler.Steps, head.Position.Value);
    }

    /// <summary>Once an erasure was answered, nothing may be left on the disk of what was known of its events.</summary>
    public void CheckGone(SentErasure erasure)
    {
        // Beyond a small window an event that is sent again is a new one, and has the same content.
        if (IsDamaged || erasure.Answer is not EraseResult.Erased || Options.WindowEvents < 100_000)
            return;

        var erased = History.Facts
            .Where(fact => fact.Key <= erasure.HeadBefore)
            .Select(fact => (fact.Key, Data: History.SentAs(fact.Value.Id)))
            .Where(known => erasure.Means(known.Key, known.Data));
        if (new Residue(erased.Select(known => known.Data)).Find(Disk) is var (place, id))
            throw new Violation($"{History.Named(id)} is erased by the {erasure}, and some of it is left: {place}");
    }

    public void Say(string actor, string text) => Trace.Say(Scheduler.Now, actor, text);

    /// <summary>Whether a log that ends here may be gone on with: it has everything that anybody has seen of it.</summary>
    public bool Accepts(long head)
    {
        if (head >= History.KnownHead)
            return true;

        // The mark of the last groups is flushed a little later than they are; with Strict before the store itself shows them, though
        // another process may have. Rot in that time looks like a write that was torn, and nobody could tell; anything older must be noticed.
        var isRecent = History.Facts.Where(fact => fact.Key > head).All(fact => fact.Value.CacheLosses >= History.CacheLosses - 1);
        var isMarked = Options.Durability == Durability.Strict && head < History.KnownHeadInStore;
        if (!IsDamaged || isMarked || !isRecent)
            throw new Violation($"the log was opened at {head}, but {History.KnownHead} had been seen");

        Counts.Add(FaultKind.TailLostToRot);
        return !(HasLostTail = true);
    }
}
