using System.Buffers.Binary;
using System.Text;
using Clew.Events;
using Clew.Store;
using CsCheck;

namespace Clew.Tests.Events;

public sealed class HostileRecordTests
{
    [Fact]
    public void No_accessor_fails_or_runs_past_a_record_that_counts_as_sound()
    {
        var sound = 0;
        HostileRecord.Any.Sample(hostile =>
        {
            if (!EventRecord.IsSound(hostile.Record, hostile.Seed))
                return;

            Interlocked.Increment(ref sound);
            // In a buffer that ends with it, so that who runs past it fails.
            ReadEverything(new(hostile.Record, 0, hostile.Record.Length));
        }, iter: 4_000);

        Assert.True(sound > 400, $"only {sound} lies were plausible");
    }

    [Theory]
    [InlineData(5, 0x08, "a flag that no version knows")]
    [InlineData(5, 0x80, "a flag that no version knows")]
    [InlineData(4, 0x02, "a layout that this version does not know")]
    [InlineData(28, 0x01, "something where zeros belong")]
    [InlineData(31, 0x80, "something where zeros belong")]
    [InlineData(55, 0x7F, "a time after the year 9999")]
    [InlineData(55, 0x80, "a time before the year 1")]
    [InlineData(39, 0x80, "a position below 1")]
    [InlineData(47, 0x80, "a version below 1")]
    [InlineData(10, 0x00, "a batch of no events")]
    [InlineData(8, 0x01, "a second event in a batch of one")]
    [InlineData(11, 0x40, "a batch of more events than one may have")]
    public void A_record_that_says_what_cannot_be_is_not_sound(int at, byte value, string what)
    {
        var record = Whole().Record();
        record[EventRecord.HeaderBytes + at] = value;
        HostileRecord.Seal(record, Whole().Seed);

        Assert.False(EventRecord.IsSound(record, Whole().Seed), what);
    }

    [Fact]
    public void An_event_that_happened_at_no_time_that_can_be_is_not_sound()
    {
        var placed = Whole() with { Data = Whole().Data with { OccurredAt = DateTimeOffset.UnixEpoch } };
        var record = placed.Record();
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(EventRecord.HeaderBytes + 72), long.MaxValue);
        HostileRecord.Seal(record, placed.Seed);

        Assert.False(EventRecord.IsSound(record, placed.Seed));
    }

    [Fact]
    public void What_no_append_takes_is_not_sound()
    {
        var data = Whole().Data;
        AssertUnsound(data with { Id = Guid.Empty });
        AssertUnsound(data with { SchemaVersion = 0 });
        AssertUnsound(data with { ContentType = new('a', EventLimits.ContentTypeBytesMax + 1) });
        AssertUnsound(data with { Stream = StreamName.FromLog("") });
        AssertUnsound(data with { Stream = StreamName.FromLog(new('s', Names.BytesMax + 1)) });
        AssertUnsound(data with { Type = EventType.FromLog("") });
        AssertUnsound(data with { Type = EventType.FromLog(new('t', Names.BytesMax + 1)) });
        AssertUnsound(data with { Tags = [.. Enumerable.Range(0, EventLimits.TagsMax + 1).Select(number => new Tag("k", $"{number}"))] });
        foreach (var tag in new[] { "", ":", ":value", "key:", "no colon", $"k:{new string('v', Names.BytesMax - 1)}" })
            AssertUnsound(data with { Tags = ["k:v", Tag.FromLog(tag)] });
    }

    [Fact]
    public void What_an_append_may_take_at_most_is_sound()
    {
        var data = Whole().Data with
        {
            Stream = new(new string('é', Names.BytesMax / 2)),
            SchemaVersion = EventLimits.SchemaVersionMax,
            ContentType = new('a', EventLimits.ContentTypeBytesMax),
            Tags = ["a:b", "é:ü", $"k::{new string('v', Names.BytesMax - 3)}"],
        };
        var placed = Whole() with { Data = data, Index = EventLimits.BatchEventsMax - 1, Count = EventLimits.BatchEventsMax };

        new AppendBatch([data]).Check();
        Assert.True(EventRecord.IsSound(placed.Record(), placed.Seed));
    }

    [Theory]
    [InlineData("abc", 0, 0xFF, "a stream name")]
    [InlineData("abc", 2, 0xC3, "a stream name that ends within a character")]
    [InlineData("type", 0, 0xA9, "a type that begins within a character")]
    [InlineData("text/plain", 3, 0xC0, "a content type")]
    [InlineData("k:v", 0, 0x80, "a tag's key")]
    [InlineData("k:v", 2, 0xED, "a tag's value")]
    public void A_text_that_is_not_UTF8_is_not_sound(string text, int at, byte letter, string what)
    {
        var placed = Texts();
        var record = placed.Record();
        record[record.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) + at] = letter;
        HostileRecord.Seal(record, placed.Seed);

        Assert.False(EventRecord.IsSound(record, placed.Seed), what);
    }

    [Fact]
    public void A_character_that_lies_in_two_names_is_not_sound()
    {
        var placed = Texts();
        var record = placed.Record();
        "é"u8.CopyTo(record.AsSpan(record.AsSpan().IndexOf("abctype"u8) + 2));
        HostileRecord.Seal(record, placed.Seed);

        Assert.False(EventRecord.IsSound(record, placed.Seed));
    }

    private static PlacedEvent Texts() => Whole() with { Data = Whole().Data with { ContentType = "text/plain", Tags = ["k:v"] } };

    private static void AssertUnsound(EventData data)
    {
        var placed = Whole() with { Data = data };

        Assert.False(EventRecord.IsSound(placed.Record(), placed.Seed), data.ToString());
    }

    // Its stream name has three bytes and its type four.
    private static PlacedEvent Whole() => new(
        new EventData("abc", "type", new byte[40]) { Id = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) },
        Index: 0, Count: 1, Position: 1, Version: 1, RecordedAt: 0, Seed: 7, new byte[EventRecord.SaltBytes]);

    internal static void ReadEverything(RecordedEvent recorded)
    {
        _ = (recorded.Position, recorded.Version, recorded.Id, recorded.SchemaVersion, recorded.BatchIndex, recorded.BatchCount);
        _ = (recorded.RecordedAt, recorded.OccurredAt, recorded.CorrelationId, recorded.CausationId, recorded.IsErased);
        _ = (recorded.Stream.Value, recorded.Type.Value, recorded.ContentType, recorded.ToString(), recorded.GetHashCode());
        Assert.Equal(recorded, recorded);
        Assert.True(recorded.Data.Length + recorded.Metadata.Length <= recorded.Record.Length);
        foreach (var tag in recorded.Tags)
            Assert.Equal(tag.Text, $"{tag.Key}:{tag.Value}");
    }
}
