using System.Security.Cryptography;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Directed;

/// <summary>What is on the disk at each moment of an erasure, and what readers and the next writer make of it.</summary>
internal static class ErasureChecks
{
    private const int Batches = 24;
    private const int CallsMax = 500;
    private static readonly StreamName Stream = ChildBatch.Events(0)[0].Stream;
    private static readonly Lazy<MemoryDisk> Whole = new(() => KilledStore.With(Batches));

    public static void An_erasure_that_is_cut_short_anywhere_has_happened_wholly_or_not_at_all()
    {
        var (done, undone) = (0, 0);
        for (var calls = 0; calls < CallsMax; calls++)
        {
            foreach (var cut in new[] { Cut(calls, isHalf: false), Cut(calls, isHalf: true) })
            {
                foreach (var image in cut.Images())
                {
                    CheckBesideNobody(image);
                    var isErased = CheckAfterOpening(image);
                    Expect.That(isErased || !cut.IsAnswered, $"what was acknowledged after {calls} calls is not erased");
                    (done, undone) = isErased ? (done + 1, undone) : (done, undone + 1);
                }

                if (!cut.Disk.IsCut)
                    calls = CallsMax;
            }
        }

        Expect.That(done > 20 && undone > 20, $"{done} states were erased, and {undone} were not");
    }

    public static void Nothing_is_overwritten_before_journal_and_record_are_on_the_device_and_no_journal_goes_before_that()
    {
        var disk = new WatchedDisk(Whole.Value.Copy());
        var end = LogOnDisk.Of(disk.Cache).End;
        var overwritten = 0;
        disk.With(async (store, _) =>
        {
            disk.Writing = (name, offset) =>
            {
                if (SegmentHeader.ParseName(name) is null || (name == LogOnDisk.Of(Whole.Value).Last.FileName && offset >= end.Offset))
                    return;

                overwritten++;
                Expect.That(disk.HasDurable(ErasureJournal.FileName) && disk.IsFlushed(ErasureJournal.FileName), "the journal is not on the device");
                Expect.Same(end.Position + 1, LogOnDisk.Of(disk.Device()).End.Position, "the last event on the device");
            };
            disk.Deleting = name => Expect.That(
                name != ErasureJournal.FileName || disk.Cache.Names.Where(IsSegment).All(disk.IsFlushed), "the journal goes before the segments are flushed");
            await EraseAsync(store);
            Expect.That(!disk.Cache.Names.Contains(ErasureJournal.FileName) && !disk.HasDurable(ErasureJournal.FileName), "the journal is still there");
        });

        Expect.Same(2 * Meant().Count, overwritten, "the number of writes into events");
    }

    public static void Groups_of_which_an_event_is_overwritten_between_two_looks_are_sound()
    {
        foreach (var look in new Action<WatchedDisk>[] { ReadEverything, disk => Expect.That(Verified(disk).FirstDamage is null, "verifying finds damage") })
        {
            var disk = new WatchedDisk(Torn());
            var isMet = EndWhereTheJournalIsLookedFor(disk);

            look(disk);

            Expect.That(isMet(), "nobody looked for the journal");
        }
    }

    public static void An_event_that_is_half_overwritten_or_overwritten_between_two_looks_is_read_as_erased()
    {
        foreach (var isEnded in new[] { false, true })
        {
            var disk = new WatchedDisk(Whole.Value.Copy());
            disk.With(async (store, process) =>
            {
                var surroundings = new Surroundings(disk, new SimulatedTime(process, new WallClock()), process, new Chance(2).Fill);
                await using var reader = await SegmentEventReader.OpenAsync(surroundings, Laboratory.Options);
                var torn = Torn();
                disk.Cache[ErasureJournal.FileName] = torn[ErasureJournal.FileName];
                foreach (var segment in torn.Names.Where(IsSegment))
                    disk.Cache.Put(segment, 0, torn[segment]);
                var isMet = isEnded ? EndWhereTheJournalIsLookedFor(disk) : () => true;

                var read = new[] { await AtAsync(reader, 1), await AtAsync(store, 1) };

                Expect.That(isMet() && read.All(recorded => recorded.IsErased), "it is not read as erased");
            });
        }
    }

    public static void What_is_recorded_as_erased_and_not_overwritten_yet_is_overwritten_in_a_copy()
    {
        var source = CutWhere(image => MarkedTo(image) > Total() && image.Names.Contains(ErasureJournal.FileName));
        Expect.Same(0, Erased(source), "the number of events that are overwritten in the source");
        var copy = new MemoryDisk();

        ReplicaChecks.Copy(copy, copy, source);

        Expect.Same(Meant().Count, Erased(copy), "the number of events that are erased in the copy");
        foreach (var recorded in Contents(Whole.Value).Where(recorded => recorded.Stream == Stream))
            CheckNowhere(copy, recorded.Data.Span);
        Expect.IsSound(copy);
    }

    public static void A_journal_that_rots_before_anything_was_overwritten_is_no_loss()
    {
        var recorded = CutWhere(image => LogOnDisk.Of(image).End.Position > Total() && image.Names.Contains(ErasureJournal.FileName));
        foreach (var offset in new[] { 0, 9, 12, 20, 40, 60 })
        {
            var disk = recorded.Copy();
            disk.Flip(ErasureJournal.FileName, offset, 3);

            Expect.That(Expect.Verified(disk).Notes.Any(note => note.Contains("is damaged", StringComparison.Ordinal)), "verifying does not mention the journal");
            Expect.That(CheckAfterOpening(disk), "the erasure is not ended");
        }
    }

    public static void A_journal_of_another_log_counts_for_nothing()
    {
        var disk = Whole.Value.Copy();
        disk[ErasureJournal.FileName] = new ErasureJournal(Guid.NewGuid(), Guid.NewGuid(), [new(1, new byte[EventRecord.DigestBytes])]).ToBytes();

        Expect.That(!CheckAfterOpening(disk), "something is erased");
    }

    public static void A_journal_that_rots_while_events_are_half_overwritten_is_named_as_damage()
    {
        var disk = Torn();
        disk.Flip(ErasureJournal.FileName, 50, 1);

        Expect.Refuses(disk, LogOnDisk.Of(disk).End.Position + 1);
    }

    public static void An_erasure_that_had_begun_and_whose_record_is_lost_says_that_the_log_has_lost_its_end()
    {
        var disk = CutWhere(image => image.Names.Contains(ErasureJournal.FileName) && Erased(image) > 0);
        var record = LogOnDisk.Of(disk).Groups[^1];
        disk.Put(record.File, record.Offset, new byte[record.Length]);
        disk[Watermark.FileName] = Whole.Value[Watermark.FileName];

        Expect.Refuses(disk, record.Before.Position + 1);
    }

    public static void A_store_forgets_what_it_keeps_in_memory_of_an_erased_event()
    {
        new WatchedDisk(Whole.Value.Copy()).With(async (store, _) =>
        {
            var position = Meant()[0];
            Expect.That(!(await AtAsync(store, position)).IsErased && !(await AtAsync(store, position)).IsErased, "it is erased too early");
            await EraseAsync(store);
            Expect.That((await AtAsync(store, position)).IsErased, "the store still gives the content");
        });
    }

    public static void What_was_read_before_an_erasure_and_is_given_after_it_is_not_kept()
    {
        var disk = new WatchedDisk(Whole.Value.Copy());
        disk.With(async (store, _) =>
        {
            var position = Meant()[0];
            var held = disk.HoldAnswer(".seg");
            var reading = AtAsync(store, position);
            Expect.That(held.IsReached, "the event is not read from the disk");
            await EraseAsync(store);
            held.LetGo();
            await reading;
            Expect.That((await AtAsync(store, position)).IsErased, "the store gives the content again");
        });
    }

    public static void A_reader_forgets_what_it_keeps_in_memory_of_an_erased_event_also_where_it_saw_the_record_first()
    {
        var disk = new WatchedDisk(Whole.Value.Copy());
        disk.With(async (store, process) =>
        {
            var position = Meant()[^1];
            var surroundings = new Surroundings(disk, new SimulatedTime(process, new WallClock()), process, new Chance(2).Fill);
            await using var reader = await SegmentEventReader.OpenAsync(surroundings, Laboratory.Options);
            await AtAsync(reader, position);
            WatchedDisk.Hold? held = null;
            disk.Written = (name, _) =>
            {
                // From the record's mark on, the next one to read a segment is who overwrites.
                if (name == Watermark.FileName)
                    held ??= disk.HoldRead(".seg");
            };

            var erasing = EraseAsync(store).AsTask();
            Expect.That(held is { IsReached: true } && !erasing.IsCompleted, "nothing is held back");
            await process.Delay(50_000);
            Expect.Same(Total() + 1, (await reader.HeadAsync()).Position.Value, "the reader's head");
            await AtAsync(reader, position);
            held!.LetGo();
            await erasing;
            Expect.That((await AtAsync(reader, position)).IsErased, "the reader still gives the content");
            await process.Delay(50_000);
            Expect.That((await AtAsync(reader, position)).IsErased, "the reader gives the content again");
        });
    }

    public static void What_a_full_disk_refused_and_was_appended_elsewhere_and_erased_is_nowhere_any_more()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        var secret = new byte[9_000];
        new Chance(7).Fill(secret);
        var wanted = new EventData("s", "t", secret);
        var isFull = false;
        disk.Written = (name, _) =>
        {
            if (!isFull || !IsSegment(name))
                return;

            isFull = false;
            throw new DiskException(DiskFault.Full, "No space left on device, but for the last bytes");
        };

        disk.With(async (store, _) =>
        {
            await store.AppendAsync(new EventData("s", "t", new byte[20_000]));
            isFull = true;
            await Expect.ThrowsAsync<StoreFullException>(async () => await store.AppendAsync(wanted));
            await store.AppendAsync(new EventData("s", "t", new byte[50_000]));
            await store.AppendAsync(wanted);
            Expect.Same(2, disk.Cache.Names.Count(IsSegment), "the number of segments");
            await EraseAsync(store, new EraseTarget.Position(new(3)));
        });

        CheckNowhere(disk.Cache, secret);
    }

    // As if its writer came to the end of it at the very moment in which somebody is about to look for the journal.
    private static Func<bool> EndWhereTheJournalIsLookedFor(WatchedDisk disk)
    {
        var ended = Torn();
        KilledStore.Close(ended);
        var isMet = false;
        disk.Opening = name =>
        {
            if (name != ErasureJournal.FileName || isMet)
                return;

            isMet = true;
            foreach (var segment in ended.Names.Where(IsSegment))
                disk.Cache.Put(segment, 0, ended[segment]);
            disk.Cache.Remove(ErasureJournal.FileName);
        };
        return () => isMet;
    }

    private static bool IsSegment(string name) => SegmentHeader.ParseName(name) is not null;

    private static long MarkedTo(MemoryDisk disk)
    {
        using var file = disk.OpenAsync(Watermark.FileName, FileUse.Read).AsTask().GetAwaiter().GetResult();
        return Watermark.ReadAsync(file).AsTask().GetAwaiter().GetResult()?.Point.Position ?? 0;
    }

    private static long Total() => LogOnDisk.Of(Whole.Value).End.Position;

    /// <summary>The positions that are erased here: those of a stream, from the first group to the last.</summary>
    private static List<long> Meant() => [.. Contents(Whole.Value).Where(recorded => recorded.Stream == Stream).Select(recorded => recorded.Position.Value)];

    private static ValueTask<EraseResult> EraseAsync(SegmentEventStore store, EraseTarget? target = null) =>
        store.EraseAsync(new(target ?? new EraseTarget.OfStream(Stream)) { Reason = "by mistake", By = "ann" });

    private static async Task<RecordedEvent> AtAsync(IEventReader store, long position)
    {
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All with { After = new(position - 1), AsOf = new AsOf.Position(new(position)) }))
            return recorded;
        throw new Violation($"there is no event at {position}");
    }

    private static CutErasure Cut(int calls, bool isHalf)
    {
        var watched = new WatchedDisk(Whole.Value.Copy());
        var disk = new CutDisk(watched);
        var isAnswered = Laboratory.Run(disk, watched.Cache, Laboratory.Options, async (store, _) =>
        {
            if (isHalf)
                disk.CutInTheMiddleAfter(calls);
            else
                disk.CutAfter(calls);
            try
            {
                await EraseAsync(store);
                return true;
            }
            catch (StoreException)
            {
                return false;
            }
        });
        return new(disk, watched, isAnswered);
    }

    /// <summary>The first state of a killed erasure's disk of which something holds.</summary>
    private static MemoryDisk CutWhere(Func<MemoryDisk, bool> holds)
    {
        for (var calls = 0; calls < CallsMax; calls++)
        {
            if (Cut(calls, isHalf: false).Watched.Cache is var image && holds(image))
                return image;
        }

        throw new Violation("there is no such state");
    }

    /// <summary>The first event says that it is erased, and its content is still there.</summary>
    private static MemoryDisk Torn() => CutWhere(image => image.Names.Contains(ErasureJournal.FileName) && Erased(image) > 0);

    private static int Erased(MemoryDisk disk) => Contents(disk).Count(recorded => recorded.IsErased);

    // As the bytes are, also while a journal names them: what is torn counts as erased.
    private static List<RecordedEvent> Contents(MemoryDisk disk)
    {
        var contents = new List<RecordedEvent>();
        foreach (var group in LogOnDisk.Of(disk).Groups)
        {
            var bytes = disk[group.File].AsSpan(group.Offset + GroupHeader.Bytes, group.Length - GroupHeader.Bytes);
            while (EventRecord.TryMeasure(bytes, out var length))
            {
                contents.Add(new(bytes[..length].ToArray(), 0, length));
                bytes = bytes[length..];
            }
        }

        return contents;
    }

    // Before another writer has come: nobody takes for damage what is half overwritten.
    private static void CheckBesideNobody(MemoryDisk image)
    {
        Expect.That(Expect.Verified(image) is { FirstDamage: null, IndexDamage: [] } report, $"verifying finds {Expect.Verified(image).FirstDamage}");
        ReadEverything(new WatchedDisk(image.Copy()));
    }

    private static void ReadEverything(WatchedDisk disk)
    {
        var scheduler = new Scheduler(new Chance(3), new Trace(isRead: false));
        var process = new SimulatedProcess(scheduler, "reader");
        var surroundings = new Surroundings(disk, new SimulatedTime(process, new WallClock()), process, new Chance(2).Fill);
        var read = process.Call(async () =>
        {
            var reader = await SegmentEventReader.OpenAsync(surroundings, Laboratory.Options);
            return await reader.ReadEventsAsync(ReadRequest.All).ToListAsync();
        });
        scheduler.Run(() => read.IsCompleted, 1_000_000);
        CheckContents(read.GetAwaiter().GetResult());
    }

    /// <returns>Whether the erasure has happened.</returns>
    private static bool CheckAfterOpening(MemoryDisk image)
    {
        var read = Laboratory.With(image, async store => await store.ReadEventsAsync(ReadRequest.All).ToListAsync());
        var records = read.Skip((int)Total()).ToList();
        Expect.That(records.Count <= 1 && records.TrueForAll(record => record.Stream == EraseRequest.RecordStream), "there are events that nobody has appended");
        CheckContents(read);
        Expect.Same(records.Count * Meant().Count, read.Count(recorded => recorded.IsErased), "the number of erased events");
        Expect.IsSound(image);
        Expect.That(!image.Names.Any(name => name.StartsWith(ErasureJournal.FileName, StringComparison.Ordinal)), "the journal is still there");
        if (records.Count == 1)
        {
            foreach (var recorded in Contents(Whole.Value).Where(recorded => recorded.Stream == Stream))
                CheckNowhere(image, recorded.Data.Span);
        }

        return records.Count == 1;
    }

    private static void CheckContents(List<RecordedEvent> read)
    {
        foreach (var (before, after) in Contents(Whole.Value).Zip(read))
            Expect.That(after == before || (before.Stream == Stream && IsErased(before.Record, after)), $"{after} is not what it was");
    }

    private static bool IsErased(ReadOnlySpan<byte> before, RecordedEvent after)
    {
        var (start, data, metadata) = EventRecord.Payload(before);
        var payload = after.Record[start..];
        return after.IsErased
            && after.Record[EventRecord.HeaderBytes..start].SequenceEqual(before[EventRecord.HeaderBytes..start])
            && payload[..EventRecord.DigestBytes].SequenceEqual(SHA256.HashData(before.Slice(start, EventRecord.SaltBytes + data + metadata)))
            && !payload[EventRecord.DigestBytes..].ContainsAnyExcept((byte)0);
    }

    private static VerifyReport Verified(WatchedDisk disk) => SegmentStoreVerification.RunAsync(disk).AsTask().GetAwaiter().GetResult();

    private static void CheckNowhere(MemoryDisk disk, ReadOnlySpan<byte> content)
    {
        foreach (var name in disk.Names)
        {
            Expect.That(disk[name].AsSpan().IndexOf(content[..16]) < 0, $"the beginning of what was erased is in {name}");
            Expect.That(disk[name].AsSpan().IndexOf(content[^16..]) < 0, $"the end of what was erased is in {name}");
        }
    }

    /// <summary>How far an erasure has come, and what of it a next process may find.</summary>
    private sealed record CutErasure(CutDisk Disk, WatchedDisk Watched, bool IsAnswered)
    {
        /// <summary>After a kill; after a power loss that takes what it can; and with each file's bytes or each name lost for itself.</summary>
        public IEnumerable<MemoryDisk> Images()
        {
            yield return Watched.Cache.Copy();
            yield return Watched.Device();
            yield return Watched.DeviceAsNamed();

            var mixed = Watched.DeviceAsNamed();
            foreach (var segment in mixed.Names.Where(IsSegment).ToList())
                mixed[segment] = Watched.Cache[segment];
            yield return mixed;
        }
    }
}
