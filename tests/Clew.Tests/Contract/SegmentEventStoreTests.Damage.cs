using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Contract;

/// <summary>What is still read of a log in which an event is damaged.</summary>
public sealed partial class SegmentEventStoreTests
{
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

    // Only the first event that has the bytes.
    private static async Task DamageAsync(string folder, byte[] bytes)
    {
        var path = Directory.GetFiles(folder, "*.seg").Single();
        var content = await File.ReadAllBytesAsync(path, Cancellation);
        content[content.AsSpan().IndexOf(bytes)] ^= 1;
        await File.WriteAllBytesAsync(path, content, Cancellation);
    }
}
