using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>What is on the device of a replica at each moment, and what comes of it when the power or the process goes just then.</summary>
internal static class ReplicaChecks
{
    private static readonly Lazy<(Lineage Lineage, RecordedEvent[] Events)> Long = new(() => LogOf(KilledStore.With(batches: 150)));

    public static void A_replica_that_dies_at_any_moment_has_whole_batches_and_goes_on()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        var moments = new List<MemoryDisk>();
        disk.Changed = () => moments.AddRange([disk.Device(), disk.Cache.Copy()]);

        With(disk, disk.Cache, async replica =>
        {
            // Two calls are under way at a time.
            var before = Task.CompletedTask;
            foreach (var portion in Portions())
            {
                var call = replica.ReplicateAsync(portion).AsTask();
                await before;
                before = call;
            }

            await before;
            await replica.DisposeAsync();
        });

        Expect.That(moments.Count > 200, $"there were only {moments.Count} moments");
        foreach (var (number, moment) in moments.Index())
        {
            // One in three, in turn those of a power loss and of a kill.
            if (number % 3 == 0)
                GoOn(moment);
        }
    }

    public static void A_replica_answers_for_nothing_that_is_not_on_the_device()
    {
        var disk = new WatchedDisk(new MemoryDisk());

        Laboratory.Run(disk, disk.Cache, async (surroundings, process) =>
        {
            var replica = await SegmentReplica.OpenAsync(surroundings, new(Long.Value.Lineage, "", ""), source: null, Laboratory.Options);
            await replica.ReplicateAsync(Long.Value.Events[..3]);
            var held = disk.HoldFlush(".seg");
            var call = replica.ReplicateAsync(Long.Value.Events[3..6]).AsTask();
            await process.Delay(1_000);
            Expect.That(held.IsReached && !call.IsCompleted, "it does not wait for its flush");
            Expect.Same(3, (await replica.HeadAsync()).Position.Value, "the head before the flush");
            held.LetGo();
            Expect.Same(6, (await call).Position.Value, "the head after it");
            Expect.That(disk.IsFlushed(Watermark.FileName), "the mark of what was answered is not on the device");
            return true;
        });
    }

    public static void A_group_of_a_replica_is_not_written_before_the_one_before_it_is_flushed()
    {
        const int large = 300_000;
        var disk = new WatchedDisk(new MemoryDisk());
        var (lineage, events) = LogOf(KilledStore.With(batches: 1), Enumerable.Range(0, 60).Select(_ => new EventData("s", "t", new byte[large])));
        var (groups, unflushed) = (0, 0);
        disk.Writing = (name, offset) =>
        {
            if (SegmentHeader.ParseName(name) is null || offset < SegmentHeader.Bytes)
                return;

            groups++;
            unflushed += disk.IsFlushed(name) ? 0 : 1;
        };

        Laboratory.Run(disk, disk.Cache, async (surroundings, _) =>
        {
            var replica = await SegmentReplica.OpenAsync(surroundings, new(lineage, "", ""), source: null, new());
            return await replica.ReplicateAsync(events);
        });

        Expect.That(groups > 5, $"there were only {groups} groups");
        Expect.Same(0, unflushed, "the number of groups behind one that is not on the device");
    }

    public static void A_replica_whose_disk_fails_takes_nothing_until_it_is_opened_again()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        var isBroken = true;
        disk.Writing = (name, _) =>
        {
            if (isBroken && SegmentHeader.ParseName(name) is not null)
                throw new DiskException(DiskFault.Failed, "The device is gone.");
        };

        With(disk, disk.Cache, async replica =>
        {
            await Expect.ThrowsAsync<StoreFailedException>(async () => await replica.ReplicateAsync(Long.Value.Events));
            isBroken = false;
            await Expect.ThrowsAsync<StoreFailedException>(async () => await replica.ReplicateAsync(Long.Value.Events));
            await replica.DisposeAsync();
        });

        GoOn(disk.Cache);
    }

    public static void A_full_disk_ends_it_with_whole_batches_and_it_goes_on_when_there_is_space()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        var (room, all) = (0, Long.Value.Events);
        disk.Writing = (name, _) =>
        {
            if (SegmentHeader.ParseName(name) is not null && --room < 0)
                throw new DiskException(DiskFault.Full, "No space left on device");
        };

        With(disk, disk.Cache, async replica =>
        {
            var come = 0;
            for (var call = 0; call < 3; call++)
            {
                // Each call finds room for so many groups more.
                room = call;
                var middle = BatchEnd(come + ((all.Length - come) / 3));
                Task[] calls = [replica.ReplicateAsync(all[come..middle]).AsTask(), replica.ReplicateAsync(all[middle..]).AsTask()];
                await Task.WhenAny(Task.WhenAll(calls));
                Expect.That(calls.Any(one => one.Exception?.InnerException is StoreFullException), "nobody is told that the disk is full");
                Expect.That(calls[1].Exception?.InnerException is StoreFullException or ArgumentException, "what lies behind a full disk is taken");
                come = (int)(await replica.HeadAsync()).Position.Value;
                Expect.That(come == 0 || IsLastOfBatch(all[come - 1]), $"the batch of position {come} is cut");
                Expect.Same(come, await replica.ReadEventsAsync(ReadRequest.All).CountAsync(), "the number of events");
            }

            Expect.That(come > 0 && come < all.Length, "the disk was not full in the middle");
            room = int.MaxValue;
            await replica.ReplicateAsync(all[come..]);
            await replica.DisposeAsync();
        });

        GoOn(disk.Cache);
    }

    public static void A_promotion_that_is_cut_short_at_any_moment_leaves_a_replica_or_the_promoted_log()
    {
        foreach (var promotion in Enum.GetValues<Promotion>())
        {
            var disk = new WatchedDisk(ReplicaThatDied());
            var moments = new List<MemoryDisk>();
            disk.Changed = () => moments.AddRange([disk.Device(), disk.Cache.Copy()]);
            Promote(disk, disk.Cache, promotion);

            foreach (var moment in moments)
            {
                if (moment.Names.Contains(ReplicaMark.FileName))
                {
                    Expect.Throws<StoreIsReplicaException>(() => Laboratory.With(moment, store => Task.FromResult(store)));
                    Promote(moment, moment, promotion);
                }

                var epoch = promotion == Promotion.SameLog ? 1 : 2;
                Expect.Same(epoch, Laboratory.With(moment, async store => (await store.HeadAsync()).Lineage.Epoch), "the epoch");
                Expect.Opens(moment, Long.Value.Events.Length);
            }
        }
    }

    public static void A_copy_of_segments_that_is_cut_short_at_any_moment_is_a_log_and_goes_on_to_be_the_same_files()
    {
        // Into nothing; and behind what was copied before, of which some was erased since, in the last segment and before it.
        var source = KilledStore.With(batches: 230);
        var begun = new MemoryDisk();
        Copy(begun, begun, source);
        Laboratory.With(source, async store =>
        {
            foreach (var position in new[] { 5, (await store.HeadAsync()).Position.Value })
                await store.EraseAsync(new(new EraseTarget.Position(new(position))) { Reason = "r", By = "b" });
            return true;
        });
        KilledStore.Append(source, 230, 100);

        foreach (var start in new[] { new MemoryDisk(), begun })
        {
            var disk = new WatchedDisk(start.Copy());
            var moments = new List<MemoryDisk>();
            disk.Changed = () => moments.AddRange([disk.Device(), disk.DeviceAsNamed(), disk.Cache.Copy()]);
            Copy(disk, disk.Cache, source);

            Expect.That(moments.Count > 150, $"there were only {moments.Count} moments");
            foreach (var (number, moment) in moments.Index())
            {
                // Of each kind in turn.
                if (number % 4 != 0)
                    continue;

                Copy(moment, moment, source);
                ExpectSameSegments(source, moment);
                Expect.IsSound(moment);
            }
        }
    }

    public static void A_segment_that_was_copied_gets_its_name_when_all_of_it_is_on_the_device_and_those_before_it_are()
    {
        var source = KilledStore.With(batches: 230);
        var disk = new WatchedDisk(new MemoryDisk());
        var named = 0;
        disk.Renaming = (from, to) =>
        {
            if (!from.StartsWith("copy-", StringComparison.Ordinal))
                return;

            named++;
            Expect.That(disk.IsFlushed(from), $"{to} is not on the device");
            foreach (var other in disk.Cache.Names.Where(name => SegmentHeader.ParseName(name) is not null))
                Expect.That(disk.HasDurable(other), $"{to} gets its name before that of {other} is on the device");
        };

        Copy(disk, disk.Cache, source);

        Expect.That(named > 2, $"there were only {named} segments");
        Expect.That(disk.IsFlushed(Watermark.FileName), "the mark of what was copied is not on the device");
        ExpectSameSegments(source, disk.Cache);
    }

    public static void A_full_disk_ends_a_copy_of_segments_with_a_log_that_goes_on_when_there_is_space()
    {
        // Closed, so that one index file leads far ahead of the first segments.
        var source = KilledStore.WithManySegments();
        KilledStore.Close(source);
        for (var room = 0; room < 20; room += 3)
        {
            var disk = new WatchedDisk(new MemoryDisk());
            var left = room;
            disk.Writing = (name, _) =>
            {
                if (name.StartsWith("copy-", StringComparison.Ordinal) && --left < 0)
                    throw new DiskException(DiskFault.Full, "No space left on device");
            };

            Laboratory.Run(disk, disk.Cache, async (surroundings, _) =>
            {
                await using var log = await SegmentEventReader.OpenAsync(surroundings with { Disk = source }, Laboratory.Options);
                await using var replica = await SegmentReplica.OpenAsync(surroundings, new((await log.HeadAsync()).Lineage, "", ""), source, Laboratory.Options);
                await Expect.ThrowsAsync<StoreFullException>(async () => await Replication.CopyAsync(log, replica));
                var come = (await replica.HeadAsync()).Position.Value;
                Expect.Same(come, await replica.ReadEventsAsync(ReadRequest.All).CountAsync(), "the number of events");
                left = int.MaxValue;
                await Replication.CopyAsync(log, replica);
                return true;
            });

            ExpectSameSegments(source, disk.Cache);
            Expect.IsSound(disk.Cache);
        }
    }

    /// <summary>Copies all that a source has.</summary>
    public static void Copy(IDisk seen, MemoryDisk disk, MemoryDisk source) => Laboratory.Run(seen, disk, async (surroundings, _) =>
    {
        await using var log = await SegmentEventReader.OpenAsync(surroundings with { Disk = source }, Laboratory.Options);
        await using var replica = await SegmentReplica.OpenAsync(surroundings, new((await log.HeadAsync()).Lineage, "", ""), source, Laboratory.Options);
        await Replication.CopyAsync(log, replica);
        return true;
    });

    private static void ExpectSameSegments(MemoryDisk source, MemoryDisk copy)
    {
        var names = source.Names.Where(name => SegmentHeader.ParseName(name) is not null).ToArray();
        Expect.That(copy.Names.Where(name => SegmentHeader.ParseName(name) is not null).SequenceEqual(names), "there are other segments");
        foreach (var name in names)
            Expect.That(source[name].AsSpan().SequenceEqual(copy[name]), $"{name} is another file");
        Expect.That(!copy.Names.Contains(ErasureJournal.FileName), "an erasure was left half done");
    }

    // The events of a replica go on in its log, from where it died to its end.
    private static void GoOn(MemoryDisk disk)
    {
        var all = Long.Value.Events;
        With(disk, disk, async replica =>
        {
            var come = (int)(await replica.HeadAsync()).Position.Value;
            Expect.That(come == 0 || IsLastOfBatch(all[come - 1]), $"the batch of position {come} is cut");
            await ExpectSameAsync(replica, all[..come]);
            await replica.ReplicateAsync(all[come..]);
            await ExpectSameAsync(replica, all);
            await replica.DisposeAsync();
        });
        Expect.IsSound(disk);
    }

    private static async Task ExpectSameAsync(SegmentReplica replica, RecordedEvent[] events) =>
        Expect.That(
            (await replica.ReadEventsAsync(ReadRequest.All).ToListAsync()).SequenceEqual(events), $"the replica has not the first {events.Length} events of its log");

    private static int BatchEnd(int index)
    {
        while (!IsLastOfBatch(Long.Value.Events[index]))
            index++;

        return index + 1;
    }

    private static bool IsLastOfBatch(RecordedEvent recorded) => recorded.BatchIndex == recorded.BatchCount - 1;

    private static IEnumerable<RecordedEvent[]> Portions()
    {
        // Small ones and large ones in turn, each of whole batches.
        var portion = new List<RecordedEvent>();
        var batches = 0;
        foreach (var recorded in Long.Value.Events)
        {
            portion.Add(recorded);
            if (!IsLastOfBatch(recorded) || ++batches % 11 is not (1 or 3 or 10))
                continue;

            yield return [.. portion];
            portion.Clear();
        }

        yield return [.. portion];
    }

    private static MemoryDisk ReplicaThatDied()
    {
        var disk = new MemoryDisk();
        With(disk, disk, async replica => await replica.ReplicateAsync(Long.Value.Events));
        return disk;
    }

    private static void Promote(IDisk seen, MemoryDisk disk, Promotion promotion) => Laboratory.Run(seen, disk, async (surroundings, _) =>
        await new ReplicaPromotion(surroundings, Laboratory.Options, name => throw new DiskException(DiskFault.Missing, name)).RunAsync(promotion, CancellationToken.None));

    private static void With(IDisk seen, MemoryDisk disk, Func<SegmentReplica, Task> work) => Laboratory.Run(seen, disk, async (surroundings, _) =>
    {
        await work(await SegmentReplica.OpenAsync(surroundings, new(Long.Value.Lineage, "", ""), source: null, Laboratory.Options));
        return true;
    });

    private static (Lineage Lineage, RecordedEvent[] Events) LogOf(MemoryDisk disk, IEnumerable<EventData>? more = null) =>
        Laboratory.Run(disk, disk, new SegmentStoreOptions(), async (store, _) =>
        {
            foreach (var data in more ?? [])
                await store.AppendAsync(data);
            return ((await store.HeadAsync()).Lineage, await store.ReadEventsAsync(ReadRequest.All).ToArrayAsync());
        });
}
