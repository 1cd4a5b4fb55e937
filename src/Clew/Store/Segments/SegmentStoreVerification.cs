using Clew.Events;
using Clew.Integrity;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Checks a store's files, byte by byte, without changing any; also while an application has it open.</summary>
public static class SegmentStoreVerification
{
    /// <summary>Checks every checksum, every link of the chain, every index against the log, and its history against roots known from before.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="options">What else it is held against.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="StoreFormatException">The folder is no store, or one of a newer format.</exception>
    /// <exception cref="ArchiveNotAttachedException">Some of its segments are in an archive that is not attached.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    public static ValueTask<VerifyReport> RunAsync(string folder, VerifyOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return StoreFaults.TranslateAsync(() =>
            RunAsync(FolderDisk.Existing(folder), options, options?.Against is { } other ? FolderDisk.Existing(other) : null, cancellation));
    }

    /// <summary>Which log a folder holds; also where it is damaged otherwise.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StoreFormatException">The folder is no store, or one of a newer format.</exception>
    /// <exception cref="StoreCorruptedException">What says so is damaged.</exception>
    public static ValueTask<Lineage> LineageAsync(string folder, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        cancellation.ThrowIfCancellationRequested();
        return StoreFaults.TranslateAsync(async () =>
        {
            var disk = FolderDisk.Existing(folder);
            return (await StoreFolder.HeaderAsync(disk, await disk.ListAsync()) ?? throw Empty(disk)).Lineage;
        });
    }

    private static StoreFormatException Empty(IDisk disk) =>
        new($"{disk.Name} is not a Clew store: there is nothing in it. Open it for writing once to make it one.");

    private static async ValueTask<Comparison> CompareAsync(IDisk disk, LogCheck check, IDisk against, ArchiveOptions? archive, CancellationToken cancellation)
    {
        await using var own = await ReaderAsync(disk, archive, cancellation);
        await using var other = await ReaderAsync(against, archive, cancellation);
        if (other.Proofs.Lineage.LogId != own.Proofs.Lineage.LogId)
        {
            throw new ArgumentException(
                $"{against.Name} is the log {other.Proofs.Lineage.LogId}, and this one is {own.Proofs.Lineage.LogId}: only copies of one log can be compared.");
        }

        var size = Math.Min(check.Tree.Count, Math.Min(own.Proofs.Size, other.Proofs.Size));
        var first = await other.Proofs.FirstDifferenceAsync(check.Tree.Tiles, own.Proofs, size);
        return new(new(size), first is null ? null : new(first.Value));
    }

    private static ValueTask<SegmentEventReader> ReaderAsync(IDisk disk, ArchiveOptions? archive, CancellationToken cancellation)
    {
        var options = new SegmentStoreOptions { Archive = archive };
        return SegmentEventReader.OpenAsync(new Surroundings(disk, options.Time, new ThreadWorkers(), SystemEntropy.Fill), options, cancellation);
    }

    internal static async ValueTask<VerifyReport> RunAsync(
        IDisk disk, VerifyOptions? options = null, IDisk? against = null, CancellationToken cancellation = default)
    {
        options ??= new();
        options.Archive?.Check();
        var names = await disk.ListAsync();
        try
        {
            var store = await StoreFolder.HeaderAsync(disk, names) ?? throw Empty(disk);

            // The mark first, and then the segments: a writer may begin one in between.
            var mark = await MarkAsync(disk, names, store.Lineage);
            names = await disk.ListAsync();
            using var segments = new SegmentSet(disk, new(options.Archive));
            var missing = await MissingAsync(disk, names, store.Lineage.LogId, segments, mark);
            var (files, unused) = await StoreFolder.IndexesAsync(disk, names, store.Lineage.LogId, new BlockCache(1 << 20));
            var notes = new List<string>(unused.Select(name => $"The index file {name} is not used; the next writer removes it."));
            var stubs = await StubsAsync(disk, names, notes);
            var check = new LogCheck(store, segments, files, mark, options, [.. stubs.Where(stub => !names.Contains(stub.Header.FileName))]);
            notes.AddRange(stubs.Where(stub => names.Contains(stub.Header.FileName)).Select(Unmoved));
            if (missing is null && segments.Headers.Count == 0 && (mark?.Point.Position > 0 || files.Count > 0))
                throw StoreFolder.WithoutSegments();
            var damage = await check.RunAsync(cancellation) ?? missing ?? await check.EndAsync(notes);
            if (damage is null && mark is null && check.Point.Group > 0)
                damage = new(Watermark.FileName, null, new(check.Point.Position + 1), "it holds no sound mark of this log, so it is not known whether events are missing at the end");
            if (damage is null && await MarkAsync(disk, names, store.Lineage) is { } now && now.Point.Group < check.Point.Group)
                notes.Add($"{Watermark.FileName} says that the log ends at position {now.Point.Position}, and it ends at {check.Point.Position}: readers do not see what follows until a writer has opened the store.");

            if (await ErasureJournal.BytesAsync(disk) is { } journal)
                notes.Add(Erasing(ErasureJournal.Parse(journal, store.Lineage.LogId)));

            IReadOnlyList<Damage> indexDamage = damage is null
                ? [.. await UnsoundAsync(disk, unused, store.Lineage.LogId), .. await check.CompareAsync(cancellation)]
                : [];
            return new(check.Point.Position, segments.Headers.Count, check.BytesDone, files.Count, damage, indexDamage, notes)
            {
                ArchivedSegments = check.Archived,
                Tree = check.Tree.Head(),
                Comparison = against is null ? null : await CompareAsync(disk, check, against, options.Archive, cancellation),
                TreeDifference = damage is null ? await TreeCheck.RunAsync(disk, store.Lineage.LogId, check.Tree) : null,
                Heads = [.. options.Known.Select(head => new HeadFinding(head, Verdict(head, check.Tree.RootAt(head.Size))))],
            };
        }
        catch (StoreCorruptedException corrupted)
        {
            return new(0, 0, 0, 0, corrupted.Damage, [], []) { Heads = [.. options.Known.Select(head => new HeadFinding(head, HeadVerdict.Missing))] };
        }
    }

    private static HeadVerdict Verdict(TreeHead known, Digest? root) =>
        root is null ? HeadVerdict.Missing : root == known.Root ? HeadVerdict.Holds : HeadVerdict.Differs;

    private static async ValueTask<List<ArchiveStub>> StubsAsync(IDisk disk, IReadOnlyList<string> names, List<string> notes)
    {
        var stubs = new List<ArchiveStub>();
        foreach (var segment in names.Select(ArchiveStub.SegmentOf).OfType<string>().Order(StringComparer.Ordinal))
        {
            try
            {
                if (await ArchiveStub.FindAsync(disk, segment) is { } stub)
                    stubs.Add(stub);
            }
            catch (StoreCorruptedException) when (names.Contains(segment))
            {
                notes.Add($"{ArchiveStub.NameOf(segment)} is damaged, and its segment is here: delete it, and the copy of the segment where it was archived, if there is one.");
            }
        }

        return stubs;
    }

    private static string Unmoved(ArchiveStub stub) =>
        $"{stub.Header.FileName} is here, and {stub.FileName} says that it was to be moved to {stub.Folder}: archive once more to end that, or, where it is not to be there, delete it there and then the stub.";

    private static string Erasing(ErasureJournal? journal) => journal is null
        ? $"{ErasureJournal.FileName} is damaged or of another log; the next writer erases once more what was erased last, and removes it."
        : $"An erasure of {journal.Events.Count:N0} events is under way, or was cut short; the next writer ends it.";

    /// <summary>Finds the segments, up to the first that is missing or does not begin as it should.</summary>
    private static async ValueTask<Damage?> MissingAsync(IDisk disk, IReadOnlyList<string> names, Guid logId, SegmentSet segments, Watermark? mark)
    {
        try
        {
            await StoreFolder.AddSegmentsAsync(disk, segments, names, logId);
            StoreFolder.CheckReach(segments, mark);
            return null;
        }
        catch (StoreCorruptedException corrupted)
        {
            return corrupted.Damage;
        }
    }

    /// <summary>Those index files that are not used because they are damaged, and not because something else covers the same.</summary>
    private static async ValueTask<List<Damage>> UnsoundAsync(IDisk disk, IReadOnlyList<string> unused, Guid logId)
    {
        var unsound = new List<Damage>();
        foreach (var name in unused)
        {
            using var file = await StoreFolder.OpenIndexAsync(disk, name, logId, new BlockCache(1 << 20));
            if (file is null && (await disk.ListAsync()).Contains(name))
                unsound.Add(new(name, 0, null, "its first block is damaged or of another log, or the file is cut short"));
        }

        return unsound;
    }

    private static async ValueTask<Watermark?> MarkAsync(IDisk disk, IReadOnlyList<string> names, Lineage own)
    {
        if (!names.Contains(Watermark.FileName))
            return null;

        using var file = await disk.OpenAsync(Watermark.FileName, FileUse.Read);
        return await Watermark.ReadAsync(file) is { } mark && mark.Lineage == own ? mark : null;
    }
}

/// <summary>One pass over the log, which sums up what its indexes must say, and one over each index.</summary>
internal sealed class LogCheck(StoreHeader store, SegmentSet segments, IReadOnlyList<IndexFile> files, Watermark? mark, VerifyOptions options, IReadOnlyList<ArchiveStub> stubs)
{
    private readonly KeyHasher hasher = new(store.IndexKey);
    private readonly IndexSum[] expected = [.. files.Select(_ => new IndexSum())];
    private readonly long bytesTotal = segments.Headers.Sum(header => (long)header.FileBytes) + files.Sum(file => file.Bytes);
    private int current;
    private bool isOfAnotherHistory;

    public LogPoint Point { get; private set; } = LogPoint.Start;

    public long BytesDone { get; private set; }

    public TreeSum Tree { get; } = new(options.Known.Select(head => head.Size).Concat(stubs.Select(stub => stub.End.Position)));

    /// <summary>How many of the segments it reads from archives.</summary>
    public int Archived => stubs.Count;

    /// <summary>Goes through all groups.</summary>
    /// <returns>Where they break off before the next segment; null where they do not.</returns>
    public async ValueTask<Damage?> RunAsync(CancellationToken cancellation)
    {
        if (segments.Headers.Count == 0)
            return null;

        var scanner = new GroupScanner(segments, segments.Headers[0]);
        foreach (var segment in segments.Headers)
        {
            if (!segment.Continues(Point) && segment == segments.Headers[0])
                return new(segment.FileName, 32, new(1), "it is the first segment, and does not begin at the beginning of a log");
            if (!segment.Continues(Point))
                return await BreakAsync(segments.Numbered(segment.Number - 1), "the log breaks off before its next segment");

            Point = Point with { Segment = segment.Number, Offset = SegmentHeader.Bytes };
            scanner.MoveTo(segment);
            while (!IsFollowed() && await scanner.NextAsync(Point) is { } next)
            {
                cancellation.ThrowIfCancellationRequested();
                Take(scanner, next);
            }

            if (stubs.FirstOrDefault(stub => stub.Header == segment) is { } archived && (archived.End != Point with { RecordedAt = 0 } || archived.Root != Tree.RootAt(Point.Position)))
                return new(archived.FileName, SegmentHeader.Bytes, new(segment.FirstPosition), "it does not say of the archived segment what that holds");
        }

        return null;
    }

    /// <summary>Whether the log may end where its groups do.</summary>
    /// <returns>What is damaged there; null where nothing is.</returns>
    public async ValueTask<Damage?> EndAsync(List<string> notes)
    {
        if (segments.Headers.Count == 0)
            return null;

        if (mark is not null && mark.Point.Group > Point.Group)
            return await BreakAsync(segments.Last, $"events up to {mark.Point.Position} were durable");
        if (isOfAnotherHistory)
            return new(Watermark.FileName, null, new(mark!.Point.Position), "it marks another group than the log has");

        if (files.Count > 0 && files[^1].Header.End.Group > Point.Group)
            return await BreakAsync(segments.Last, $"events up to {files[^1].Last} were indexed");

        var last = new GroupScanner(segments, segments.Last);
        while (await last.FindLaterAsync(Point) is { } later)
        {
            // A writer may be at work, and has gone on since this place was read: then the group is there by now, for it was written before the later one.
            last.Forget();
            if (await last.NextAsync(Point) is not { } next)
                return (await last.DiagnoseAsync(Point)) with { What = $"a group is damaged, and a later one follows at byte {later}" };

            Take(last, next);
        }

        if (await last.EndOfDataAsync(Point.Offset) is var end && end > Point.Offset)
            notes.Add($"{segments.Last.FileName} ends with {end - Point.Offset:N0} bytes of a group that was not finished or is being written; the next writer cuts it off.");

        return null;
    }

    /// <returns>Index files that do not say what the log says.</returns>
    public async ValueTask<IReadOnlyList<Damage>> CompareAsync(CancellationToken cancellation)
    {
        var damaged = new List<Damage>();
        for (var index = 0; index < files.Count; index++)
        {
            var file = files[index];
            try
            {
                var sum = new IndexSum();
                await new IndexCheck(file, sum).RunAsync(cancellation);
                Advance((int)Math.Min(int.MaxValue, file.Bytes));
                if (!sum.Equals(expected[index]))
                    damaged.Add(new(file.Name, null, new(file.First), "it does not say what the log says"));
            }
            catch (StoreCorruptedException corrupted)
            {
                damaged.Add(corrupted.Damage);
            }
        }

        return damaged;
    }

    private void Take(GroupScanner scanner, LogPoint next)
    {
        scanner.ForEachRecord(Sum);
        Advance(next.Offset - Point.Offset);
        Point = next;
        isOfAnotherHistory |= mark?.Point.Group == next.Group && !mark.Point.IsAt(next);
    }

    private async ValueTask<Damage> BreakAsync(SegmentHeader segment, string what)
    {
        var found = await new GroupScanner(segments, segment).DiagnoseAsync(Point);
        return found with { What = $"{found.What}; {what}" };
    }

    // What lies behind the point at which a next segment was begun was never answered.
    private bool IsFollowed() => Point.Segment < segments.Last.Number && segments.Numbered(Point.Segment + 1).Continues(Point);

    private void Advance(int bytes)
    {
        BytesDone += bytes;
        options.Progress?.Report(new(BytesDone, bytesTotal));
    }

    private void Sum(ReadOnlySpan<byte> record, uint offset)
    {
        Tree.Add(record);
        var position = EventRecord.Position(record);
        while (current < files.Count && files[current].Last < position)
            current++;
        if (current == files.Count)
            return;

        var sum = expected[current];
        var ordinal = (uint)(position - files[current].First);
        sum.Add(IndexSum.Offsets, offset, ordinal);
        sum.Add((int)IndexKind.Stream, hasher.Of(EventRecord.Stream(record)), ordinal);
        sum.Add((int)IndexKind.Type, hasher.Of(EventRecord.Type(record)), ordinal);
        foreach (var tag in EventRecord.Tags(record))
            sum.Add((int)IndexKind.Tag, hasher.Of(tag), ordinal);
        sum.Add((int)IndexKind.Id, hasher.Of(EventRecord.IdBytes(record)), ordinal);
    }
}
