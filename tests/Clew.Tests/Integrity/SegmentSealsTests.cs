using Clew.Ed25519;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Tests.Contract;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class SegmentSealsTests : IDisposable
{
    private readonly TestFolder folders = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task A_store_seals_itself_when_it_closes_and_after_so_many_events()
    {
        var folder = folders.Next();
        using var signer = Ed25519Signer.Create("log");
        await using var store = await SegmentEventStore.OpenAsync(folder, new() { Sealing = new(signer) { EveryEvents = 10 } }, Cancellation);
        for (var number = 0; number < 10; number++)
            await store.AppendAsync(new EventData("s", "t", "1"u8.ToArray()));
        while (store.SealStatus.Last is null)
            await Task.Yield();
        await store.AppendAsync(new EventData("s", "t", "1"u8.ToArray()));

        await store.DisposeAsync();

        var seals = (await SegmentSeals.ReadAsync(folder, Cancellation)).Seals;
        Assert.Equal(11, seals[^1].Head.Size);
        Assert.Equal(seals[^1], store.SealStatus.Last);
        Assert.True(seals[0].Head.Size >= 10);
        Assert.All(seals, seal => Assert.IsType<NoteCheck.SignedBy>(seal.Check(new Ed25519Verifier(signer.Key))));
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        Assert.Equal(await reader.TreeHeadAsync(cancellation: Cancellation), seals[^1].Head);
    }

    [Fact]
    public async Task A_store_that_is_sealed_by_many_at_once_keeps_each_seal_once()
    {
        var folder = folders.Next();
        using var signer = Ed25519Signer.Create("log");
        await using var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            await store.AppendAsync(new EventData($"s-{number}", "t", "1"u8.ToArray()));
            await SegmentSeals.SealAsync(folder, signer, cancellation: Cancellation);
        }));

        var sizes = (await SegmentSeals.ReadAsync(folder, Cancellation)).Seals.Select(seal => seal.Head.Size).ToArray();
        Assert.Equal(sizes.Distinct().Order(), sizes);
    }

    [Fact]
    public async Task A_countersigned_seal_keeps_both_signatures()
    {
        var folder = folders.Next();
        using var signer = Ed25519Signer.Create("log");
        using var witness = Ed25519Signer.Create("witness");
        await using (var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation))
            await store.AppendAsync(new EventData("s", "t", "1"u8.ToArray()));
        var seal = await SegmentSeals.SealAsync(folder, signer, cancellation: Cancellation);

        Assert.True(await SegmentSeals.AddSignaturesAsync(folder, seal.SignedBy(witness), Cancellation));
        Assert.True(await SegmentSeals.AddSignaturesAsync(folder, seal.SignedBy(witness), Cancellation));

        var kept = Assert.Single((await SegmentSeals.ReadAsync(folder, Cancellation)).Seals);
        var check = Assert.IsType<NoteCheck.SignedBy>(kept.Check(new Ed25519Verifier(signer.Key), new Ed25519Verifier(witness.Key)));
        Assert.Equal([signer.Key, witness.Key], check.Keys);
    }

    [Fact]
    public void Seals_that_a_crash_has_cut_off_are_gone_and_those_before_them_are_not()
    {
        using var signer = Ed25519Signer.Create("log");
        var whole = new MemoryDisk();
        var marks = Laboratory.With(whole, async store =>
        {
            var ends = new List<(int Bytes, long Size)> { (0, 0) };
            for (var number = 0; number < 4; number++)
            {
                await Laboratory.AppendAsync(store, number);
                var seal = await store.SealAsync(signer);
                ends.Add((whole[SealFile.FileName].Length, seal.Head.Size));
            }

            return ends;
        });

        Gen.Select(Gen.Int[0, whole[SealFile.FileName].Length], Gen.Int[0, 300]).Sample(
            (cut, zeros) =>
            {
                var torn = whole.Copy();
                torn[SealFile.FileName] = [.. whole[SealFile.FileName][..cut], .. new byte[zeros]];
                var seals = SealFile.ReadAsync(torn).AsTask().GetAwaiter().GetResult().Book.Seals;
                Assert.Equal(marks.Last(mark => mark.Bytes <= cut).Size, seals.Count == 0 ? 0 : seals[^1].Head.Size);

                var next = Laboratory.With(torn, async store => await store.SealAsync(signer));
                Assert.Equal(next, SealFile.ReadAsync(torn).AsTask().GetAwaiter().GetResult().Book.Seals[^1]);
            },
            iter: 50,
            threads: 1);
    }

    [Fact]
    public void A_log_that_does_not_continue_its_last_seal_is_not_sealed()
    {
        using var signer = Ed25519Signer.Create("log");
        var disk = new MemoryDisk();
        var before = disk;
        Laboratory.With(disk, async store =>
        {
            await Laboratory.AppendAsync(store, 0);
            before = disk.Copy();
            await Laboratory.AppendAsync(store, 1);
            return await store.SealAsync(signer);
        });

        // The end is gone, and comes anew as something else.
        var seals = disk[SealFile.FileName];
        before.Forget();
        before[SealFile.FileName] = seals;
        var shorter = Assert.Throws<HistoryChangedException>(() => Laboratory.With(before, async store => await store.SealAsync(signer)));
        var other = Assert.Throws<HistoryChangedException>(() => Laboratory.With(before, async store =>
        {
            for (var number = 5; number < 9; number++)
                await Laboratory.AppendAsync(store, number);
            return await store.SealAsync(signer);
        }));

        Assert.Contains("so its end is gone", shorter.Message, StringComparison.Ordinal);
        Assert.Contains("are no longer what they were", other.Message, StringComparison.Ordinal);
        Assert.Equal(seals, before[SealFile.FileName]);
    }
}
