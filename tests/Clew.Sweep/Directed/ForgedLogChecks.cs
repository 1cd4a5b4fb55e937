using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>Groups and segments whose checksums are right, and which are all the same not what continues the log.</summary>
internal static class ForgedLogChecks
{
    public static void A_group_with_another_chain_does_not_continue_the_log() =>
        IsCutOff(group => (group with { Chain = new ChainValue() }).Bytes(Forged.Event));

    public static void A_group_with_a_number_already_given_does_not_continue_the_log() =>
        IsCutOff(group => (group with { Number = group.After.Group }).Bytes(Forged.Event));

    public static void A_group_that_begins_at_another_position_does_not_continue_the_log() =>
        IsCutOff(group => (group with { FirstPosition = group.After.Position + 2 }).Bytes(Forged.Event));

    public static void A_group_of_another_log_does_not_continue_the_log() =>
        IsCutOff(group => (group with { LogId = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) }).Bytes(Forged.Event));

    public static void A_group_whose_events_lie_in_another_order_does_not_continue_the_log() =>
        IsCutOff(group => (group with { PlaceOf = index => 1 - index }).Bytes(Forged.Numbered(1), Forged.Numbered(2)));

    public static void A_group_that_holds_a_sound_event_of_another_group_does_not_continue_the_log() => IsCutOff(group =>
    {
        var bytes = group.Bytes(Forged.Numbered(1), Forged.Numbered(2));
        var others = group.Bytes(Forged.Numbered(3), Forged.Numbered(4));
        var second = GroupHeader.Bytes + ((bytes.Length - GroupHeader.Bytes) / 2);
        others.AsSpan(second).CopyTo(bytes.AsSpan(second));
        return bytes;
    });

    public static void A_group_with_a_later_number_says_that_one_is_gone()
    {
        var disk = KilledStore.With(batches: 5);
        var log = LogOnDisk.Of(disk);
        var skipping = new ForgedGroup(log.Last, log.End) { Number = log.End.Group + 2 };
        disk.Put(log.Last.FileName, log.End.Offset, skipping.Bytes(Forged.Event));

        Expect.Refuses(disk, log.End.Position + 1);
    }

    public static void A_segment_of_another_course_of_the_log_is_refused()
    {
        var disk = KilledStore.With(batches: 5);
        var end = LogOnDisk.Of(disk).End;
        var other = Forged.SegmentAfter(disk, end, new ChainValue());
        disk.Put(other.FileName, SegmentHeader.Bytes, new ForgedGroup(other, end) { Chain = new ChainValue() }.Bytes(Forged.Event));

        Expect.Refuses(disk, end.Position + 1);
    }

    public static void A_last_segment_that_is_missing_is_named()
    {
        var disk = KilledStore.WithIndexes();
        var last = LogOnDisk.Of(disk).Last;
        disk.Remove(last.FileName);

        var refused = Expect.Throws<StoreCorruptedException>(() => Laboratory.With(disk, Laboratory.ReadEverythingAsync));
        Expect.That(refused.Message.Contains($"segment {last.Number} is missing", StringComparison.Ordinal), refused.Message);
        Expect.That(Expect.Verified(disk).FirstDamage!.What.Contains($"segment {last.Number} is missing", StringComparison.Ordinal), "verifying blames another file");
    }

    public static void A_segment_that_is_missing_between_two_others_is_named()
    {
        var disk = KilledStore.WithManySegments();
        var segments = LogOnDisk.Of(disk).Segments;
        disk.Remove(segments[2].FileName);

        var refused = Expect.Throws<StoreCorruptedException>(() => Laboratory.With(disk, Laboratory.ReadEverythingAsync));

        Expect.Same(segments[3].FileName, refused.Damage.File, "the file that follows the missing one");
        Expect.That(refused.Message.Contains("segment 3 is missing", StringComparison.Ordinal), refused.Message);
    }

    // Put behind the end of a log, it is gone after the next opening, and the log goes on without it.
    private static void IsCutOff(Func<ForgedGroup, byte[]> forge)
    {
        var disk = KilledStore.With(batches: 5);
        var log = LogOnDisk.Of(disk);
        disk.Put(log.Last.FileName, log.End.Offset, forge(new(log.Last, log.End)));

        Expect.Opens(disk, log.End.Position);
        KilledStore.Append(disk, 6, 1);
        Expect.Opens(disk, log.End.Position + 1);
    }
}
