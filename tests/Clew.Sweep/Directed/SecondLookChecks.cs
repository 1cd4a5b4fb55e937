using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>Appends that meet between the look that their callers take and the one that the writer takes.</summary>
internal static class SecondLookChecks
{
    private static readonly AppendBatch Batch = new(ChildBatch.Events(2));

    public static void Two_appends_of_one_batch_at_the_same_time_have_one_effect()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));
        var (first, second) = disk.With(async (store, _) =>
        {
            var held = disk.HoldFlush(".seg");
            var leading = store.AppendAsync(Batch).AsTask();
            var following = store.AppendAsync(Batch).AsTask();
            held.LetGo();
            return (await leading, await following);
        });

        Expect.Same(first, second, "the second answer");
        Expect.Opens(disk.Cache, ((AppendResult.Appended)first).Last.Value);
    }

    public static void Two_appends_that_expect_the_same_version_at_the_same_time_are_one_success_and_one_conflict()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));
        var condition = new AppendCondition.StreamAtVersion("fresh", StreamVersion.None);
        var (first, second) = disk.With(async (store, _) =>
        {
            var held = disk.HoldFlush(".seg");
            var leading = store.AppendAsync(new AppendBatch([Event("fresh", 1)], condition)).AsTask();
            var following = store.AppendAsync(new AppendBatch([Event("fresh", 2)], condition)).AsTask();
            held.LetGo();
            return (await leading, await following);
        });

        var position = ((AppendResult.Appended)first).Last;
        Expect.Same<AppendResult>(new AppendResult.Conflict([new(condition, position, new(1))]), second, "the second answer");
    }

    public static void Two_appends_that_expect_no_such_event_at_the_same_time_are_one_success_and_one_conflict()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));
        var condition = new AppendCondition.NoEventMatching(Query.Tags("seat:12F"));
        var (first, second) = disk.With(async (store, _) =>
        {
            var held = disk.HoldFlush(".seg");
            var leading = store.AppendAsync(new AppendBatch([Event("ann", 1) with { Tags = ["seat:12F"] }], condition)).AsTask();
            var following = store.AppendAsync(new AppendBatch([Event("bob", 2) with { Tags = ["seat:12F"] }], condition)).AsTask();
            held.LetGo();
            return (await leading, await following);
        });

        Expect.Same<AppendResult>(new AppendResult.Conflict([new(condition, ((AppendResult.Appended)first).Last, null)]), second, "the second answer");
    }

    public static void Two_appends_to_one_stream_at_the_same_time_count_on()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));
        var (first, second) = disk.With(async (store, _) =>
        {
            var held = disk.HoldFlush(".seg");
            var leading = store.AppendAsync(Event("shared", 1)).AsTask();
            var following = store.AppendAsync(Event("shared", 2)).AsTask();
            held.LetGo();
            return ((AppendResult.Appended)await leading, (AppendResult.Appended)await following);
        });

        Expect.Same((1, 2), (first.Version.Value, second.Version.Value), "the versions");
    }

    public static void What_was_written_and_filed_between_the_two_looks_counts()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 100));
        var condition = new AppendCondition.StreamAtVersion("contended", StreamVersion.None);
        var (answer, position) = disk.With(async (store, _) =>
        {
            // The stream is in no tail, so the first look reads index files; it has taken the head by then.
            await FillAsync(store, 100, 300);
            var held = disk.HoldRead(".idx");
            var late = store.AppendAsync(new AppendBatch([Event("contended", 1)], condition)).AsTask();
            Expect.That(held.IsReached, "the first look reads no index file");
            var early = (AppendResult.Appended)await store.AppendAsync(new AppendBatch([Event("contended", 2)]));
            await FillAsync(store, 300, 500);
            held.LetGo();
            return (await late, early.Last);
        });

        Expect.Same<AppendResult>(new AppendResult.Conflict([new(condition, position, new(1))]), answer, "the answer");
    }

    private static async Task FillAsync(SegmentEventStore store, int first, int end)
    {
        for (var number = first; number < end; number++)
            await Laboratory.AppendAsync(store, number);
    }

    private static EventData Event(StreamName stream, int number) =>
        new(stream, "happened", new byte[10]) { Id = new Guid(number, 1, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 2) };
}
