using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Sweep.Commands;

/// <summary>A store that children append to and die on, and all that they were promised.</summary>
internal sealed class ChildStore(string folder, SegmentStoreOptions options)
{
    private readonly SortedDictionary<long, (int Number, int Index)> promised = [];
    private readonly ChildErasures erasures = new(folder);

    public string Folder => folder;

    public int Acks { get; private set; }

    public ErasureTally Erasures => erasures.Tally;

    /// <summary>The number that no batch has had.</summary>
    public int NextNumber { get; private set; }

    /// <summary>Takes what a child has said before it died.</summary>
    public void Take(ChildProcess child)
    {
        Take(child.Acks());
        erasures.Take(child.Erased(), child.Roots());
    }

    public void Take(IEnumerable<(int Number, long First, long Last)> acks)
    {
        foreach (var (number, first, last) in acks)
        {
            Acks++;
            NextNumber = Math.Max(NextNumber, number + 1);
            for (var position = first; position <= last; position++)
                Require(promised.TryAdd(position, (number, (int)(position - first))), $"position {position} was given away twice");
        }
    }

    /// <summary>Looks at the files as they were left, opens the store as the next program would, and reads everything.</summary>
    /// <returns>The events in it.</returns>
    public async Task<long> CheckAsync()
    {
        var left = promised.Count == 0 ? null : await erasures.CheckLeftAsync();
        var log = new List<RecordedEvent>();
        var found = new List<(int Number, int Index)?>();
        await using (var store = await SegmentEventStore.OpenAsync(folder, options))
        {
            await foreach (var page in store.ReadAsync(ReadRequest.All))
            {
                foreach (var recorded in page.Events)
                {
                    Require(recorded.Position.Value == found.Count + 1, $"{recorded} is where {found.Count + 1} belongs");
                    log.Add(recorded);
                    found.Add(ErasureRecord.Is(recorded.Record)
                        ? null
                        : ChildBatch.Parse(recorded) ?? throw new InvalidOperationException($"{recorded} is nothing that was appended"));
                }
            }

            CheckBatches(found);
            foreach (var (position, expected) in promised)
            {
                Require(position <= found.Count, $"position {position} was acknowledged; the log ends at {found.Count}");
                Require(found[(int)position - 1] == expected, $"position {position} holds {found[(int)position - 1]}, not {expected}");
            }

            await CheckStreamAsync(store, found);
        }

        erasures.CheckOpened(log, found, left);
        return found.Count;
    }

    /// <summary>Reads everything beside whoever writes: all that was promised must be there.</summary>
    public async Task CheckReaderAsync()
    {
        await using var reader = await SegmentEventReader.OpenAsync(folder, options);
        var found = 0;
        await foreach (var recorded in reader.ReadEventsAsync(ReadRequest.All))
        {
            found += ErasureRecord.Is(recorded.Record) ? 0 : 1;
            if (promised.TryGetValue(recorded.Position.Value, out var expected))
                Require(ChildBatch.Parse(recorded) == expected, $"{recorded} is not what was acknowledged");
        }

        Require(found >= promised.Count, $"{promised.Count} events were acknowledged, and {found} are read");
    }

    private void CheckBatches(List<(int Number, int Index)?> found)
    {
        var seen = new HashSet<int>();
        for (var at = 0; at < found.Count;)
        {
            if (found[at] is not (var number, _))
            {
                at++;
                continue;
            }

            Require(seen.Add(number), $"batch {number} is in the log twice");
            NextNumber = Math.Max(NextNumber, number + 1);
            foreach (var (index, _) in ChildBatch.Events(number).Index())
            {
                Require(at < found.Count && found[at] == (number, index), $"batch {number} is cut at position {at + 1}");
                at++;
            }
        }
    }

    private static async Task CheckStreamAsync(SegmentEventStore store, List<(int Number, int Index)?> found)
    {
        var number = found.FindLast(place => place is not null)?.Number ?? 0;
        var stream = ChildBatch.StreamOf(number);
        var expected = found.Count(place => place?.Number % 7 == number % 7);
        var count = 0;
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.Stream(stream)))
            Require(recorded.Version.Value == ++count, $"{recorded} has the wrong version");
        Require(count == expected, $"{stream} has {count} events by its index, and {expected} in the log");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }
}
