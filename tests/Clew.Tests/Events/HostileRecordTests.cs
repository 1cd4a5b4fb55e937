using System.Buffers.Binary;
using Clew.Events;
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
    public void A_tag_without_a_colon_is_not_sound()
    {
        var placed = Whole() with { Data = Whole().Data with { Tags = ["k:v"] } };
        var record = placed.Record();
        record[record.AsSpan().IndexOf("k:v"u8) + 1] = (byte)'-';
        HostileRecord.Seal(record, placed.Seed);

        Assert.False(EventRecord.IsSound(record, placed.Seed));
    }

    [Fact]
    public void A_name_of_no_bytes_is_not_sound()
    {
        var record = Whole().Record();
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(EventRecord.HeaderBytes + 20), 0);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(EventRecord.HeaderBytes + 22), 7);
        HostileRecord.Seal(record, Whole().Seed);

        Assert.False(EventRecord.IsSound(record, Whole().Seed));
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
