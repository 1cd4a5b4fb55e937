using Clew.Store;
using Clew.Sweep.Simulation.Disk;
using Clew.Sweep.Simulation.Machine;
using Clew.Sweep.Simulation.Oracle;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>Appends and reads, and tries again with the same ids where it does not know what came of it.</summary>
internal sealed class Client(RunContext run, StoreHost host, SimulatedProcess self, Chance chance)
{
    private const int AttemptsMax = 25;

    private readonly Workload workload = new(chance, run.Options, run.History);
    private int running;

    public bool IsDone { get; private set; }

    public bool IsStopped { get; set; }

    public void Start()
    {
        running = run.Options.InFlightPerClient;
        for (var lane = 0; lane < run.Options.InFlightPerClient; lane++)
        {
            self.Run(async () =>
            {
                for (var request = 0; request < run.Options.RequestsPerClient && !IsStopped; request++)
                {
                    await self.Delay(chance.Exponential(400));
                    await DoSomethingAsync();
                }

                IsDone = --running == 0;
            });
        }
    }

    /// <summary>Asks again for everything of which nobody knows what came, and then for something new.</summary>
    public async Task SettleAsync()
    {
        foreach (var sent in run.History.Batches.Where(sent => sent.MayBeInLog && !sent.IsAcknowledged).ToArray())
            await TryAsync(sent);

        var last = run.History.Sent(new AppendBatch(workload.Batch().Events));
        if (await TryAsync(last) is not AppendResult.Appended)
            throw new Violation("liveness: a healthy store did not append");
    }

    public async Task ReadNowAndThenAsync(SimulatedProcess process, IEventReader reader)
    {
        while (run.IsTroubled)
        {
            await process.Delay(chance.Exponential(20_000));
            if (!await ReadAsync(process, reader, isWriter: false))
                return;
        }
    }

    private Task DoSomethingAsync() => chance.Below(20) switch
    {
        < 3 => ReadInStoreAsync(),
        3 when run.History.Acks.Count > 0 => RepeatAsync(chance.Pick(run.History.Acks).Batch),
        5 when run.Options.Erases && run.History.KnownHeadInStore > 0 => EraseAsync(),
        4 when run.History.Acks.Count > 0 && run.Options.WindowEvents > 100_000 => ReuseIdsAsync(chance.Pick(run.History.Acks).Batch),
        _ => AppendAsync(),
    };

    private async Task AppendAsync()
    {
        var sent = run.History.Sent(workload.Batch());
        for (var attempt = 0; attempt < AttemptsMax && !IsStopped; attempt++)
        {
            if (await TryAsync(sent) is not null)
                return;
            await self.Delay(500 + chance.Exponential(4_000));
        }
    }

    private async Task RepeatAsync(SentBatch sent)
    {
        run.Counts.Add(FaultKind.DoubledRequest);
        await TryAsync(sent);
    }

    private async Task ReuseIdsAsync(SentBatch other)
    {
        run.Counts.Add(FaultKind.IdReused);
        await TryAsync(run.History.Sent(workload.BatchOfUsedIds(other.Batch), reusesIds: true));
    }

    private async Task EraseAsync()
    {
        if (host.Store is not IEventEraser store || host.Process is not { } process)
            return;

        var sent = run.History.Erasing(workload.Target());
        try
        {
            var answer = await process.Call(async () => await store.EraseAsync(new(sent.Target) { Reason = sent.Reason, By = self.Name }));
            run.Say(self.Name, $"{sent}: {answer}");
            run.History.Erased(sent, answer);
            run.CheckGone(sent);
        }
        catch (Exception exception)
        {
            run.Say(self.Name, $"{sent}: {exception.GetType().Name}: {exception.Message}");
            Faulted(sent, exception);
        }
    }

    private void Faulted(SentErasure sent, Exception exception)
    {
        switch (exception)
        {
            case StoreFullException when run.Options.RunsFull && run.IsTroubled:
            case StoreUnavailableException when run.IsTroubled:
                sent.Refuse();
                break;
            case ClockRefusedException when run.Options.Clock == ClockTrouble.Days && run.IsTroubled:
                run.Counts.Add(FaultKind.ClockJumpRefused);
                sent.Refuse();
                break;
            case StoreFailedException when run.IsTroubled || run.IsDamaged:
                run.Counts.Add(FaultKind.ErasureUnknown);
                host.Failed();
                break;
            case StoreCorruptedException:
                host.FoundDamage(exception);
                break;
            case ProcessDiedException:
            case ObjectDisposedException when run.IsTroubled:
                run.Counts.Add(FaultKind.ErasureUnknown);
                break;
            default:
                throw new Violation($"{sent} was answered with {exception}");
        }
    }

    /// <returns>The answer, where there is a definite one; none where it has to be asked for again.</returns>
    private async Task<AppendResult?> TryAsync(SentBatch sent)
    {
        if (host.Store is not { } store || host.Process is not { } process)
            return null;

        var head = run.History.KnownHeadInStore;
        sent.Attempts++;
        try
        {
            // Not disposed: the timer outlives an answer that comes sooner.
            var patience = new CancellationTokenSource();
            var isImpatient = run.IsTroubled && chance.Happens(run.Options.GivesUp);
            if (isImpatient)
                run.Scheduler.After(chance.Exponential(2_000), process, patience.Cancel);
            var answer = await process.Call(async () => await store.AppendAsync(sent.Batch, isImpatient ? patience.Token : default));
            Take(sent, answer, head);
            return answer;
        }
        catch (Exception exception)
        {
            run.Say(self.Name, $"{sent}: {exception.GetType().Name}: {exception.Message}");
            return Faulted(sent, exception);
        }
    }

    private void Take(SentBatch sent, AppendResult answer, long headWhenSent)
    {
        switch (answer)
        {
            case AppendResult.Appended appended:
                run.Say(self.Name, $"{sent}: appended at {appended.First}..{appended.Last}");
                run.History.Acknowledged(sent, appended);
                foreach (var (stream, version) in appended.Versions)
                    workload.Learn(stream, version);
                break;
            case AppendResult.Conflict conflict:
                run.Say(self.Name, $"{sent}: conflict {string.Join("; ", conflict.Broken)}");
                run.History.Refused(sent, conflict, headWhenSent);
                foreach (var broken in conflict.Broken)
                {
                    if (broken is { Condition: AppendCondition.StreamAtVersion at, Actual: { } actual })
                        workload.Learn(at.Stream, actual);
                }

                break;
        }
    }

    private AppendResult? Faulted(SentBatch sent, Exception exception)
    {
        switch (exception)
        {
            case EventIdReusedException when sent.ReusesIds:
            case StoreFullException when run.Options.RunsFull && run.IsTroubled:
            case StoreUnavailableException when run.IsTroubled:
                sent.Refusals++;
                break;
            case ClockRefusedException when run.Options.Clock == ClockTrouble.Days && run.IsTroubled:
                run.Counts.Add(FaultKind.ClockJumpRefused);
                sent.Refusals++;
                break;
            case StoreFailedException when run.IsTroubled || run.IsDamaged:
                run.Counts.Add(FaultKind.UnknownOutcome);
                host.Failed();
                break;
            case StoreCorruptedException:
                host.FoundDamage(exception);
                break;
            case OperationCanceledException:
                run.Counts.Add(FaultKind.ClientGaveUp);
                break;
            case ProcessDiedException:
            case ObjectDisposedException when run.IsTroubled:
                run.Counts.Add(FaultKind.UnknownOutcome);
                break;
            default:
                throw new Violation($"{sent} was answered with {exception}");
        }

        return null;
    }

    private async Task ReadInStoreAsync()
    {
        if (host.Process is { } process && host.Store is { } store)
            await ReadAsync(process, store, isWriter: true);
    }

    /// <returns>Whether the reader is still of use.</returns>
    private async Task<bool> ReadAsync(SimulatedProcess process, IEventReader store, bool isWriter)
    {
        var request = workload.Read();
        // One process may lag behind what is known in another, so a bound is only known where the store's own has seen it.
        var known = isWriter ? run.History.KnownHeadInStore : 0;
        try
        {
            return await process.Call(async () =>
            {
                run.History.DidRead(await ReadAllAsync(store, request, known));
                return true;
            });
        }
        catch (Exception exception) when (exception is ProcessDiedException or ObjectDisposedException
            || (exception is StoreUnavailableException && run.IsTroubled))
        {
            run.Say(self.Name, $"a read was interrupted: {exception.Message}");
        }
        catch (StoreCorruptedException exception)
        {
            host.FoundDamage(exception);
        }

        return false;
    }

    public async Task<DoneRead> ReadAllAsync(IEventReader store, ReadRequest request, long known)
    {
        var from = run.LooksFrom(await store.HeadAsync());
        var events = new List<SeenEvent>();
        var readTo = 0L;
        var isLast = false;
        await foreach (var page in store.ReadAsync(request))
        {
            if (isLast)
                throw new Violation("a page came after the last one");
            events.AddRange(page.Events.Select(recorded => Content.Check(run.History, recorded, from)));
            readTo = page.ReadTo.Value;
            isLast = page.AtHead;
        }

        if (!isLast && request.Limit is null)
            throw new Violation("a read ended without its last page");
        return new(request, known, events, readTo);
    }
}
