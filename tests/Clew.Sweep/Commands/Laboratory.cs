using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Commands;

/// <summary>Runs the engine over bytes in memory, on one thread and in virtual time.</summary>
internal static class Laboratory
{
    private const long StepsMax = 2_000_000;

    public static SegmentStoreOptions Options { get; } = new() { SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin };

    /// <summary>Opens the store as a new process, does something with it, and lets the process die.</summary>
    public static T With<T>(MemoryDisk disk, Func<SegmentEventStore, Task<T>> work) => Run(disk, disk, Options, (store, _) => work(store));

    /// <summary>The same, through something that may lie between the engine and the disk, and with the process, in which time can pass.</summary>
    public static T Run<T>(IDisk seen, MemoryDisk disk, SegmentStoreOptions options, Func<SegmentEventStore, SimulatedProcess, Task<T>> work) =>
        Run(seen, disk, async (surroundings, process) => await work(await SegmentEventStore.OpenAsync(surroundings, options), process));

    /// <summary>Does something as a new process, and lets it die.</summary>
    public static T Run<T>(IDisk seen, MemoryDisk disk, Func<Surroundings, SimulatedProcess, Task<T>> work)
    {
        var chance = new Chance(1);
        var scheduler = new Scheduler(chance, new Trace(isRead: false));
        var process = new SimulatedProcess(scheduler, "trial");
        var surroundings = new Surroundings(seen, new SimulatedTime(process, new WallClock()), process, chance.Fill);
        var done = process.Call(() => work(surroundings, process));
        var deadline = 60_000_000;
        scheduler.Run(() => done.IsCompleted || scheduler.Now > deadline, StepsMax);
        disk.Forget();
        return done.IsCompleted ? done.GetAwaiter().GetResult() : throw new Violation("the engine does not answer");
    }

    public static async Task<long> AppendAsync(SegmentEventStore store, int number)
    {
        var answer = (AppendResult.Appended)await store.AppendAsync(new AppendBatch(ChildBatch.Events(number)));
        return answer.Last.Value;
    }

    /// <summary>Reads everything there is, in every way there is, and compares.</summary>
    /// <returns>How many events there are.</returns>
    public static async Task<int> ReadEverythingAsync(SegmentEventStore store)
    {
        var found = new List<(int Number, int Index)>();
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All))
        {
            found.Add(ChildBatch.Parse(recorded) ?? throw new Violation($"{recorded} is nothing that was appended"));
            if (recorded.Position.Value != found.Count || found[^1].Number > found.Count)
                throw new Violation($"{recorded} is where position {found.Count} belongs");
        }

        await CompareAsync(store, found, ReadRequest.All with { Direction = ReadDirection.Backwards }, _ => true);
        for (var remainder = 0; remainder < 7; remainder++)
        {
            await CompareAsync(
                store, found, ReadRequest.Stream(ChildBatch.Events(remainder)[0].Stream), place => place.Number % 7 == remainder);
        }

        for (var index = 0; index < 3; index++)
            await CompareAsync(store, found, ReadRequest.Matching(Events.Query.Types($"type-{index}")), place => place.Index == index);
        for (var tag = 0; tag < 11; tag++)
        {
            await CompareAsync(
                store, found, ReadRequest.Matching(Events.Query.Tags(ChildBatch.Events(tag)[0].Tags)), place => place.Number % 11 == tag);
        }

        return found.Count;
    }

    private static async Task CompareAsync(
        SegmentEventStore store, List<(int Number, int Index)> all, ReadRequest request, Func<(int Number, int Index), bool> isMatch)
    {
        var expected = all.Where(isMatch);
        if (request.Direction == ReadDirection.Backwards)
            expected = expected.Reverse();
        var found = new List<(int Number, int Index)>();
        await foreach (var recorded in store.ReadEventsAsync(request))
            found.Add(ChildBatch.Parse(recorded) ?? throw new Violation($"{recorded} is nothing that was appended"));
        if (!expected.SequenceEqual(found))
            throw new Violation($"{request.Filter} {request.Direction} gives {found.Count} events, not {expected.Count()}");
    }
}
