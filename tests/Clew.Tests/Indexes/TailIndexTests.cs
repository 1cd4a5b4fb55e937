using Clew.Events;
using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class TailIndexTests
{
    [Fact]
    public void Names_that_share_a_hash_are_there_to_be_told_apart()
    {
        Assert.Equal(IndexedLog.Hasher.Of("first-1-collided"u8), IndexedLog.Hasher.Of("other-2-collided"u8));
        Assert.Equal(IndexedLog.Hasher.Of(IndexedLog.ColludingId(1)), IndexedLog.Hasher.Of(IndexedLog.ColludingId(2)));
        Assert.NotEqual(IndexedLog.Hasher.Of("a"u8), IndexedLog.Hasher.Of("b"u8));
    }

    [Fact]
    public Task It_finds_what_a_dictionary_finds() => IndexedLog.Any.SampleAsync(CheckAsync, iter: 100);

    [Fact]
    public Task It_finds_what_a_dictionary_finds_after_events_were_taken_back_and_others_came() =>
        Gen.Select(IndexedLog.Any, Gen.Int[1, 200], IndexedLog.Any).SampleAsync(async (log, taken, more) =>
        {
            log.RemoveLast(Math.Min(taken, log.Records.Count));
            await CheckAsync(log);
            log.AddAgain(more);
            await CheckAsync(log);
        }, iter: 60);

    [Fact]
    public void The_latest_match_of_a_query_is_that_of_a_search_through_all_events() =>
        Gen.Select(IndexedLog.Any, IndexedLog.AnyQuery, Gen.Int[0, 210], Gen.Int[0, 210]).Sample((log, query, after, upTo) =>
        {
            var bounds = (After: log.First - 1 + after, UpTo: log.First - 1 + upTo);
            var expected = log.Positions.LastOrDefault(position => position > bounds.After && position <= bounds.UpTo && query.Matches(log.At(position)));

            Assert.Equal(expected, log.Tail.LatestMatch(query, bounds.After, bounds.UpTo));
        }, iter: 1_000);

    [Fact]
    public void The_first_known_id_of_a_batch_is_found_between_bounds() =>
        Gen.Select(IndexedLog.Any, Gen.Int[0, 250].Array[1, 5], Gen.Int[0, 210], Gen.Int[0, 210]).Sample((log, picks, after, upTo) =>
        {
            var bounds = (After: log.First - 1 + after, UpTo: log.First - 1 + upTo);
            var batch = picks.Select(pick => new EventData("s", "t", default)
            {
                Id = pick < log.Records.Count ? EventRecord.Id(log.Records[pick]) : IndexedLog.ColludingId(pick),
            }).ToArray();
            (int, long)? expected = null;
            for (var index = batch.Length - 1; index >= 0; index--)
            {
                var latest = log.Positions.LastOrDefault(position => EventRecord.Id(log.At(position)) == batch[index].Id);
                if (latest > bounds.After && latest <= bounds.UpTo)
                    expected = (index, latest);
            }

            Assert.Equal(expected, log.Tail.FindIds(batch, bounds.After, bounds.UpTo));
        }, iter: 500);

    private static async Task CheckAsync(IndexedLog log)
    {
        long[] bounds = [log.First - 1, log.First + (log.Records.Count / 3), log.Last - 1, log.Last, log.Last + 5];
        foreach (var name in IndexedLog.Names)
        {
            var all = log.With(name);
            foreach (var after in bounds)
            {
                foreach (var upTo in bounds)
                {
                    var found = await PositionsAsync(await log.Tail.FindAsync(name, after, upTo));
                    Assert.Equal(all.Where(position => position > after && position <= upTo), found);
                }

                if (name.Kind == IndexKind.Stream)
                    CheckStream(log, name, all, after);
            }
        }

        CheckIds(log, bounds);
        await CheckOffsetsAsync(log);
    }

    private static void CheckStream(IndexedLog log, Name name, long[] all, long upTo)
    {
        var latest = all.LastOrDefault(position => position <= upTo);
        (long, long)? expected = latest == 0 ? null : (EventRecord.Version(log.At(latest)), latest);

        Assert.Equal(expected, log.Tail.FindStream(name.Hash, name.Bytes, upTo));
    }

    private static void CheckIds(IndexedLog log, long[] bounds)
    {
        foreach (var id in log.Records.Select(record => EventRecord.Id(record)).Append(IndexedLog.ColludingId(9)).Distinct())
        {
            var latest = log.Positions.LastOrDefault(position => EventRecord.Id(log.At(position)) == id);
            Assert.All(bounds, upTo => Assert.Equal(latest <= upTo ? latest : 0, log.Tail.FindId(id, upTo)));
        }
    }

    private static async Task CheckOffsetsAsync(IndexedLog log)
    {
        var offsets = new uint[log.Records.Count];
        if (offsets.Length > 0)
            await log.Tail.OffsetsAsync(log.First, offsets);
        Assert.Equal(Enumerable.Range(0, offsets.Length).Select(ordinal => IndexedLog.OffsetOf(ordinal)), offsets);
    }

    internal static async Task<List<long>> PositionsAsync(Postings postings)
    {
        var positions = new List<long>();
        for (var index = 0L; index < postings.Count; index++)
            positions.Add(await postings.AtAsync(index));
        return positions;
    }
}
