using System.Text;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Tests.Contract;
using Clew.Zstandard;
using CsCheck;
using ZstdSharp;

namespace Clew.Tests.Archives;

/// <summary>Segments moved out of a store's folder, and everything that a log does when some of it lies elsewhere.</summary>
public sealed class ArchiveTests : IDisposable
{
    private const int Events = 400;

    private static readonly SegmentStoreOptions Packing = new()
    {
        SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin,
        Archive = new(new ZstandardCodec(level: 1)),
    };

    private static readonly SegmentStoreOptions Without = Packing with { Archive = null };

    private readonly TestFolder folders = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folders.Dispose();

    [Fact]
    public Task A_log_reads_proves_and_verifies_the_same_wherever_its_segments_lie() =>
        Gen.Select(Gen.Long[1, Events + 50], Gen.Long[1, Events + 50]).SampleAsync(
            async moves =>
            {
                var (folder, cold) = (folders.Next(), folders.Next());
                var before = await MakeAsync(folder);
                var root = await RootAsync(folder);
                await using var early = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
                foreach (var position in new[] { moves.Item1, moves.Item2 })
                {
                    var moved = await ArchiveAsync(folder, cold, position);
                    Assert.True(moved.ArchivedTo.Value < Math.Max(moves.Item1, moves.Item2));
                    Assert.Equal(before, await AllAsync(early, ReadRequest.All));
                }

                await using var reader = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
                Assert.Equal(before, await AllAsync(reader, ReadRequest.All));
                Assert.Equal(before.Reverse(), await AllAsync(reader, ReadRequest.All with { Direction = ReadDirection.Backwards }));
                Assert.Equal(before.Where(recorded => recorded.Stream == "s-3"), await AllAsync(reader, ReadRequest.Stream("s-3")));
                Assert.Equal(root, await reader.TreeHeadAsync(cancellation: Cancellation));
                var proof = await reader.ProveInclusionAsync(new(1), cancellation: Cancellation);
                Assert.True(proof.Verify(EventProof.LeafOf(before[0]), root.Root));
                var report = await VerifyAsync(folder);
                Assert.True(report.IsSound, report.FirstDamage?.ToString());
                Assert.Equal(root, report.Tree);
                var size = await reader.StatisticsAsync(Cancellation);
                Assert.Equal(report.ArchivedSegments, size.ArchivedSegments);
                Assert.Equal(Directory.GetFiles(cold).Length, size.ArchivedSegments);
                Assert.Equal(Directory.GetFiles(folder, "*.seg").Length, size.Segments - size.ArchivedSegments);
            },
            iter: 6);

    [Fact]
    public async Task An_archive_that_is_not_attached_is_named_and_the_rest_goes_on()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        var before = await MakeAsync(folder);
        var last = (await ArchiveAsync(folder, cold, Events)).ArchivedTo;
        Directory.Move(cold, cold + "-away");

        await using var store = await SegmentEventStore.OpenAsync(folder, Packing, Cancellation);
        var fault = await Assert.ThrowsAsync<ArchiveNotAttachedException>(async () => await AllAsync(store, ReadRequest.All));
        Assert.Equal((new GlobalPosition(1), cold), (fault.First, fault.Folder));
        Assert.Contains($".seg.zst is not in {cold}. Attach the archive", fault.Message, StringComparison.Ordinal);
        Assert.Equal(before.Skip((int)last.Value), await AllAsync(store, ReadRequest.All with { After = last }));
        var latestFirst = new List<RecordedEvent>();
        await Assert.ThrowsAsync<ArchiveNotAttachedException>(async () =>
        {
            await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All with { Direction = ReadDirection.Backwards }, Cancellation))
                latestFirst.Add(recorded);
        });
        Assert.Equal(before.Skip((int)last.Value).Reverse(), latestFirst);

        Assert.IsType<AppendResult.Appended>(await store.AppendAsync(new AppendBatch([new("new", "t", "1"u8.ToArray())]), Cancellation));
        await Assert.ThrowsAsync<ArchiveNotAttachedException>(async () => await EraseAsync(store, 1));
        Assert.Equal(Events + 1, (await store.HeadAsync(Cancellation)).Position.Value);
        Assert.False(File.Exists(Path.Combine(folder, "ERASING")));
        await Assert.ThrowsAsync<ArchiveNotAttachedException>(async () => await VerifyAsync(folder));

        Directory.Move(cold + "-away", cold);
        Assert.Equal(before, (await AllAsync(store, ReadRequest.All)).Take(Events));
        Assert.True((await VerifyAsync(folder)).IsSound);
    }

    [Fact]
    public async Task An_archive_that_was_moved_is_found_where_it_is_said_to_be()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        var before = await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);
        Directory.Move(cold, cold + "-elsewhere");
        var elsewhere = Packing with { Archive = Packing.Archive! with { Folder = cold + "-elsewhere" } };

        await using var store = await SegmentEventStore.OpenAsync(folder, elsewhere, Cancellation);
        Assert.Equal(before, await AllAsync(store, ReadRequest.All));
        Assert.IsType<EraseResult.Erased>(await EraseAsync(store, 2));
        Assert.True((await SegmentStoreVerification.RunAsync(folder, new() { Archive = elsewhere.Archive }, Cancellation)).IsSound);
    }

    [Fact]
    public async Task A_program_that_does_not_read_archives_is_told_what_to_set()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);

        await using var store = await SegmentEventStore.OpenAsync(folder, Without, Cancellation);
        var fault = await Assert.ThrowsAsync<ArchiveNotAttachedException>(async () => await AllAsync(store, ReadRequest.All));
        Assert.Contains("of the package Clew.Zstandard, to read them", fault.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ArchiveAsync(new(new(Events), cold), Cancellation));
    }

    [Fact]
    public async Task What_is_erased_in_an_archive_is_gone_from_it_and_everything_still_verifies()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);
        var root = await RootAsync(folder);
        await using var reader = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
        Assert.Contains(await AllAsync(reader, ReadRequest.Stream("s-3")), recorded => !recorded.IsErased);
        Assert.Contains(Directory.GetFiles(cold), file => Holds(file, "canary-3-"));

        await using (var store = await SegmentEventStore.OpenAsync(folder, Packing, Cancellation))
        {
            Assert.IsType<EraseResult.Erased>(await store.EraseAsync(new(new EraseTarget.OfStream("s-3")) { Reason = "asked for", By = "ann" }, Cancellation));
            Assert.All(await AllAsync(store, ReadRequest.Stream("s-3")), recorded => Assert.True(recorded.IsErased));
        }

        while (!(await AllAsync(reader, ReadRequest.Stream("s-3"))).All(recorded => recorded.IsErased))
            await Task.Yield();
        Assert.All(Directory.GetFiles(cold), file => Assert.False(Holds(file, "canary-3-"), file));
        Assert.Contains(Directory.GetFiles(cold), file => Holds(file, "canary-4-"));
        var report = await SegmentStoreVerification.RunAsync(folder, new() { Known = [root], Archive = Packing.Archive }, Cancellation);
        Assert.True(report.IsSound);
        await using var late = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
        Assert.All(await AllAsync(late, ReadRequest.Stream("s-3")), recorded => Assert.True(recorded.IsErased));
        Assert.Equal(root, await late.TreeHeadAsync(new(Events), Cancellation));
    }

    [Fact]
    public async Task A_packed_segment_is_one_again_once_it_is_unpacked_into_the_folder()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        var before = await MakeAsync(folder);
        var originals = Directory.GetFiles(folder, "*.seg").ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
        var moved = await ArchiveAsync(folder, cold, Events);
        Assert.True(moved.ArchiveBytes < moved.SegmentBytes);
        Assert.Equal(Directory.GetFiles(cold).Sum(file => new FileInfo(file).Length), moved.ArchiveBytes);

        foreach (var file in Directory.GetFiles(cold))
        {
            var segment = Path.GetFileNameWithoutExtension(file);
            await File.WriteAllBytesAsync(Path.Combine(folder, segment), Unpacked(file), Cancellation);
            Assert.Equal(originals[segment], await File.ReadAllBytesAsync(Path.Combine(folder, segment), Cancellation));
        }

        await using (var reader = await SegmentEventReader.OpenAsync(folder, Without, Cancellation))
            Assert.Equal(before, await AllAsync(reader, ReadRequest.All));
        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);
        Assert.True(report.IsSound);
        Assert.Equal(moved.Segments, report.Notes.Count(note => note.Contains("archive once more", StringComparison.Ordinal)));
        Assert.Equal(moved.Segments, (await ArchiveAsync(folder, cold, Events)).Segments);
        Assert.True((await VerifyAsync(folder)).IsSound);
    }

    [Fact]
    public async Task A_bit_that_turns_over_anywhere_in_an_archive_gives_nobody_another_event()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        var before = await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);
        var file = Directory.GetFiles(cold).Order(StringComparer.Ordinal).First();
        var whole = await File.ReadAllBytesAsync(file, Cancellation);

        await Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 7]).SampleAsync(
            async flip =>
            {
                var bytes = whole.ToArray();
                bytes[flip.Item1] ^= (byte)(1 << flip.Item2);
                await File.WriteAllBytesAsync(file, bytes, Cancellation);
                await using var reader = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
                try
                {
                    Assert.Equal(before, await AllAsync(reader, ReadRequest.All));
                }
                catch (StoreCorruptedException damaged)
                {
                    Assert.Equal(file, damaged.Damage.File);
                    Assert.False((await VerifyAsync(folder)).IsSound);
                }
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public async Task An_archive_that_is_cut_short_or_of_another_segment_is_named()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);
        var files = Directory.GetFiles(cold).Order(StringComparer.Ordinal).ToArray();
        var whole = await File.ReadAllBytesAsync(files[0], Cancellation);

        foreach (var wrong in new[] { [], whole[..^1], whole[..(whole.Length / 2)], [.. whole, 0], await File.ReadAllBytesAsync(files[1], Cancellation) })
        {
            await File.WriteAllBytesAsync(files[0], wrong, Cancellation);
            await using var reader = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
            var fault = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await AllAsync(reader, ReadRequest.All));
            Assert.Equal(files[0], fault.Damage.File);
            Assert.Contains("Restore this file of the archive", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stub_that_is_damaged_or_does_not_say_what_the_archive_holds_is_named()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);
        var path = Directory.GetFiles(folder, "*.stub").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        Assert.True(ArchiveStub.TryRead(bytes, out var stub));

        foreach (var other in new[] { stub with { Root = Digest.From(new byte[32]) }, stub with { End = stub.End with { Position = stub.End.Position + 1 } } })
        {
            await File.WriteAllBytesAsync(path, other.ToBytes(), Cancellation);
            var report = await VerifyAsync(folder);
            Assert.Equal(Path.GetFileName(path), report.FirstDamage?.File);
        }

        for (var offset = 0; offset < bytes.Length; offset += 311)
        {
            var flipped = bytes.ToArray();
            flipped[offset] ^= 4;
            await File.WriteAllBytesAsync(path, flipped, Cancellation);
            var fault = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SegmentEventReader.OpenAsync(folder, Packing, Cancellation));
            Assert.Equal(Path.GetFileName(path), fault.Damage.File);
        }

        // As its message says, it is not needed where the segment is.
        var segment = Path.ChangeExtension(Path.GetFileName(path), ".seg");
        await File.WriteAllBytesAsync(Path.Combine(folder, segment), Unpacked(Path.Combine(cold, segment + ".zst")), Cancellation);
        var restored = await VerifyAsync(folder);
        Assert.True(restored.IsSound);
        Assert.Contains(restored.Notes, note => note.StartsWith($"{Path.GetFileName(path)} is damaged, and its segment is here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_takes_no_archive()
    {
        var (folder, other, cold) = (folders.Next(), folders.Next(), folders.Next());
        await MakeAsync(folder);
        await MakeAsync(other);
        await ArchiveAsync(other, cold, Events);

        var taken = await Assert.ThrowsAsync<ArchiveRefusedException>(async () => await ArchiveAsync(folder, cold, Events));
        Assert.Contains("of another log or of a copy of this one", taken.Message, StringComparison.Ordinal);
        var own = await Assert.ThrowsAsync<ArchiveRefusedException>(async () => await ArchiveAsync(folder, folder, Events));
        Assert.Contains("is the folder of a store", own.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await ArchiveAsync(folder, folders.Next(), 0));
        Assert.Empty(Directory.GetFiles(folder, "*.stub"));
        Assert.True((await VerifyAsync(other)).IsSound);
    }

    [Fact]
    public async Task What_is_before_the_position_or_grows_stays()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        await MakeAsync(folder);

        var none = await ArchiveAsync(folder, cold, 1);
        Assert.Equal(new ArchiveResult(0, 0, 0, 0, default), none);
        Assert.False(Directory.Exists(cold));
        var all = await ArchiveAsync(folder, cold, long.MaxValue);
        Assert.Single(Directory.GetFiles(folder, "*.seg"));
        Assert.Equal(all.Events, all.ArchivedTo.Value);
        var again = await ArchiveAsync(folder, cold, long.MaxValue);
        Assert.Equal((0, all.ArchivedTo), (again.Segments, again.ArchivedTo));
    }

    [Fact]
    public async Task A_backup_of_an_archived_log_has_all_of_it()
    {
        var (folder, cold, backup) = (folders.Next(), folders.Next(), folders.Next());
        var before = await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);
        await using (var source = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation))
        await using (var replica = await SegmentReplica.OpenAsync(backup, (await source.HeadAsync(Cancellation)).Lineage, folder, Packing, Cancellation))
            await Replication.CopyAsync(source, replica, cancellation: Cancellation);

        await using var reader = await SegmentEventReader.OpenAsync(backup, Without, Cancellation);
        Assert.Equal(before, await AllAsync(reader, ReadRequest.All));
        Assert.Null((await SegmentStoreVerification.RunAsync(folder, new() { Archive = Packing.Archive, Against = backup }, Cancellation)).Comparison!.FirstDifference);
    }

    [Fact]
    public async Task Indexes_that_are_gone_are_made_anew_from_the_archive()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        var before = await MakeAsync(folder);
        await ArchiveAsync(folder, cold, Events);
        foreach (var index in Directory.GetFiles(folder, "*.idx").Append(Path.Combine(folder, "TREE")))
            File.Delete(index);

        await Assert.ThrowsAsync<ArchiveNotAttachedException>(async () => await SegmentEventStore.OpenAsync(folder, Without, Cancellation));
        await using var store = await SegmentEventStore.OpenAsync(folder, Packing, Cancellation);
        Assert.Equal(before, await AllAsync(store, ReadRequest.All));
    }

    [Fact]
    public async Task Archiving_goes_on_beside_appends_and_readers()
    {
        var (folder, cold) = (folders.Next(), folders.Next());
        await MakeAsync(folder);
        await using var store = await SegmentEventStore.OpenAsync(folder, Packing, Cancellation);
        await using var reader = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
        var told = new Told();

        var archiving = Task.Run(async () => await store.ArchiveAsync(new(new(Events), cold) { Progress = told }, Cancellation), Cancellation);
        var reading = Task.Run(async () =>
        {
            do
                Assert.Equal(Events, (await AllAsync(reader, ReadRequest.All with { AsOf = new AsOf.Position(new(Events)) })).Length);
            while (!archiving.IsCompleted);
        }, Cancellation);
        for (var number = 0; number < 50; number++)
            Assert.IsType<AppendResult.Appended>(await store.AppendAsync(new AppendBatch([new("more", "t", new byte[1000])]), Cancellation));

        var moved = await archiving;
        await reading;
        Assert.Equal(moved.Segments, told.Values.Count);
        Assert.Equal(moved.SegmentBytes, told.Values[^1].BytesDone);
        Assert.Equal(moved.SegmentBytes, told.Values[^1].BytesTotal);
        Assert.Equal(Events + 50, (await AllAsync(store, ReadRequest.All)).Length);
    }

    private static async Task<RecordedEvent[]> MakeAsync(string folder)
    {
        await using (var store = await SegmentEventStore.OpenAsync(folder, Packing, Cancellation))
        {
            var random = new Random(5);
            for (var number = 0; number < Events; number++)
            {
                var payload = Encoding.UTF8.GetBytes($"\"canary-{number % 7}-{new string('.', 300 + random.Next(1200))}\"");
                await store.AppendAsync(new AppendBatch([new($"s-{number % 7}", "t", payload) { Tags = [$"k:{number % 3}"] }]), Cancellation);
            }
        }

        await using var reader = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
        return await AllAsync(reader, ReadRequest.All);
    }

    private static async Task<ArchiveResult> ArchiveAsync(string folder, string cold, long before)
    {
        await using var store = await SegmentEventStore.OpenAsync(folder, Packing, Cancellation);
        return await store.ArchiveAsync(new(new(before), cold), Cancellation);
    }

    private static ValueTask<EraseResult> EraseAsync(SegmentEventStore store, long position) =>
        store.EraseAsync(new(new EraseTarget.Position(new(position))) { Reason = "asked for", By = "ann" }, Cancellation);

    private static async Task<TreeHead> RootAsync(string folder)
    {
        await using var reader = await SegmentEventReader.OpenAsync(folder, Packing, Cancellation);
        return await reader.TreeHeadAsync(cancellation: Cancellation);
    }

    private static ValueTask<VerifyReport> VerifyAsync(string folder) =>
        SegmentStoreVerification.RunAsync(folder, new() { Archive = Packing.Archive }, Cancellation);

    private static async Task<RecordedEvent[]> AllAsync(IEventReader reader, ReadRequest request)
    {
        var events = new List<RecordedEvent>();
        await foreach (var recorded in reader.ReadEventsAsync(request, Cancellation))
            events.Add(recorded);
        return [.. events];
    }

    private static bool Holds(string packed, string text) => Unpacked(packed).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static byte[] Unpacked(string packed)
    {
        using var stream = new DecompressionStream(File.OpenRead(packed), leaveOpen: false);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private sealed class Told : IProgress<ArchiveProgress>
    {
        public List<ArchiveProgress> Values { get; } = [];

        public void Report(ArchiveProgress value) => Values.Add(value);
    }
}
