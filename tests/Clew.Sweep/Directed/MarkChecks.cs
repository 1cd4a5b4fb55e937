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

    public static void A_mark_of_a_group_that_the_log_does_not_have_is_refused_wherever_that_group_would_lie()
    {
        var disk = KilledStore.WithManySegments();
        var log = LogOnDisk.Of(disk);
        var points = log.Groups.Select(group => group.After).ToList();
        foreach (var point in new[] { points[0], points[points.Count / 2], LastOf(log, log.Segments[1]), log.End })
        {
            Marked(disk, point, isClean: false, lie => lie, held => Expect.Opens(held, log.End.Position));
            foreach (var isClean in new[] { false, true })
            {
                Marked(disk, point, isClean, lie => lie with { Chain = points[1].Chain }, held => RefusesMark(held, point.Position));
                Marked(disk, point, isClean, lie => lie with { Position = point.Position - 1 }, held => RefusesMark(held, point.Position - 1));
            }
        }

        Marked(disk, points[0], isClean: false, lie => lie with { Offset = lie.Offset - 8 }, held => RefusesMark(held, points[0].Position));
        Marked(disk, log.End, isClean: true, lie => lie with { Offset = lie.Offset + 8 }, held => RefusesMark(held, log.End.Position));

        var indexed = KilledStore.WithIndexes();
        var first = LogOnDisk.Of(indexed).Groups[0].After;
        Marked(indexed, first, isClean: false, lie => lie, held => Expect.Opens(held, LogOnDisk.Of(held).End.Position));
        Marked(indexed, first, isClean: false, lie => lie with { Chain = default }, held => RefusesMark(held, first.Position));
    }

    public static void A_reader_refuses_a_mark_of_a_group_that_the_log_does_not_have()
    {
        var disk = KilledStore.With(batches: 6);
        var end = LogOnDisk.Of(disk).End;
        Marked(disk, end, isClean: false, lie => lie with { Chain = default }, held =>
        {
            var refused = Expect.Throws<StoreCorruptedException>(() => Laboratory.Run(held, held, async (surroundings, _) =>
            {
                await using var reader = await SegmentEventReader.OpenAsync(surroundings, Laboratory.Options);
                return true;
            }));
            Expect.Same(Watermark.FileName, refused.Damage.File, "the file that is named");
            Expect.Same(Watermark.FileName, Expect.Verified(held).FirstDamage?.File, "the file that verifying names");
        });
    }

    // The last group of a segment: behind it the next segment begins.
    private static LogPoint LastOf(LogOnDisk log, SegmentHeader segment) => log.Groups.Last(group => group.Segment == segment).After;

    private static void Marked(MemoryDisk disk, LogPoint point, bool isClean, Func<LogPoint, LogPoint> lie, Action<MemoryDisk> check)
    {
        var held = disk.Copy();
        var bytes = new byte[Watermark.FileBytes];
        new Watermark(StoreHeader.Read(disk[StoreHeader.FileName], disk.Name).Lineage, lie(point), isClean, Write: 1_000_000).CopyTo(bytes);
        held[Watermark.FileName] = bytes;
        check(held);
    }

    private static void RefusesMark(MemoryDisk disk, long position)
    {
        Expect.Refuses(disk, position);
        var refused = Expect.Throws<StoreCorruptedException>(() => Laboratory.With(disk, Laboratory.ReadEverythingAsync));
        Expect.Same(Watermark.FileName, refused.Damage.File, "the file that is named");
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
