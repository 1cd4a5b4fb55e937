using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Sweep.Commands;

/// <summary>What came of full disks.</summary>
internal readonly record struct FullDiskTally(int Acks, int Refused, int OpeningsRefused, int RestartsRefused)
{
    public static FullDiskTally operator +(FullDiskTally one, FullDiskTally other) => new(
        one.Acks + other.Acks, one.Refused + other.Refused, one.OpeningsRefused + other.OpeningsRefused, one.RestartsRefused + other.RestartsRefused);
}

/// <summary>
/// One store on a disk that runs full, twice: the first time space is made while the store is open, the second time it is opened again
/// while there is none. Throws where anything else happens than is promised.
/// </summary>
internal sealed class FullDiskTrial(SmallDisk disk, SegmentStoreOptions options, int freeKiB)
{
    private const int BatchesMax = 200_000;
    private const int BatchesAfter = 20;
    private const int TogetherMax = 4;

    private readonly ChildStore child = new(disk.Store, options);
    private readonly List<(int Number, int Index)> expected = [];
    private FullDiskTally tally;
    private int next;

    public async Task<FullDiskTally> RunAsync()
    {
        disk.FillUpTo(freeKiB);
        var store = await OpenAsync();
        try
        {
            await using (var subscription = store.SubscribeAsync(new SubscribeRequest(EventFilter.All)).GetAsyncEnumerator())
            {
                var seen = new List<(int Number, int Index)>();
                await AppendUntilFullAsync(store);
                await CheckAsync(store);
                await FollowAsync(subscription, seen);
                disk.MakeSpace();
                await AppendAsync(store, BatchesAfter);
                await FollowAsync(subscription, seen);
            }

            disk.FillUpTo(freeKiB);
            await AppendUntilFullAsync(store);
            await store.DisposeAsync();
            store = await RestartAsync();
            await AppendAsync(store, BatchesAfter);
            await CheckAsync(store);
        }
        finally
        {
            await store.DisposeAsync();
        }

        return await CheckClosedAsync();
    }

    private async Task<SegmentEventStore> OpenAsync()
    {
        if (await TryOpenAsync() is { } store)
            return store;

        tally = tally with { OpeningsRefused = tally.OpeningsRefused + 1 };
        disk.MakeSpace();
        store = await SegmentEventStore.OpenAsync(disk.Store, options);
        disk.FillUpTo(freeKiB);
        return store;
    }

    /// <summary>Opens the store again on the full disk: always for reading, and for writing at the latest when there is space.</summary>
    private async Task<SegmentEventStore> RestartAsync()
    {
        await using (var reader = await SegmentEventReader.OpenAsync(disk.Store, options))
            await CheckAsync(reader);

        var store = await TryOpenAsync();
        if (store is null)
        {
            tally = tally with { RestartsRefused = tally.RestartsRefused + 1 };
        }
        else
        {
            await CheckAsync(store);
            await AppendUntilFullAsync(store);
        }

        disk.MakeSpace();
        return store ?? await SegmentEventStore.OpenAsync(disk.Store, options);
    }

    private async Task<SegmentEventStore?> TryOpenAsync()
    {
        try
        {
            return await SegmentEventStore.OpenAsync(disk.Store, options);
        }
        catch (StoreFullException)
        {
            return null;
        }
    }

    private async Task AppendUntilFullAsync(SegmentEventStore store)
    {
        for (var refused = 0; refused == 0;)
        {
            Require(next < BatchesMax, "the disk does not run full");
            refused = await AppendTogetherAsync(store, 1 + (next % TogetherMax));
        }
    }

    private async Task AppendAsync(SegmentEventStore store, int batches)
    {
        for (var count = 0; count < batches; count++)
            Require(await AppendTogetherAsync(store, 1) == 0, "there is space, and an append was refused");
    }

    /// <returns>How many were refused for want of space; every other outcome is a fault.</returns>
    private async Task<int> AppendTogetherAsync(SegmentEventStore store, int count)
    {
        var first = next;
        next += count;
        var answers = await Task.WhenAll(Enumerable.Range(first, count).Select(number => Task.Run(() => TryAppendAsync(store, number))));
        foreach (var (number, answer) in answers.Select((answer, index) => (first + index, answer)).Where(pair => pair.answer is not null)
            .OrderBy(pair => pair.answer!.First.Value))
        {
            Require(answer!.First.Value == expected.Count + 1, $"batch {number} is at {answer.First}, not at {expected.Count + 1}");
            expected.AddRange(ChildBatch.Events(number).Select((_, index) => (number, index)));
            child.Take([(number, answer.First.Value, answer.Last.Value)]);
        }

        var refused = answers.Count(answer => answer is null);
        tally = tally with { Acks = tally.Acks + count - refused, Refused = tally.Refused + refused };
        return refused;
    }

    private static async Task<AppendResult.Appended?> TryAppendAsync(SegmentEventStore store, int number)
    {
        try
        {
            return (AppendResult.Appended)await store.AppendAsync(new AppendBatch(ChildBatch.Events(number)));
        }
        catch (StoreFullException)
        {
            return null;
        }
    }

    private async Task CheckAsync(IEventReader reader)
    {
        var found = new List<(int Number, int Index)>();
        await foreach (var recorded in reader.ReadEventsAsync(ReadRequest.All))
            found.Add(Parsed(recorded));
        Require(found.SequenceEqual(expected), $"{found.Count} events are read, and {expected.Count} were acknowledged");
    }

    private async Task FollowAsync(IAsyncEnumerator<EventPage> subscription, List<(int Number, int Index)> seen)
    {
        while (seen.Count < expected.Count && await subscription.MoveNextAsync())
            seen.AddRange(subscription.Current.Events.Select(Parsed));
        Require(seen.SequenceEqual(expected), $"a subscription saw {seen.Count} events, and {expected.Count} were acknowledged");
    }

    private async Task<FullDiskTally> CheckClosedAsync()
    {
        var report = await SegmentStoreVerification.RunAsync(disk.Store);
        Require(report.IsSound, $"it is not sound: {string.Join(", ", [report.FirstDamage, .. report.IndexDamage])}");
        Require(await child.CheckAsync() == expected.Count, "there are events that were refused");
        return tally;
    }

    private static (int Number, int Index) Parsed(Events.RecordedEvent recorded) =>
        ChildBatch.Parse(recorded) ?? throw new InvalidOperationException($"{recorded} is nothing that was appended");

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }
}
