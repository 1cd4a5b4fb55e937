using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using CsCheck;

namespace Clew.Tests.Store;

public sealed class HeadFileTests
{
    private static readonly Lineage Lineage = new(new Guid("3f2504e0-4f89-41d3-9a0c-0305e82c3301"), 1);

    [Fact]
    public Task Who_reads_while_a_mark_is_being_written_finds_it_or_the_one_before() =>
        Histories.SampleAsync(async syncs =>
        {
            var (disk, head) = await OpenAsync();
            for (var position = 1; position <= syncs.Length; position++)
            {
                var before = disk[Watermark.FileName];
                await WriteAsync(head, position, syncs[position - 1]);
                var after = disk[Watermark.FileName];
                foreach (var seen in HalfWritten(before, after))
                    Assert.InRange(await PositionAsync(seen), position - 1, position);
            }
        });

    [Fact]
    public Task A_crash_leaves_the_mark_that_was_flushed_last_or_a_later_one() =>
        Gen.Select(Histories, Gen.Int[0, 7]).SampleAsync(async (syncs, lost) =>
        {
            var (disk, head) = await OpenAsync();
            var (synced, durable) = (0, disk[Watermark.FileName]);
            for (var position = 1; position <= syncs.Length; position++)
            {
                await WriteAsync(head, position, syncs[position - 1]);
                if (syncs[position - 1])
                    (synced, durable) = (position, disk[Watermark.FileName]);
                Assert.InRange(await PositionAsync(Crashed(durable, disk[Watermark.FileName], lost)), synced, position);
            }
        });

    private static Gen<bool[]> Histories => Gen.Bool.Array[1, 12];

    private static async Task<(MemoryDisk Disk, HeadFile Head)> OpenAsync()
    {
        var disk = new MemoryDisk();
        var file = await disk.OpenAsync(Watermark.FileName, FileUse.Create);
        await file.WriteAsync(new byte[Watermark.FileBytes], 0);
        return (disk, new HeadFile(Lineage, file, null, 0));
    }

    private static async Task WriteAsync(HeadFile head, int position, bool sync)
    {
        await head.WriteAsync(LogPoint.Start with { Position = position, Group = position }, isClean: false);
        if (sync)
            await head.SyncAsync();
    }

    private static async Task<long> PositionAsync(byte[] bytes)
    {
        var disk = new MemoryDisk { [Watermark.FileName] = bytes };
        return (await Watermark.ReadAsync(await disk.OpenAsync(Watermark.FileName, FileUse.Read)))?.Point.Position ?? 0;
    }

    // A write seen at each byte of the way.
    private static IEnumerable<byte[]> HalfWritten(byte[] before, byte[] after)
    {
        for (var at = 0; at < after.Length; at++)
        {
            if (before[at] != after[at])
                yield return [.. after[..at], .. before[at..]];
        }
    }

    // Each slot that was written since the last flush is there, gone, or torn.
    private static byte[] Crashed(byte[] durable, byte[] cached, int lost)
    {
        byte[] left = [.. cached];
        for (var slot = 0; slot < Watermark.Slots; slot++)
        {
            var start = slot * Watermark.SlotBytes;
            if (!durable.AsSpan(start, Watermark.SlotBytes).SequenceEqual(cached.AsSpan(start, Watermark.SlotBytes)))
                durable.AsSpan(start, (lost >> slot & 1) == 0 ? 0 : Watermark.Bytes / 2).CopyTo(left.AsSpan(start));
        }

        return left;
    }
}
