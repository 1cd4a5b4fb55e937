using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Contract;

/// <summary>What is still read of a log in which an event is damaged.</summary>
public sealed partial class SegmentEventStoreTests
{
    private static readonly SegmentStoreOptions SmallSegments = new() { SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin };

    [Theory]
    [InlineData(ReadDirection.Forwards, 1, 4)]
    [InlineData(ReadDirection.Backwards, 12, 7)]
    public async Task All_batches_before_a_damaged_event_are_read_before_its_damage_is_told(ReadDirection direction, int first, int last)
    {
        var folder = folders.Next();
        await using var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        foreach (var stream in new[] { "a", "b", "the damaged", "c", "d", "e" })
            await store.AppendAsync(Batch(Events(stream, 2)), Cancellation);
        await DamageAsync(folder, "the damaged"u8.ToArray());
        var read = new List<EventPage>();

        var fault = await Assert.ThrowsAsync<StoreCorruptedException>(async () =>
        {
            await foreach (var page in store.ReadAsync(ReadRequest.All with { Direction = direction }, Cancellation))
                read.Add(page);
        });

        var positions = read.SelectMany(page => page.Events).Select(recorded => recorded.Position.Value).ToList();
        Assert.Equal((first, last), (positions[0], positions[^1]));
        Assert.Equal(Math.Abs(first - last) + 1, positions.Count);
        Assert.Equal(direction == ReadDirection.Forwards ? last : last - 1, read[^1].ReadTo.Value);
        Assert.All(read, page => Assert.False(page.AtHead));
        Assert.InRange(fault.Damage!.Position!.Value.Value, 5, 6);
    }

    [Fact]
    public async Task Verifying_counts_what_is_sound_before_a_segment_that_is_gone()
    {
        var folder = await StoreOfSegmentsAsync();
        var last = Directory.GetFiles(folder, "*.seg").Order(StringComparer.Ordinal).Last();
        File.Delete(last);

        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);
        var unread = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation));

        Assert.Equal(long.Parse(Path.GetFileNameWithoutExtension(last)[9..], System.Globalization.CultureInfo.InvariantCulture) - 1, report.Events);
        Assert.Contains("is missing after it", report.FirstDamage!.What, StringComparison.Ordinal);
        Assert.Equal(report.FirstDamage, unread.Damage);
    }

    [Fact]
    public async Task Verifying_reports_an_index_file_whose_first_block_is_damaged()
    {
        var folder = await StoreOfSegmentsAsync();
        var index = Directory.GetFiles(folder, "*.idx").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(index, Cancellation);
        bytes[50] ^= 1;
        await File.WriteAllBytesAsync(index, bytes, Cancellation);

        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);

        Assert.Null(report.FirstDamage);
        Assert.False(report.IsSound);
        Assert.Equal(Path.GetFileName(index), Assert.Single(report.IndexDamage).File);
    }

    [Fact]
    public async Task A_mark_that_is_behind_the_log_is_noted_and_the_size_of_the_store_can_still_be_told()
    {
        var folder = folders.Next();
        byte[] early;
        await using (var store = await SegmentEventStore.OpenAsync(folder, SmallSegments, Cancellation))
        {
            await store.AppendAsync(Batch(Events("a", 50)), Cancellation);
            early = await File.ReadAllBytesAsync(Path.Combine(folder, Watermark.FileName), Cancellation);
            for (var batch = 0; batch < 40; batch++)
                await store.AppendAsync(Batch(Events("a", 50)), Cancellation);
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, Watermark.FileName), early, Cancellation);
        foreach (var index in Directory.GetFiles(folder, "*.idx"))
            File.Delete(index);

        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        var size = await reader.StatisticsAsync(Cancellation);

        Assert.True(report.IsSound);
        Assert.Contains(report.Notes, note => note.Contains("readers do not see what follows", StringComparison.Ordinal));
        Assert.True(size.Segments > 1);
    }

    [Fact]
    public async Task A_damaged_STORE_beside_segments_is_damaged_and_no_foreign_folder_nor_another_format()
    {
        foreach (var offset in new[] { 0, 8, 20 })
        {
            var folder = await StoreOfOneAsync();
            var path = Path.Combine(folder, StoreHeader.FileName);
            var bytes = await File.ReadAllBytesAsync(path, Cancellation);
            bytes[offset] ^= 0x80;
            await File.WriteAllBytesAsync(path, bytes, Cancellation);

            var refused = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));

            Assert.Equal(StoreHeader.FileName, refused.Damage.File);
        }
    }

    [Fact]
    public async Task A_damaged_event_that_no_query_asks_for_is_in_nobodys_way()
    {
        var folder = folders.Next();
        await using var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        foreach (var stream in new[] { "a", "the damaged", "a" })
            await store.AppendAsync(Batch(Event(stream)), Cancellation);

        await DamageAsync(folder, "the damaged"u8.ToArray());

        Assert.Equal(2, (await AllAsync(store, new(new EventFilter.OfStream("a")))).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(31)]
    [InlineData(100)]
    public async Task Damage_in_what_is_read_ahead_is_told_after_all_batches_before_it(int damaged)
    {
        var folder = folders.Next();
        await using var store = await SegmentEventStore.OpenAsync(folder, new() { PortionEvents = 16 }, Cancellation);
        for (var position = 1; position <= 100; position++)
            await store.AppendAsync(Batch(Event(position == damaged ? "the damaged" : "a")), Cancellation);
        await DamageAsync(folder, "the damaged"u8.ToArray());
        var positions = new List<long>();

        var fault = await Assert.ThrowsAsync<StoreCorruptedException>(async () =>
        {
            await foreach (var page in store.ReadAsync(ReadRequest.All, Cancellation))
                positions.AddRange(page.Events.Select(recorded => recorded.Position.Value));
        });

        Assert.Equal(Enumerable.Range(1, damaged - 1).Select(position => (long)position), positions);
        Assert.Equal(damaged, fault.Damage.Position?.Value);
    }

    [Fact]
    public async Task Reading_can_end_while_more_is_read_ahead()
    {
        var store = await SegmentEventStore.OpenAsync(folders.Next(), new() { PortionEvents = 16 }, Cancellation);
        await store.AppendAsync(Batch(Events("a", 100)), Cancellation);
        for (var count = 0; count < 50; count++)
            await store.AppendAsync(Batch(Events("a", 10)), Cancellation);

        var pages = store.ReadAsync(ReadRequest.All, Cancellation).GetAsyncEnumerator(Cancellation);
        for (var count = 0; count < 4; count++)
            Assert.True(await pages.MoveNextAsync());
        Assert.False(pages.Current.AtHead);
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pages.MoveNextAsync());
        await pages.DisposeAsync();
    }

    private async Task<string> StoreOfSegmentsAsync()
    {
        var folder = folders.Next();
        await using var store = await SegmentEventStore.OpenAsync(folder, SmallSegments, Cancellation);
        for (var batch = 0; batch < 40; batch++)
            await store.AppendAsync(Batch(Events("a", 50)), Cancellation);
        return folder;
    }

    // Only the first event that has the bytes.
    private static async Task DamageAsync(string folder, byte[] bytes)
    {
        var path = Directory.GetFiles(folder, "*.seg").Single();
        var content = await File.ReadAllBytesAsync(path, Cancellation);
        content[content.AsSpan().IndexOf(bytes)] ^= 1;
        await File.WriteAllBytesAsync(path, content, Cancellation);
    }
}
