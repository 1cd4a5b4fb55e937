using System.Security.Cryptography;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using CsCheck;

namespace Clew.Tests.Events;

public sealed class EventRecordTests
{
    [Fact]
    public void A_record_reads_as_the_event_that_was_written_wherever_it_lies() =>
        Gen.Select(EventGen.Placed, Gen.Int[0, 20], Gen.Int[0, 20]).Sample((placed, before, behind) =>
        {
            var record = placed.Record();
            byte[] buffer = [.. new byte[before], .. record, .. new byte[behind]];

            Assert.True(EventRecord.TryMeasure(buffer.AsSpan(before), out var recordBytes));
            Assert.Equal(record.Length, recordBytes);
            Assert.Equal(0, recordBytes % EventRecord.Alignment);
            Assert.True(EventRecord.IsSound(buffer.AsSpan(before, recordBytes), placed.Seed));
            AssertSame(placed, new(buffer, before, recordBytes));
        }, iter: 1_000);

    [Fact]
    public void The_largest_event_and_the_most_tags_fit_and_one_byte_more_is_refused()
    {
        var tags = Enumerable.Range(0, EventLimits.TagsMax).Select(number => new Tag($"{number:D3}:{new string('t', Names.BytesMax - 4)}")).ToArray();
        var bare = new EventData(new string('s', Names.BytesMax), new string('e', Names.BytesMax), default) { Tags = tags };
        var full = bare with { Data = new byte[EventLimits.EventBytesMax - EventRecord.BytesOf(bare) + 16] };
        var placed = new PlacedEvent(full, 0, 1, long.MaxValue, long.MaxValue, 0, 1, new byte[EventRecord.SaltBytes]);

        var record = placed.Record();

        Assert.Equal(EventLimits.EventBytesMax, record.Length);
        Assert.True(EventRecord.IsSound(record, placed.Seed));
        AssertSame(placed, new(record, 0, record.Length));
        new AppendBatch([full]).Check();
        Assert.Throws<ArgumentException>(() => new AppendBatch([full with { Data = new byte[full.Data.Length + 8] }]).Check());
    }

    [Fact]
    public void A_record_cut_off_anywhere_is_not_sound() => EventGen.Placed.Where(IsShort).Sample(placed =>
    {
        var record = placed.Record();
        for (var length = 0; length < record.Length; length++)
        {
            Assert.False(EventRecord.IsSound(record.AsSpan(0, length), placed.Seed));
            Assert.True(!EventRecord.TryMeasure(record.AsSpan(0, length), out var measured) || measured == record.Length);
        }
    }, iter: 20);

    [Fact]
    public void A_record_with_any_bit_turned_over_is_not_sound() => EventGen.Placed.Where(IsShort).Sample(placed =>
    {
        var record = placed.Record();
        for (var bit = 0; bit < record.Length * 8; bit++)
        {
            record[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(EventRecord.IsSound(record, placed.Seed), $"bit {bit % 8} of byte {bit / 8}");
            record[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }, iter: 20);

    [Fact]
    public void A_record_of_another_segment_is_not_sound() => Gen.Select(EventGen.Placed, Gen.UInt).Sample((placed, seed) =>
        Assert.Equal(seed == placed.Seed, EventRecord.IsSound(placed.Record(), seed)));

    [Fact]
    public void Bytes_of_chance_are_measured_within_bounds_and_are_no_record() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        var isMeasured = EventRecord.TryMeasure(bytes, out var recordBytes);

        Assert.Equal(isMeasured, recordBytes > 0);
        Assert.InRange(recordBytes, 0, EventLimits.EventBytesMax);
        Assert.Equal(0, recordBytes % EventRecord.Alignment);
        Assert.False(EventRecord.IsSound(bytes, seed: 1));
    }, iter: 10_000);

    [Fact]
    public void An_erased_event_keeps_its_envelope_and_of_its_content_the_digest() => EventGen.Placed.Sample(placed =>
    {
        var before = placed.Record();
        var erased = Erased(before.ToArray());

        Assert.True(EventRecord.IsSound(erased, placed.Seed));
        var (recorded, (start, data, metadata)) = (new RecordedEvent(erased, 0, erased.Length), EventRecord.Payload(before));
        Assert.True(recorded.IsErased);
        Assert.True(recorded.Data.IsEmpty && recorded.Metadata.IsEmpty);
        Assert.Equal(before[..EventRecord.MutableOffset], erased[..EventRecord.MutableOffset]);
        Assert.Equal(before[EventRecord.HeaderBytes..start], erased[EventRecord.HeaderBytes..start]);
        Assert.Equal(SHA256.HashData(before.AsSpan(start, EventRecord.SaltBytes + data + metadata)), erased[start..(start + EventRecord.DigestBytes)]);
        Assert.True(!erased.AsSpan(start + EventRecord.DigestBytes).ContainsAnyExcept((byte)0));
        Assert.Equal(EventRecord.Digest(before), EventRecord.Digest(erased));
    });

    [Fact]
    public void An_event_of_which_any_part_is_overwritten_is_finished_by_its_digest_and_is_otherwise_not_sound() =>
        Gen.Select(EventGen.Placed, Gen.Int[0, 1 << 20], Gen.Bool).Sample((placed, cut, isFront) =>
        {
            byte[] before = placed.Record(), after = Erased(placed.Record());
            cut %= before.Length + 1;
            byte[] torn = isFront ? [.. after[..cut], .. before[cut..]] : [.. before[..cut], .. after[cut..]];
            var isWhole = torn.AsSpan().SequenceEqual(before) || torn.AsSpan().SequenceEqual(after);
            var journal = new ErasureJournal(Guid.Empty, Guid.Empty, [new(placed.Position, EventRecord.Digest(before))]);

            Assert.Equal(isWhole, EventRecord.IsSound(torn, placed.Seed));
            journal.Finish(torn, placed.Seed);
            Assert.True(EventRecord.IsSound(torn, placed.Seed));
            Assert.True(isWhole || torn.AsSpan().SequenceEqual(after));
        });

    [Fact]
    public void A_damaged_envelope_and_an_event_that_is_not_named_are_left_as_they_are() => Gen.Select(EventGen.Placed.Where(IsShort), Gen.Int[0, 1 << 20]).Sample((placed, bit) =>
    {
        var record = placed.Record();
        var (start, _, _) = EventRecord.Payload(record);
        var journal = new ErasureJournal(Guid.Empty, Guid.Empty, [new(placed.Position, EventRecord.Digest(record))]);
        var other = journal with { Events = [new(placed.Position + 1, EventRecord.Digest(record))] };
        record[start] ^= 1;
        var damaged = record.ToArray();

        other.Finish(damaged, placed.Seed);
        Assert.Equal(record, damaged);

        bit %= (start - EventRecord.HeaderBytes) * 8;
        damaged[EventRecord.HeaderBytes + (bit / 8)] ^= (byte)(1 << (bit % 8));
        if (!EventRecord.TryMeasure(damaged, out var length) || length != record.Length)
            return;

        journal.Finish(damaged, placed.Seed);
        Assert.False(EventRecord.IsSound(damaged, placed.Seed));
    });

    private static byte[] Erased(byte[] record)
    {
        EventRecord.Erase(record, EventRecord.Digest(record));
        return record;
    }

    private static bool IsShort(PlacedEvent placed) => EventRecord.BytesOf(placed.Data) < 500;

    private static void AssertSame(PlacedEvent placed, RecordedEvent recorded)
    {
        var data = placed.Data;
        Assert.Equal(placed.Position, recorded.Position.Value);
        Assert.Equal(placed.Version, recorded.Version.Value);
        Assert.Equal(UnixMicroseconds.ToTime(placed.RecordedAt), recorded.RecordedAt);
        Assert.Equal((placed.Index, placed.Count), (recorded.BatchIndex, recorded.BatchCount));
        Assert.Equal((data.Stream, data.Type, data.Id), (recorded.Stream, recorded.Type, recorded.Id));
        Assert.Equal(data.OccurredAt ?? recorded.RecordedAt, recorded.OccurredAt);
        Assert.Equal((data.CorrelationId, data.CausationId), (recorded.CorrelationId, recorded.CausationId));
        Assert.Equal((data.SchemaVersion, data.ContentType), (recorded.SchemaVersion, recorded.ContentType));
        Assert.Equal(data.Tags, recorded.Tags);
        Assert.True(data.Data.Span.SequenceEqual(recorded.Data.Span));
        Assert.True(data.Metadata.Span.SequenceEqual(recorded.Metadata.Span));
        Assert.False(recorded.IsErased);
    }
}
