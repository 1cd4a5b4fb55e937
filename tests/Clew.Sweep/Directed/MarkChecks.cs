using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>What HEAD says at each moment, in the cache and on the device.</summary>
internal static class MarkChecks
{
    private const long Idle = 20_000;

    public static void The_mark_is_on_the_device_soon_after_the_last_append()
    {
        var disk = new WatchedDisk(new MemoryDisk());

        var last = disk.With(async (store, process) =>
        {
            var position = await Laboratory.AppendAsync(store, 0);
            await process.Delay(Idle);
            return position;
        });

        Expect.Same(last, MarkOf(disk.Device())?.Mark.Point.Position, "the position that the mark proves after a power loss");
    }

    public static void The_mark_that_was_flushed_last_is_never_written_over()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        disk.Writing = (name, offset) =>
        {
            if (name == Watermark.FileName && MarkOf(disk.Device()) is { } durable)
                Expect.That(offset != durable.Slot * Watermark.SlotBytes, $"the mark of group {durable.Mark.Point.Group} is written over");
        };

        AppendAndDie(disk, 0, idle: true);
        AppendAndDie(disk, 60, idle: false);
        AppendAndClose(disk, 120);
        AppendAndDie(disk, 121, idle: false);

        Expect.Same(LogOnDisk.Of(disk.Cache).End.Position, MarkOf(disk.Cache)?.Mark.Point.Position, "the position that the mark names");
    }

    public static void The_mark_that_was_written_last_is_not_written_over_next()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        disk.Writing = (name, offset) =>
        {
            if (name == Watermark.FileName && MarkOf(disk.Cache) is { } latest)
                Expect.That(offset != latest.Slot * Watermark.SlotBytes, $"who reads HEAD just now finds no mark of group {latest.Mark.Point.Group}");
        };

        AppendAndDie(disk, 0, idle: false);
        AppendAndDie(disk, 60, idle: true);
    }

    public static void A_mark_of_a_clean_end_is_taken_back_before_anything_follows_it()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        AppendAndClose(disk, 0);
        Expect.That(MarkOf(disk.Device())!.Value.Mark.IsClean, "closing leaves no mark of a clean end");
        disk.Writing = (name, _) =>
        {
            if (name.EndsWith(".seg", StringComparison.Ordinal))
                Expect.That(!MarkOf(disk.Device())!.Value.Mark.IsClean, "events are written behind a mark that says that nothing follows");
        };

        AppendAndDie(disk, 1, idle: false);
    }

    public static void A_mark_of_a_clean_end_is_not_believed_where_a_sound_group_follows_and_is_made_anew()
    {
        var disk = KilledStore.With(batches: 6);
        KilledStore.Close(disk);
        KilledStore.AppendUnmarked(disk, 6, batches: 3);
        var end = LogOnDisk.Of(disk).End.Position;

        Expect.Opens(disk, end);

        Expect.Same(end, MarkOf(disk)?.Mark.Point.Position, "the position that the mark names once a writer was there");
    }

    public static void A_mark_of_another_log_counts_for_nothing_and_is_made_anew()
    {
        var disk = KilledStore.With(batches: 5);
        var end = LogOnDisk.Of(disk).End;
        var other = new Lineage(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 1);
        var foreign = new Watermark(other, end with { Group = 1_000, Position = 9_000 }, IsClean: false, Write: 1_000);
        var slot = new byte[Watermark.Bytes];
        foreign.CopyTo(slot);
        disk.Put(Watermark.FileName, 0, slot);
        disk.Put(Watermark.FileName, Watermark.SlotBytes, new byte[Watermark.Bytes]);
        Expect.Same(Watermark.FileName, Expect.Verified(disk).FirstDamage?.File, "the file that verifying names");

        Expect.Opens(disk, end.Position);
        Expect.Same(end.Position, MarkOf(disk)?.Mark.Point.Position, "the position that the mark names once a writer was there");
    }

    private static (Watermark Mark, int Slot)? MarkOf(MemoryDisk disk) => MarkAsync(disk).GetAwaiter().GetResult();

    private static async Task<(Watermark Mark, int Slot)?> MarkAsync(MemoryDisk disk)
    {
        using var file = await disk.OpenAsync(Watermark.FileName, FileUse.Read);
        return await Watermark.ReadSlotAsync(file);
    }

    private static void AppendAndDie(WatchedDisk disk, int first, bool idle) => disk.With(async (store, process) =>
    {
        for (var number = first; number < first + 60; number++)
        {
            await Laboratory.AppendAsync(store, number);
            if (idle && number % 10 == 0)
                await process.Delay(Idle);
        }

        return true;
    });

    private static void AppendAndClose(WatchedDisk disk, int number) => disk.With(async (store, _) =>
    {
        await Laboratory.AppendAsync(store, number);
        await store.DisposeAsync();
        return true;
    });
}
