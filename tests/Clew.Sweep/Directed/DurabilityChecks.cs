using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Directed;

/// <summary>What is on the device at each moment, and what may be seen or said then.</summary>
internal static class DurabilityChecks
{
    public static void Nothing_gets_its_name_before_its_bytes_are_on_the_device()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        var renamed = new HashSet<string>();
        disk.Renaming = (from, to) =>
        {
            Expect.That(disk.IsFlushed(from), $"{to} gets its name before it is flushed");
            renamed.Add(Path.GetExtension(to));
        };

        FillAndClose(disk, batches: 150);

        Expect.That(renamed.SetEquals(["", ".seg", ".idx"]), $"only {string.Join(" ", renamed)} were named");
    }

    public static void Nothing_is_written_into_a_segment_before_its_name_is_on_the_device()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        disk.Writing = (name, _) =>
            Expect.That(SegmentHeader.ParseName(name) is null || disk.HasDurable(name), $"{name} is written before its name is durable");

        FillAndClose(disk, batches: 150);
    }

    public static void What_is_in_the_cache_only_is_written_again_and_flushed_by_recovery()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));
        var isAnswered = disk.With((store, _) =>
        {
            disk.HoldFlush(".seg");
            return Task.FromResult(Laboratory.AppendAsync(store, 2).IsCompleted);
        });
        var group = LogOnDisk.Of(disk.Cache).Groups[^1];
        Expect.That(!isAnswered && !disk.IsFlushed(group.File), "the group is on the device already");
        var isWritten = false;
        disk.Writing = (name, offset) => isWritten |= name == group.File && offset <= group.Offset;

        disk.With(async (store, _) => Expect.Same(group.After.Position, (await store.HeadAsync()).Position.Value, "the head"));

        Expect.That(isWritten, "a flush of what counts as clean would do nothing: it was not written again");
        Expect.That(disk.IsFlushed(group.File), "what the store was opened with is not on the device");
    }

    public static void Nobody_sees_an_append_that_is_not_on_the_device()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));

        var (during, after) = disk.With(async (store, process) =>
        {
            var held = disk.HoldFlush(".seg");
            var append = Laboratory.AppendAsync(store, 2);
            Expect.That(held.IsReached, "the append does not wait for its flush");
            var during = await HeadsAsync(disk, store, process);
            held.LetGo();
            await append;
            return (during, await HeadsAsync(disk, store, process));
        });

        Expect.Same((3, 3), during, "what writer and reader see while the append is under way");
        Expect.Same((6, 6), after, "what they see after it");
    }

    public static void What_a_full_disk_refused_was_never_there()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));
        var isFull = false;
        disk.Writing = (name, _) =>
        {
            if (isFull && SegmentHeader.ParseName(name) is not null)
                throw new DiskException(DiskFault.Full, "No space left on device");
        };

        disk.With(async (store, _) =>
        {
            isFull = true;
            await Expect.ThrowsAsync<StoreFullException>(async () => await store.AppendAsync(Event()));
            isFull = false;
            var appended = (AppendResult.Appended)await store.AppendAsync(Event());
            Expect.Same(new AppendResult.Appended(new(4), new(4), [new("s", new(1))]), appended, "the answer once there is space");
            await store.AppendAsync(Event());
            Expect.Same(2, await store.ReadEventsAsync(ReadRequest.Stream("s")).CountAsync(), "the number of events in the stream");
            Expect.Same(5, await store.ReadEventsAsync(ReadRequest.All).CountAsync(), "the number of events in the log");
        });
    }

    public static void What_a_full_disk_refused_does_not_come_back_though_its_bytes_were_written()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));
        var isFull = false;
        disk.Written = (name, _) =>
        {
            if (!isFull || SegmentHeader.ParseName(name) is null)
                return;
            isFull = false;
            throw new DiskException(DiskFault.Full, "No space left on device, but for the last bytes");
        };

        disk.With(async (store, _) =>
        {
            isFull = true;
            await Expect.ThrowsAsync<StoreFullException>(async () => await store.AppendAsync(Event()));
        });

        Expect.Opens(disk.Cache, 3);
    }

    private static EventData Event() => new("s", "happened", new byte[10]) { Tags = ["k:1", "k:2"] };

    private static void FillAndClose(WatchedDisk disk, int batches) => disk.With(async (store, _) =>
    {
        for (var number = 0; number < batches; number++)
            await Laboratory.AppendAsync(store, number);
        await store.DisposeAsync();
    });

    private static async Task<(long Writer, long Reader)> HeadsAsync(WatchedDisk disk, SegmentEventStore store, SimulatedProcess process)
    {
        var surroundings = new Surroundings(disk, new SimulatedTime(process, new WallClock()), process, new Chance(2).Fill);
        await using var reader = await SegmentEventReader.OpenAsync(surroundings, Laboratory.Options);
        return ((await store.HeadAsync()).Position.Value, (await reader.HeadAsync()).Position.Value);
    }
}
