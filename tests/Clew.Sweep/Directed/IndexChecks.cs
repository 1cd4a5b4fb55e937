using System.Buffers.Binary;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Store.Segments.Indexes;
using Clew.Sweep.Commands;

namespace Clew.Sweep.Directed;

/// <summary>Index files: they say what the log says, and where one does not, nobody is given a wrong event.</summary>
internal static class IndexChecks
{
    public static void Merged_index_files_say_what_the_log_says()
    {
        var disk = KilledStore.WithManySegments();
        KilledStore.Append(disk, 400, 100);
        KilledStore.Append(disk, 500, 1);

        var log = LogOnDisk.Of(disk);
        var spans = disk.Names.Select(IndexFileHeader.ParseName).OfType<(long First, long Last)>();
        Expect.That(spans.Any(span => span.Last - span.First > 4 * log.Segments[1].FirstPosition), "nothing was merged");
        Expect.Opens(disk, log.End.Position);
    }

    public static void A_query_of_several_items_finds_what_any_of_them_finds_in_files_and_in_memory()
    {
        var disk = KilledStore.WithIndexes();
        var query = Query.Of(
            new QueryItem { Types = ["type-0", "type-2"], Tags = ["batch:3"] },
            new QueryItem { Tags = ["batch:5"] },
            new QueryItem { Types = ["type-1"], Tags = ["batch:7"] });

        var (all, forwards, backwards) = Laboratory.With(disk, async store =>
        (
            await ReadAsync(store, ReadRequest.All),
            await ReadAsync(store, ReadRequest.Matching(query)),
            await ReadAsync(store, ReadRequest.Matching(query) with { Direction = ReadDirection.Backwards })
        ));

        var expected = all.Where(place => IsMeant(place.Number % 11, place.Index)).ToList();
        Expect.That(forwards.SequenceEqual(expected), $"forwards {forwards.Count} events are found, not {expected.Count}");
        Expect.That(backwards.AsEnumerable().Reverse().SequenceEqual(expected), $"backwards {backwards.Count} events are found, not {expected.Count}");
    }

    public static void A_bit_that_turns_over_anywhere_in_an_index_is_noticed_or_makes_no_difference()
    {
        var whole = KilledStore.With(batches: 130);
        var events = LogOnDisk.Of(whole).End.Position;
        var (name, bytes) = FirstIndex(whole);
        for (var offset = 5; offset < bytes.Length; offset += IndexBlocks.Bytes / 3)
        {
            var disk = whole.Copy();
            disk.Flip(name, offset, offset % 8);
            try
            {
                Expect.Same(events, Laboratory.With(disk, Laboratory.ReadEverythingAsync), $"the number of events after byte {offset} of {name}");
            }
            catch (StoreCorruptedException noticed)
            {
                Expect.Same(name, noticed.Damage.File, "the damaged file");
            }
        }
    }

    public static void An_index_of_another_log_is_made_anew()
    {
        var disk = KilledStore.WithIndexes();
        Rewrite(disk, 0, header => header[16..32].Reverse());
        Rewrite(disk, 1, SwapFirstTwo);

        Expect.Opens(disk, LogOnDisk.Of(disk).End.Position);
    }

    public static void An_index_that_leads_to_another_event_gives_nobody_that_event()
    {
        var disk = KilledStore.WithIndexes();
        Rewrite(disk, 1, SwapFirstTwo);

        Expect.Throws<StoreCorruptedException>(() => Laboratory.With(disk, Laboratory.ReadEverythingAsync));
    }

    public static void A_list_of_positions_that_is_out_of_order_is_named_and_gives_nobody_another_event()
    {
        foreach (var kind in new[] { IndexKind.Stream, IndexKind.Tag, IndexKind.Type })
        {
            var disk = KilledStore.WithIndexes();
            var (name, bytes) = FirstIndex(disk);
            Rewrite(disk, IndexFileHeader.Read(bytes)!.Sections[(int)kind].ListBlock, SwapFirstTwo);

            var damaged = Expect.Throws<StoreCorruptedException>(() => Laboratory.With(disk, Laboratory.ReadEverythingAsync));
            Expect.Same(name, damaged.Damage.File, "the damaged file");
            Expect.Same(name, Expect.Verified(disk).IndexDamage.SingleOrDefault()?.File, "the index file that verifying names");
        }
    }

    public static void Verifying_names_an_index_that_does_not_say_what_the_log_says()
    {
        var disk = KilledStore.WithIndexes();
        Rewrite(disk, 1, SwapFirstTwo);

        var report = Expect.Verified(disk);

        Expect.Same(null, report.FirstDamage, "the damage of the log");
        Expect.Same(FirstIndex(disk).Name, report.IndexDamage.SingleOrDefault()?.File, "the index file that lies");
    }

    private static bool IsMeant(int batch, int index) =>
        (batch == 3 && index is (0 or 2)) || batch == 5 || (batch == 7 && index == 1);

    private static async Task<List<(int Number, int Index)>> ReadAsync(SegmentEventStore store, ReadRequest request)
    {
        var found = new List<(int Number, int Index)>();
        await foreach (var recorded in store.ReadEventsAsync(request))
            found.Add(ChildBatch.Parse(recorded)!.Value);
        return found;
    }

    private static (string Name, byte[] Bytes) FirstIndex(MemoryDisk disk)
    {
        var name = disk.Names.First(name => name.EndsWith(".idx", StringComparison.Ordinal));
        return (name, disk[name]);
    }

    // With a right checksum, as if a fault of Clew had written it.
    private static void Rewrite(MemoryDisk disk, int number, SpanAction rewrite)
    {
        var (name, bytes) = FirstIndex(disk);
        var block = bytes.AsSpan(number * IndexBlocks.Bytes, IndexBlocks.Bytes);
        rewrite(block);
        IndexBlocks.Seal(block, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)), number);
        disk[name] = bytes;
    }

    private static void SwapFirstTwo(Span<byte> block)
    {
        var first = BinaryPrimitives.ReadUInt32LittleEndian(block);
        block[4..8].CopyTo(block);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], first);
    }

    private delegate void SpanAction(Span<byte> block);
}
