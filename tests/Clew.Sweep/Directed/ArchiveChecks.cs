using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Sweep.Simulation.Machine;
using Clew.Zstandard;

namespace Clew.Sweep.Directed;

/// <summary>What is in a store's folder and in its archive at each moment of a move and of an erasure, and what comes of it when the power or the process goes just then.</summary>
internal static class ArchiveChecks
{
    private const int Batches = 420;
    private const int SegmentFrames = 3;

    private static readonly ZstandardCodec Codec = new(level: 1);
    private static readonly StreamName Stream = ChildBatch.Events(0)[0].Stream;
    private static readonly Lazy<MemoryDisk> Whole = new(Closed);
    private static readonly Lazy<List<Places>> Moving = new(() => MomentsOf(Whole.Value, new MemoryDisk(), MoveAsync));

    public static void A_move_that_is_cut_short_anywhere_loses_nothing_and_is_ended_by_the_next()
    {
        var finished = 0;
        foreach (var moment in Moving.Value.Where((_, number) => number % 5 == 0).Select(moment => moment.Copy()))
        {
            var report = moment.Verified();
            Expect.That(report is { FirstDamage: null, IndexDamage: [] }, $"verifying finds {report.FirstDamage}, {string.Join(", ", report.IndexDamage)}");
            finished += report is { ArchivedSegments: > 1, Notes: [] } ? 1 : 0;
            Expect.Same(Total(), moment.With(Laboratory.ReadEverythingAsync), "the number of events");
            moment.With(MoveAsync);
            Expect.Same(1, moment.Folder.Names.Count(IsSegment), "the number of segments left in the folder");
            Expect.That(!moment.Names().Any(name => name.EndsWith(".tmp", StringComparison.Ordinal)), "something unfinished is left");
            Expect.Same(Total(), moment.With(Laboratory.ReadEverythingAsync), "the number of events after the move was ended");
            moment.IsSound();
        }

        Expect.That(Moving.Value.Count > 100 && finished > 0, $"there were {Moving.Value.Count} moments, {finished} of them ended");
    }

    public static void A_segment_goes_from_the_folder_only_when_the_archive_has_it_on_its_device()
    {
        var (folder, archive) = (new WatchedDisk(Whole.Value.Copy()), new WatchedDisk(new MemoryDisk()));
        var gone = 0;
        folder.Deleting = name =>
        {
            if (!IsSegment(name))
                return;

            gone++;
            Expect.That(archive.HasDurable(name + ".zst") && archive.IsFlushed(name + ".zst"), $"{name} is not on the device of the archive");
            Expect.That(folder.HasDurable(ArchiveStub.NameOf(name)) && folder.IsFlushed(ArchiveStub.NameOf(name)), $"{name} leaves no stub");
        };
        archive.Renaming = (from, to) => Expect.That(archive.IsFlushed(from), $"{to} gets its name before its bytes are on the device");

        Laboratory.Run(folder, folder.Cache, Options(archive), (store, _) => MoveAsync(store));

        Expect.That(gone > 1, $"{gone} segments were moved");
    }

    public static void A_packed_segment_that_does_not_read_back_stays_where_it_was()
    {
        var (folder, archive) = (Whole.Value.Copy(), new WatchedDisk(new MemoryDisk()));
        var options = Options(archive);
        options = options with { Archive = options.Archive! with { Codec = new WrongCodec() } };

        Laboratory.Run(folder, folder, options, async (store, _) =>
        {
            await Expect.ThrowsAsync<StoreException>(() => MoveAsync(store));
            return true;
        });

        Expect.That(folder.Names.Count(IsSegment) == Whole.Value.Names.Count(IsSegment), "a segment is gone");
        Expect.That(!archive.Cache.Names.Any(), "the archive keeps what it could not hold");
        Expect.That(!folder.Names.Any(name => name.EndsWith(".stub", StringComparison.Ordinal)), "a stub speaks of nothing");
    }

    public static void An_erasure_finds_every_copy_that_a_move_has_left()
    {
        foreach (var moment in Moving.Value.Where((_, number) => number % 5 == 1).Select(moment => moment.Copy()))
        {
            moment.With(EraseAsync);
            moment.HoldsNothingOf(Stream);
            moment.With(MoveAsync);
            moment.HoldsNothingOf(Stream);
            moment.IsSound();
        }
    }

    public static void An_erasure_in_an_archive_that_is_cut_short_anywhere_has_happened_wholly_or_not_at_all()
    {
        var moved = new Places(Whole.Value.Copy(), new MemoryDisk());
        moved.With(MoveAsync);
        var (done, undone) = (0, 0);
        foreach (var moment in MomentsOf(moved.Folder, moved.Archive, EraseAsync))
        {
            var report = moment.Verified();
            Expect.That(report is { FirstDamage: null, IndexDamage: [] }, $"verifying finds {report.FirstDamage}");
            var erased = moment.With(async store =>
            {
                var read = await store.ReadEventsAsync(ReadRequest.Stream(Stream)).ToListAsync();
                Expect.That(read.TrueForAll(recorded => recorded.IsErased) || !read.Exists(recorded => recorded.IsErased), "some events of one erasure are erased");
                return read[0].IsErased;
            });
            (done, undone) = erased ? (done + 1, undone) : (done, undone + 1);
            if (erased)
                moment.HoldsNothingOf(Stream);
            moment.IsSound();
        }

        Expect.That(done > 20 && undone > 20, $"{done} states were erased, and {undone} were not");
    }

    public static void An_erasure_is_refused_before_it_begins_where_the_archive_cannot_be_written()
    {
        var moved = new Places(Whole.Value.Copy(), new MemoryDisk());
        moved.With(MoveAsync);
        var archive = new WatchedDisk(moved.Archive);
        archive.Opening = name =>
        {
            if (name.EndsWith(".tmp", StringComparison.Ordinal))
                throw new DiskException(DiskFault.Denied, "There is no permission to write.");
        };

        Laboratory.Run(moved.Folder, moved.Folder, Options(archive), async (store, _) =>
        {
            await Expect.ThrowsAsync<StoreException>(async () => await EraseAsync(store));
            Expect.Same(Total(), (int)(await store.HeadAsync()).Position.Value, "the head");
            await Laboratory.AppendAsync(store, Batches);
            return true;
        });

        Expect.That(!moved.Folder.Names.Contains(ErasureJournal.FileName), "the erasure has begun");
    }

    public static void What_was_opened_of_an_archive_before_an_erasure_is_not_read_after_it()
    {
        var moved = new Places(Whole.Value.Copy(), new MemoryDisk());
        moved.With(MoveAsync);
        var archive = new WatchedDisk(moved.Archive);

        // Without the tree, whose loop reads too.
        Laboratory.Run(moved.Folder, moved.Folder, Options(archive) with { BuildsTree = false }, async (store, _) =>
        {
            // The first answer is the table of the frames, the second the beginning of the segment, and with it the event.
            var (reads, held) = (0, (WatchedDisk.Hold?)null);
            archive.Reading = _ => held ??= ++reads == 2 ? archive.HoldAnswer(".zst") : null;
            var reading = FirstAsync(store);
            await EraseAsync(store);
            Expect.That(held is { IsReached: true } && !reading.IsCompleted, "nothing is held back");
            held!.LetGo();
            await reading;
            Expect.That((await FirstAsync(store)).IsErased, "the store gives what it had read before");
            return true;
        });
    }

    public static void A_stub_that_says_of_its_segment_what_that_does_not_hold_is_named()
    {
        var moved = new Places(Whole.Value.Copy(), new MemoryDisk());
        moved.With(MoveAsync);
        var name = moved.Folder.Names.First(name => name.EndsWith(".stub", StringComparison.Ordinal));
        ArchiveStub.TryRead(moved.Folder[name], out var stub);

        foreach (var wrong in new[] { stub with { Root = default }, stub with { End = stub.End with { Position = stub.End.Position + 1 } } })
        {
            moved.Folder[name] = wrong.ToBytes();
            Expect.Same(name, moved.Verified().FirstDamage?.File, "the damaged file");
        }
    }

    private static MemoryDisk Closed()
    {
        var disk = new MemoryDisk();
        return Laboratory.Run(disk, disk, Options(new MemoryDisk()), async (store, _) =>
        {
            for (var number = 0; number < Batches; number++)
                await Laboratory.AppendAsync(store, number);
            await store.DisposeAsync();
            return disk;
        });
    }

    /// <summary>What folder and archive hold at each moment of some work: after a kill, and after losses of power that take what they can of the one, the other or both.</summary>
    private static List<Places> MomentsOf<T>(MemoryDisk folder, MemoryDisk archive, Func<SegmentEventStore, Task<T>> work)
    {
        var (here, there) = (new WatchedDisk(folder.Copy()), new WatchedDisk(archive.Copy()));
        var moments = new List<Places>();
        void Take() => moments.AddRange(
        [
            new(here.Cache.Copy(), there.Cache.Copy()),
            new(here.DeviceAsNamed(), there.DeviceAsNamed()),
            new(here.DeviceAsNamed(), there.Cache.Copy()),
            new(here.Cache.Copy(), there.DeviceAsNamed()),
        ]);

        Laboratory.Run(here, here.Cache, Options(there), (store, _) =>
        {
            (here.Changed, there.Changed) = (Take, Take);
            return work(store);
        });
        return moments;
    }

    private static SegmentStoreOptions Options(IDisk archive) =>
        Laboratory.Options with { SegmentBytesMax = SegmentFrames * SeekTable.FrameBytes, Archive = new(Codec) { FolderAt = _ => archive, NewFolderAt = _ => archive } };

    private static async Task<ArchiveResult> MoveAsync(SegmentEventStore store) => await store.ArchiveAsync(new(new(long.MaxValue), "memory"));

    private static async Task<EraseResult> EraseAsync(SegmentEventStore store) =>
        await store.EraseAsync(new(new EraseTarget.OfStream(Stream)) { Reason = "by mistake", By = "ann" });

    // By its stream, so that it is read alone: nothing but the first frame is needed.
    private static async Task<RecordedEvent> FirstAsync(SegmentEventStore store) =>
        await store.ReadEventsAsync(ReadRequest.Stream(Stream) with { AsOf = new AsOf.Position(new(1)) }).FirstAsync();

    private static bool IsSegment(string name) => SegmentHeader.ParseName(name) is not null;

    private static int Total() => (int)LogOnDisk.Of(Whole.Value).End.Position;

    /// <summary>Packs other bytes than it is given, in sound frames.</summary>
    private sealed class WrongCodec : IFrameCodec
    {
        public byte[] Compress(ReadOnlySpan<byte> content)
        {
            var other = content.ToArray();
            other[^1] ^= 1;
            return Codec.Compress(other);
        }

        public bool TryDecompress(ReadOnlySpan<byte> frame, Span<byte> content) => Codec.TryDecompress(frame, content);
    }

    /// <summary>A store's folder, and its archive.</summary>
    private sealed record Places(MemoryDisk Folder, MemoryDisk Archive)
    {
        public Places Copy() => new(Folder.Copy(), Archive.Copy());

        public IEnumerable<string> Names() => Folder.Names.Concat(Archive.Names);

        public T With<T>(Func<SegmentEventStore, Task<T>> work) => Laboratory.Run(Folder, Folder, Options(Archive), (store, _) => work(store));

        public VerifyReport Verified() => SegmentStoreVerification.RunAsync(Folder, new() { Archive = Options(Archive).Archive }).AsTask().GetAwaiter().GetResult();

        public void IsSound()
        {
            var report = Verified();
            Expect.That(report.FirstDamage is null && report.IndexDamage.Count == 0 && report.TreeDifference is null, $"verifying finds {report.FirstDamage}");
        }

        public void HoldsNothingOf(StreamName stream)
        {
            foreach (var name in Folder.Names)
                Check(name, Folder[name], stream);
            Expect.That(!Archive.Names.Any(name => name.EndsWith(".tmp", StringComparison.Ordinal)), "what a move had begun to pack is still there");
            foreach (var name in Archive.Names.Where(name => name.EndsWith(".zst", StringComparison.Ordinal)))
                Check(name, Unpacked(name), stream);
        }

        private static void Check(string name, byte[] bytes, StreamName stream)
        {
            foreach (var number in Enumerable.Range(0, Batches).Where(number => number % 7 == 0))
            {
                foreach (var content in ChildBatch.Events(number).Where(content => content.Stream == stream).Select(content => content.Data).Where(data => data.Length >= 16))
                    Expect.That(bytes.AsSpan().IndexOf(content.Span) < 0, $"what was erased is in {name}");
            }
        }

        private byte[] Unpacked(string name)
        {
            SegmentHeader.TryRead(Stub(name).Header.ToBytes(), out var header);
            var content = new byte[header.FileBytes];
            using var packed = PackedSegment.OpenAsync(Archive, name, header, Codec).AsTask().GetAwaiter().GetResult();
            packed.ReadAsync(content, 0).AsTask().GetAwaiter().GetResult();
            return content;
        }

        private ArchiveStub Stub(string packed) =>
            ArchiveStub.FindAsync(Folder, packed[..^".zst".Length]).AsTask().GetAwaiter().GetResult() ?? throw new Violation($"{packed} has no stub");
    }
}
