using Clew.Store;
using Clew.Store.Segments.Indexes;
using Clew.Sweep.Commands;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class CursorTests
{
    private static readonly Gen<int[]> Steps = Gen.Frequency((3, Gen.Int[0, 3]), (1, Gen.Int[4, 60])).Array[1, 120];

    [Fact]
    public Task Over_a_tail_it_goes_where_a_search_through_all_events_goes() => SampleAsync(log =>
        ValueTask.FromResult<(IIndexPart, Func<Name, IEnumerable<long>>)>((log.Tail, name => log.With(name))));

    [Fact]
    public Task Over_a_file_it_goes_where_a_search_for_hashes_goes() => SampleAsync(async log =>
    {
        var disk = new MemoryDisk();
        var name = await new IndexFileWriter(disk, Guid.Empty, 1, () => default).WriteAsync([log.Source]);
        var file = await IndexFile.OpenAsync(disk, name, Guid.Empty, new BlockCache(1 << 20));
        return (file!, one => log.WithHash(one.Kind, one.Hash));
    });

    private static Task SampleAsync(Func<IndexedLog, ValueTask<(IIndexPart, Func<Name, IEnumerable<long>>)>> index) =>
        Gen.Select(IndexedLog.Any, IndexedLog.AnyQuery, Gen.Int[-1, 210], Gen.Int[-1, 210], Gen.Enum<ReadDirection>(), Steps).SampleAsync(
            async (log, query, low, high, direction, steps) =>
            {
                var (part, find) = await index(log);
                // The bounds may lie outside of what the part covers, as those of a read do.
                var (after, upTo) = (Math.Max(0, log.First - 2 + low), log.First - 2 + high);
                var candidates = Candidates(log, query, find).Where(position => position > after && position <= upTo).ToArray();
                var cursor = await Cursor.OverAsync(query, part, after, upTo, direction);
                if (direction == ReadDirection.Forwards)
                    await GoUpAsync(cursor, candidates, Math.Max(1, after), steps);
                else
                    await GoDownAsync(cursor, candidates, upTo, steps);
            }, iter: 400);

    private static IEnumerable<long> Candidates(IndexedLog log, CompiledQuery query, Func<Name, IEnumerable<long>> find)
    {
        if (query.IsEverything)
            return log.Positions;

        return log.Positions.Intersect(query.Items.SelectMany(item =>
        {
            var any = item.Any.Count == 0 ? log.Positions : item.Any.SelectMany(find);
            return item.All.Aggregate(any, (left, name) => left.Intersect(find(name)));
        }));
    }

    private static async Task GoUpAsync(Cursor cursor, long[] candidates, long target, int[] steps)
    {
        foreach (var step in steps)
        {
            target += step;
            var expected = candidates.Where(position => position >= target).DefaultIfEmpty(cursor.End).First();
            Assert.Equal(expected, await cursor.SeekAsync(target));
        }
    }

    private static async Task GoDownAsync(Cursor cursor, long[] candidates, long target, int[] steps)
    {
        foreach (var step in steps)
        {
            target = Math.Max(0, target - step);
            var expected = candidates.Where(position => position <= target).DefaultIfEmpty(cursor.End).Last();
            Assert.Equal(expected, await cursor.SeekAsync(target));
        }
    }
}
