using Clew.Events;
using Clew.Store;

namespace Clew.Tests.Contract;

/// <summary>What holds for the pages of any read of a log that the model knows.</summary>
internal static class PageLaws
{
    public static async ValueTask CheckAsync(IEventReader store, ReadRequest request, ModelLog model, CancellationToken cancellation)
    {
        var pages = await store.ReadAsync(request, cancellation).ToListAsync(cancellation);

        var isForwards = request.Direction == ReadDirection.Forwards;
        var (low, bound) = model.BoundsOf(request);
        var matching = model.Events.Where(one => one.Position > low && one.Position <= bound && ModelLog.Matches(request.Filter, one.Data));
        var ordered = (isForwards ? matching : matching.Reverse()).ToList();
        var isCut = ordered.Count >= request.Limit;
        var expected = ordered.Take((int)(request.Limit ?? int.MaxValue)).ToList();
        var end = isForwards ? bound : low;
        var readTo = isCut ? expected[^1].Position - (isForwards ? 0 : 1) : end;

        Assert.Equal(expected.Select(one => one.Seen), pages.SelectMany(page => page.Events).Select(Seen.Of));
        Assert.Equal((readTo, readTo == end), (pages[^1].ReadTo.Value, pages[^1].AtHead));
        Assert.DoesNotContain(pages.SkipLast(1), page => page.AtHead);
        CheckEachPage(pages, model, isForwards, isForwards ? low : bound);
    }

    private static void CheckEachPage(List<EventPage> pages, ModelLog model, bool isForwards, long start)
    {
        var readTo = start;
        long? lastBatch = null;
        foreach (var page in pages)
        {
            var (from, to) = isForwards ? (readTo, page.ReadTo.Value) : (page.ReadTo.Value, readTo);
            Assert.True(from <= to, $"The pages went from {readTo} to {page.ReadTo}.");
            Assert.All(page.Events, recorded => Assert.InRange(recorded.Position.Value, from + 1, to));
            if (page.Events.Count > 0)
            {
                Assert.NotEqual(lastBatch, BatchOf(page.Events[0]));
                lastBatch = BatchOf(page.Events[^1]);
            }

            readTo = page.ReadTo.Value;
        }

        long BatchOf(RecordedEvent recorded) => model.Events[(int)recorded.Position.Value - 1].Batch;
    }
}
