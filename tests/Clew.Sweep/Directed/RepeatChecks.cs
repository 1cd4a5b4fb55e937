using Clew.Events;
using Clew.Store;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>Batches whose ids the log has: which of them are the earlier batch, and which only look like it.</summary>
internal static class RepeatChecks
{
    public static void A_repeated_batch_is_known_at_the_far_edge_of_the_window_and_not_beyond_it()
    {
        const int window = 20;
        var options = Laboratory.Options with { WindowEvents = window };
        var disk = new MemoryDisk();
        var (atTheEdge, beyond) = Laboratory.Run(disk, disk, options, async (store, _) =>
        {
            for (var number = 1; number <= window; number++)
                await store.AppendAsync(Event(number));
            var known = await store.AppendAsync(Event(1));
            await store.AppendAsync(Event(window + 1));
            return (known, await store.AppendAsync(Event(1)));
        });

        Expect.Same(1, ((AppendResult.Appended)atTheEdge).First.Value, "the place of a batch that is as old as the window");
        Expect.Same(window + 2, ((AppendResult.Appended)beyond).First.Value, "the place of a batch that is older");
    }

    public static void A_repeated_batch_that_is_older_than_the_window_is_known_where_its_condition_fails()
    {
        var disk = new MemoryDisk();
        var batch = new AppendBatch([Event(1)], new AppendCondition.StreamAtVersion("s", StreamVersion.None));
        var again = Laboratory.Run(disk, disk, Laboratory.Options with { WindowEvents = 5 }, async (store, _) =>
        {
            await store.AppendAsync(batch);
            for (var number = 2; number <= 20; number++)
                await store.AppendAsync(Event(number));
            return await store.AppendAsync(batch);
        });

        Expect.Same(1, (again as AppendResult.Appended)?.First.Value, "the place of the batch");
    }

    public static void A_batch_made_of_the_end_of_one_and_the_beginning_of_the_next_is_refused() =>
        IsRefused([[Event(1), Event(2)], [Event(3), Event(4)]], [Event(2), Event(3)]);

    public static void A_batch_with_the_ids_of_another_and_one_type_changed_is_refused() =>
        IsRefused([[Event(1), Event(2)]], [Event(1), Event(2) with { Type = "other" }]);

    public static void A_batch_with_the_ids_of_another_and_one_stream_changed_is_refused() =>
        IsRefused([[Event(1), Event(2)]], [Event(1), Event(2) with { Stream = "other" }]);

    public static void The_beginning_of_a_batch_is_not_that_batch() =>
        IsRefused([[Event(1), Event(2), Event(3)]], [Event(1), Event(2)]);

    private static void IsRefused(EventData[][] earlier, EventData[] batch) => Laboratory.With(new MemoryDisk(), async store =>
    {
        foreach (var one in earlier)
            await store.AppendAsync(one);
        var head = await store.HeadAsync();
        await Expect.ThrowsAsync<EventIdReusedException>(async () => await store.AppendAsync(batch));
        Expect.Same(head, await store.HeadAsync(), "the head");
        return true;
    });

    private static EventData Event(int number) =>
        new("s", "happened", new byte[10]) { Id = new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 3) };
}
