using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>Where a log ends: what is a torn tail, what is damage, and what becomes of either.</summary>
internal static class TornTailChecks
{
    public static void A_torn_tail_is_cut_off_and_overwritten_with_zeros()
    {
        var disk = KilledStore.With(batches: 5);
        var torn = KilledStore.AppendUnmarked(disk, 5);
        disk.Flip(torn.File, torn.Offset + (torn.Length / 2), 0);

        Expect.Opens(disk, torn.Before.Position);

        Expect.That(disk[torn.File].AsSpan(torn.Offset).TrimEnd((byte)0).IsEmpty, "something is left of the torn tail");
        KilledStore.Append(disk, 6, 1);
        Expect.Opens(disk, torn.Before.Position + 1);
    }

    public static void Damage_with_a_sound_group_behind_it_is_no_torn_tail()
    {
        var disk = KilledStore.With(batches: 6);
        var hit = LogOnDisk.Of(disk).Groups[3];
        disk.Flip(hit.File, hit.Offset + (hit.Length / 2), 3);
        disk.Remove(Watermark.FileName);

        Expect.Refuses(disk, hit.Before.Position + 1);
    }

    public static void A_log_that_ends_before_its_mark_has_lost_events()
    {
        var disk = KilledStore.With(batches: 6);
        var last = LogOnDisk.Of(disk).Groups[^1];
        disk.Put(last.File, last.Offset, new byte[last.Length]);

        Expect.Refuses(disk, last.Before.Position + 1);
    }

    public static void A_log_that_ends_before_its_mark_of_a_clean_end_has_lost_events()
    {
        var disk = KilledStore.With(batches: 6);
        KilledStore.Close(disk);
        var last = LogOnDisk.Of(disk).Groups[^1];
        disk.Put(last.File, last.Offset, new byte[last.Length]);

        Expect.Refuses(disk, last.Before.Position + 1);
    }

    public static void A_mark_of_a_clean_end_is_not_believed_where_a_later_segment_follows()
    {
        var disk = KilledStore.With(batches: 6);
        KilledStore.Close(disk);
        KilledStore.AppendUnmarked(disk, 6, batches: 60);
        Expect.That(LogOnDisk.Of(disk).Segments.Count > 1, "there is no later segment");

        Expect.Opens(disk, LogOnDisk.Of(disk).End.Position);
    }

    public static void A_torn_end_without_a_mark_may_be_damage_and_is_refused()
    {
        var disk = KilledStore.With(batches: 6);
        var last = LogOnDisk.Of(disk).Groups[^1];
        disk.Flip(last.File, last.Offset + GroupHeader.Bytes + 20, 3);
        disk.Remove(Watermark.FileName);

        Expect.Refuses(disk, 10);
    }

    public static void A_segment_that_was_begun_says_that_what_lies_behind_its_start_was_never_answered()
    {
        var disk = KilledStore.With(batches: 6);
        var log = LogOnDisk.Of(disk);
        var next = Forged.SegmentAfter(disk, log.End, log.End.Chain);
        disk.Put(log.Last.FileName, log.End.Offset, new ForgedGroup(log.Last, log.End).Bytes(Forged.Event));
        disk.Put(next.FileName, SegmentHeader.Bytes, new ForgedGroup(next, log.End).Bytes(ChildBatch.Events(6)));

        Expect.Opens(disk, log.End.Position + 1);
    }

    public static void A_segment_that_stayed_empty_is_indexed_once()
    {
        var disk = KilledStore.With(batches: 60);
        var log = LogOnDisk.Of(disk);
        Expect.That(log.Segments.Count < LogEnd.FrozenMax, "the indexes of the segments before are made before the empty one is met");
        Forged.SegmentAfter(disk, log.End, log.End.Chain);
        AppendMoreThanASegmentHolds(disk);
        disk = KilledStore.WithoutIndexes(disk);

        // Enough that the indexes are merged.
        KilledStore.Append(disk, 160, 300);

        Expect.Opens(disk, LogOnDisk.Of(disk).End.Position);
    }

    public static void A_clean_end_in_a_segment_that_stayed_empty_leaves_no_tail_behind()
    {
        var disk = KilledStore.With(batches: 60);
        var log = LogOnDisk.Of(disk);
        Forged.SegmentAfter(disk, log.End, log.End.Chain);
        KilledStore.Close(disk);
        disk = KilledStore.WithoutIndexes(disk);

        var events = Laboratory.With(disk, async store =>
        {
            for (var number = 60; number < 400; number++)
                await Laboratory.AppendAsync(store, number);
            return await Laboratory.ReadEverythingAsync(store);
        });

        Expect.Opens(disk, events);
    }

    private static void AppendMoreThanASegmentHolds(MemoryDisk disk) => Laboratory.With(disk, async store =>
        await store.AppendAsync(new AppendBatch([.. Enumerable.Range(60, 100).SelectMany(ChildBatch.Events)])));
}
