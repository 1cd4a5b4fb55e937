using Clew.Events;
using Clew.Store.Segments;
using CsCheck;

namespace Clew.Tests.Store;

public sealed class EventCacheTests
{
    [Fact]
    public void What_is_found_is_the_event_of_that_position_and_the_bound_holds() =>
        Gen.Select(Gen.Int[0, 20_000], Gen.Select(Gen.Long[1, 400], Gen.Int[0, 900]).Array[0, 300]).Sample((bytesMax, additions) =>
        {
            var cache = new EventCache(bytesMax);
            var records = new Dictionary<long, byte[]>();
            foreach (var (position, dataBytes) in additions)
            {
                records.TryAdd(position, Record(position, dataBytes));
                cache.Add(records[position]);
            }

            var found = records.Keys.Select(cache.Find).OfType<byte[]>().ToList();
            return found.All(record => record.AsSpan().SequenceEqual(records[EventRecord.Position(record)]))
                && found.Sum(record => record.Length) <= bytesMax;
        });

    [Fact]
    public void The_events_of_a_stream_that_lie_regularly_far_apart_are_nearly_all_kept()
    {
        var cache = new EventCache(64 * 1024 * 1024);
        var positions = Enumerable.Range(0, 100_000).Select(number => 1L + (number * 10)).ToList();
        foreach (var position in positions)
            cache.Add(Record(position, 200));

        Assert.InRange(positions.Count(position => cache.Find(position) is not null), 95_000, 100_000);
    }

    private static byte[] Record(long position, int dataBytes)
    {
        var data = new EventData("a", "b", new byte[dataBytes]) { Id = new Guid("3f2504e0-4f89-41d3-9a0c-0305e82c3301") };
        var record = new byte[EventRecord.BytesOf(data)];
        EventRecord.Write(record, data, 0, 1, new byte[EventRecord.SaltBytes]);
        EventRecord.Place(record, position, 1, 1, 0);
        return record;
    }
}
