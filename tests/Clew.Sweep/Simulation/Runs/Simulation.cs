using Clew.Events;
using Clew.Store;
using Clew.Sweep.Simulation.Machine;
using Clew.Sweep.Simulation.Oracle;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>One seed: some time with faults, some time without in which everything has to come right, and then the verdict.</summary>
internal sealed class Simulation
{
    private const long StepsMax = 3_000_000;
    private const long TroubledMicrosecondsMax = 30_000_000;
    private const long HealingMicrosecondsMax = 60_000_000;

    private readonly RunContext run;
    private readonly StoreHost host;
    private readonly List<Client> clients = [];
    private readonly List<Follower> followers = [];
    private readonly List<OtherProcess> others = [];
    private readonly Troublemaker trouble;

    private Simulation(ulong seed, StoreOpener opener, bool isRead)
    {
        run = new RunContext(seed, isRead);
        host = new StoreHost(run, opener);
        run.Disk.CacheLost = host.LoseCache;
        var outside = new SimulatedProcess(run.Scheduler, "outside");
        var workload = new Workload(run.Chance.Fork(), run.Options, run.History);
        for (var client = 0; client < run.Options.Clients; client++)
            clients.Add(new Client(run, host, new SimulatedProcess(run.Scheduler, $"client-{client}"), run.Chance.Fork()));
        for (var index = 0; index < run.Options.Followers; index++)
            AddFollower($"follower-{index}", workload.Filter(), host.Add);
        for (var index = 0; index < run.Options.OtherProcesses && opener.Reader is not null; index++)
        {
            AddFollower($"reader-{index}", workload.Filter(), follower =>
                others.Add(new OtherProcess(run, host, opener, follower, clients[0])));
        }

        trouble = new Troublemaker(run, host, opener, others, outside);
        host.Boot();
        foreach (var other in others)
            other.Boot();
        foreach (var client in clients)
            client.Start();
        outside.Run(trouble.WorkAsync);
    }

    public static RunReport Run(ulong seed, StoreOpener? opener = null, bool isRead = false)
    {
        // A failure while it is set up is a failure of the seed too, and what a run awaits must not see the caller's context.
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        Simulation? simulation = null;
        Exception? failure = null;
        try
        {
            simulation = new Simulation(seed, opener ?? StoreOpener.Segments, isRead);
            simulation.Run();
        }
        catch (Exception exception)
        {
            failure = exception;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        return RunReport.Of(seed, simulation?.run, failure);
    }

    private bool IsOver => host.DetectedDamage is not null || run.HasLostTail;

    private void Run()
    {
        run.Scheduler.Run(() => clients.All(client => client.IsDone) || IsOver || run.Scheduler.Now > TroubledMicrosecondsMax, StepsMax);
        if (IsOver)
            return;

        foreach (var client in clients)
            client.IsStopped = true;
        trouble.EndTroubles();
        Await("the store does not open", () => host.Store is not null);
        if (!IsOver)
            Settle();
        if (!IsOver)
            Verdict();
    }

    private void Settle()
    {
        var isSettled = false;
        var healer = new SimulatedProcess(run.Scheduler, "healer");
        healer.Run(async () =>
        {
            await clients[0].SettleAsync();
            isSettled = true;
        });
        Await("appends are not answered", () => isSettled);
        foreach (var follower in followers)
        {
            Await(
                $"{follower.Name} stays at {follower.Position}, and the head is {run.History.KnownHead}",
                () => follower.Position >= run.History.KnownHead);
        }
    }

    private void Verdict()
    {
        var judge = new Judge(run.History, Do(async store => await ReadAsync(store, ReadRequest.All)).Events);
        judge.CheckAll();
        CheckResidue(judge);
        CheckReads(judge);
        var head = judge.Log.Head;
        Reopen();
        if (IsOver)
            return;

        new Judge(run.History, Do(async store => await ReadAsync(store, ReadRequest.All)).Events).CheckAll();
        if (Do(async store => (await store.HeadAsync()).Position.Value) != head)
            throw new Violation("the log changed while it was closed and opened");
        CheckReads(judge);
    }

    private void CheckResidue(Judge judge)
    {
        if (!run.IsDamaged && new Residue(judge.Erased()).Find(run.Disk) is var (place, id))
            throw new Violation($"{run.History.Named(id)} is erased, and some of it is left: {place}");
    }

    private void CheckReads(Judge judge)
    {
        var workload = new Workload(run.Chance.Fork(), run.Options, run.History);
        for (var read = 0; read < 12 && !IsOver; read++)
            judge.CheckRead(Do(store => ReadAsync(store, workload.Read())));
        judge.CheckRead(Do(store => ReadAsync(store, ReadRequest.All with
        {
            Direction = ReadDirection.Backwards,
            AsOf = new AsOf.Position(new GlobalPosition(judge.Log.Head)),
        })));
    }

    private Task<DoneRead> ReadAsync(IEventReader store, ReadRequest request) =>
        clients[0].ReadAllAsync(store, request, run.History.KnownHead);

    private void Reopen()
    {
        var isReopened = false;
        new SimulatedProcess(run.Scheduler, "operator").Run(async () =>
        {
            await host.CloseAsync();
            host.OpenAgain();
            isReopened = true;
        });
        Await("closing and opening again does not end", () => isReopened && host.Store is not null);
    }

    private T Do<T>(Func<IEventStore, Task<T>> work)
    {
        var done = host.Process!.Call(() => work(host.Running));
        Await("a read does not end", () => done.IsCompleted);
        if (!done.IsCompleted)
            throw new DamageFoundException();
        try
        {
            return done.GetAwaiter().GetResult();
        }
        catch (StoreCorruptedException exception)
        {
            host.FoundDamage(exception);
            throw new DamageFoundException();
        }
    }

    private void Await(string otherwise, Func<bool> isDone)
    {
        var deadline = run.Scheduler.Now + HealingMicrosecondsMax;
        run.Scheduler.Run(() => isDone() || IsOver || run.Scheduler.Now > deadline, StepsMax);
        if (!isDone() && !IsOver)
            throw new Violation($"liveness: {otherwise}");
    }

    private void AddFollower(string name, EventFilter filter, Action<Follower> add)
    {
        var follower = new Follower(run, name, filter, run.Chance.Fork(), host.FoundDamage);
        followers.Add(follower);
        add(follower);
    }
}

/// <summary>Unwinds a verdict on a damaged log: the damage was found and reported, which is all that is asked.</summary>
internal sealed class DamageFoundException : Exception;
