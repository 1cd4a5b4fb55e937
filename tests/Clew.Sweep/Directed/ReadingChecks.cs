using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>What readers are given, and what they are refused.</summary>
internal static class ReadingChecks
{
    public static void A_read_as_of_a_time_has_what_was_recorded_at_that_very_moment()
    {
        var (at, before) = new WatchedDisk(new MemoryDisk()).With(async (store, process) =>
        {
            for (var number = 0; number < 9; number++)
            {
                await Laboratory.AppendAsync(store, number);
                await process.Delay(1_000_000);
            }

            var times = await TimesAsync(store, AsOf.Now);
            var last = times[5];
            return (await TimesAsync(store, new AsOf.RecordedTime(last)), await TimesAsync(store, new AsOf.RecordedTime(last.AddMicroseconds(-1))));
        });

        // The batches have one, two and three events in turn.
        Expect.Same(6, at.Count, "the number of events up to the third batch");
        Expect.Same(3, before.Count, "the number of events before the third batch");
    }

    public static void A_checkpoint_of_another_life_of_the_log_is_refused() => Laboratory.With(KilledStore.With(batches: 2), async store =>
    {
        var head = await store.HeadAsync();
        var other = head.Checkpoint with { Lineage = head.Lineage with { Epoch = head.Lineage.Epoch + 1 } };
        await Expect.ThrowsAsync<CheckpointRefusedException>(async () =>
            await store.SubscribeAsync(new(EventFilter.All) { After = other }).FirstAsync());
        return true;
    });

    public static void An_event_whose_state_turns_over_is_damaged_and_not_erased()
    {
        const int stateOffset = 8;
        var disk = KilledStore.With(batches: 5);
        var hit = LogOnDisk.Of(disk).Groups[2];
        disk.Flip(hit.File, hit.Offset + GroupHeader.Bytes + stateOffset, 0);

        Expect.Refuses(disk, hit.Before.Position + 1);
    }

    public static void Damage_where_recovery_does_not_look_is_found_by_who_reads_it()
    {
        var disk = KilledStore.WithIndexes();
        var hit = LogOnDisk.Of(disk).Groups[5];
        disk.Flip(hit.File, hit.After.Offset - 40, 5);

        var corrupted = Expect.Throws<StoreCorruptedException>(() => Laboratory.With(disk, Laboratory.ReadEverythingAsync));

        Expect.Same((hit.File, hit.After.Position), (corrupted.Damage.File, corrupted.Damage.Position!.Value.Value), "the place of the damage");
    }

    public static void What_cannot_be_read_for_a_moment_is_left_out_by_nobody()
    {
        for (var first = 1; first <= 8; first++)
        {
            for (var second = first + 1; second <= 16; second++)
                ReadWithFaults(first, second);
        }
    }

    public static void Verifying_names_the_event_that_is_damaged()
    {
        var disk = KilledStore.With(batches: 6);
        var hit = LogOnDisk.Of(disk).Groups[4];
        disk.Flip(hit.File, hit.After.Offset - 40, 2);

        var damage = Expect.Verified(disk).FirstDamage;

        Expect.Same(hit.File, damage?.File, "the damaged file");
        Expect.Same(hit.After.Position, damage?.Position?.Value, "the damaged event");
    }

    public static void Verifying_beside_a_writer_that_begins_a_segment_finds_no_damage()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));

        var report = disk.With(async (store, _) =>
        {
            var held = disk.HoldRead(Watermark.FileName);
            var verifying = SegmentStoreVerification.RunAsync(disk).AsTask();
            Expect.That(held.IsReached, "verifying does not read the mark");
            for (var number = 2; number < 62; number++)
                await Laboratory.AppendAsync(store, number);
            held.LetGo();
            return await verifying;
        });

        Expect.That(report.IsSound && report.Segments > 1, $"verifying finds {report.FirstDamage} in {report.Segments} segments");
    }

    public static void Verifying_beside_a_writer_that_goes_on_while_the_end_is_looked_at_finds_no_damage()
    {
        var disk = new WatchedDisk(KilledStore.With(batches: 2));

        var report = disk.With(async (store, _) =>
        {
            // The segment's header, its groups, and then what lies behind them.
            var held = disk.HoldRead(".seg");
            var verifying = SegmentStoreVerification.RunAsync(disk).AsTask();
            for (var read = 1; read < 3; read++)
            {
                Expect.That(held.IsReached, $"verifying does not read the segment {read} times");
                var next = disk.HoldRead(".seg");
                held.LetGo();
                held = next;
            }

            Expect.That(held.IsReached, "verifying does not look at what lies behind the log");
            for (var number = 2; number < 6; number++)
                await Laboratory.AppendAsync(store, number);
            held.LetGo();
            return await verifying;
        });

        Expect.That(report.IsSound, $"verifying finds {report.FirstDamage}");
    }

    public static void Verifying_notices_that_durable_events_are_gone()
    {
        var disk = KilledStore.With(batches: 6);
        var last = LogOnDisk.Of(disk).Groups[^1];
        disk.Put(last.File, last.Offset, new byte[last.Length]);

        Expect.Same(last.Before.Position + 1, Expect.Verified(disk).FirstDamage?.Position?.Value, "the first event that is gone");
    }

    // Two reads of the log fail, once each; what is given nevertheless must be a beginning of the log, in whole batches.
    private static void ReadWithFaults(int first, int second)
    {
        var disk = new WatchedDisk(new MemoryDisk());
        var pages = disk.With(async (store, _) =>
        {
            for (var number = 0; number < 6; number++)
                await Laboratory.AppendAsync(store, number);

            var (reads, given) = (0, new List<EventPage>());
            disk.Reading = name =>
            {
                if (name.EndsWith(".seg", StringComparison.Ordinal) && ++reads is var read && (read == first || read == second))
                    throw new DiskException(DiskFault.Failed, $"{name} cannot be read just now.");
            };
            try
            {
                await foreach (var page in store.ReadAsync(ReadRequest.All))
                    given.Add(page);
            }
            catch (StoreUnavailableException)
            {
                // The disk said so.
            }

            return given;
        });

        var events = pages.SelectMany(page => page.Events).ToList();
        for (var index = 0; index < events.Count; index++)
            Expect.Same(index + 1L, events[index].Position.Value, $"the position at {index} with faults at reads {first} and {second}");
        foreach (var page in pages.Where(page => page.Events.Count > 0))
            Expect.Same(page.Events[^1].BatchCount - 1, page.Events[^1].BatchIndex, "the index of a page's last event in its batch");
    }

    private static async Task<List<DateTimeOffset>> TimesAsync(SegmentEventStore store, AsOf asOf)
    {
        var times = new List<DateTimeOffset>();
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All with { AsOf = asOf }))
            times.Add(recorded.RecordedAt);
        return times;
    }
}
