namespace Clew.Sweep.Mutants;

internal static class MutantTable
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("tail not written again on open", new Edit("Recovery.cs", "await file.WriteAsync(scanner.MemoryAt(at, length), at);", "")),
        new("tail not zeroed on open", new Edit("Recovery.cs", "await file.WriteAsync(new byte[Math.Min(CopyBytes, endOfData - at)], at);", "{ }")),
        new("tail not flushed on open", new Edit("Recovery.cs", "await file.SyncAsync();", "")),
        new("damage in the middle taken for a torn tail", new Edit("Recovery.cs", "is { } later)", "is { } later && later < 0)")),
        new("HEAD ignored by recovery", new Edit("Recovery.cs", "mark.Point.Group > end.Group)", "mark.Point.Group < 0)")),
        new("clean mark believed over a later segment", new Edit("Recovery.cs", " && mark.Point.Segment == view.Segments.Last.Number;", ";")),
        new("segment filed twice on open", new Edit("Recovery.cs", " && view.Parts.Tails[^1].Segment == point.Segment)", ")")),
        new("reader keeps what it once saw", new Edit("LogScan.cs", "scanner.Forget();", "")),
        new("published before the flush",
            new Edit("GroupWriter.cs", "            await MakeDurableAsync(header);", "            view.Publish(point with { Position = LastFormed, Group = header.Number });\n            await MakeDurableAsync(header);")),
        new("HEAD written before the flush",
            new Edit("GroupWriter.cs", "        await file.SyncAsync();\n        point = new(", "        point = new("),
            new Edit("GroupWriter.cs", "        recordStarts.Clear();\n        await head.WriteAsync(point, isClean: false);\n", "        recordStarts.Clear();\n        await head.WriteAsync(point, isClean: false);\n        await file.SyncAsync();\n")),
        new("acknowledged without HEAD", new Edit("GroupWriter.cs", "        recordStarts.Clear();\n        await head.WriteAsync(point, isClean: false);\n", "        recordStarts.Clear();\n")),
        new("no second look at anything", new Edit("GroupWriter.cs", "append.CheckedTo == LastFormed", "append.CheckedTo <= LastFormed")),
        new("no second look at versions", new Edit("GroupWriter.cs", "condition.Stream!.Version != condition.Stream.VersionBefore,", "condition.Stream!.Version < 0,")),
        new("second look at versions off by one", new Edit("GroupWriter.cs", "latest.Position > append.CheckedTo)", "latest.Position > append.CheckedTo + 1)")),
        new("no second look at queries", new Edit("GroupWriter.cs", "Math.Max(none.After.Value, append.CheckedTo), long.MaxValue) > 0,", "Math.Max(none.After.Value, append.CheckedTo), long.MaxValue) < 0,")),
        new("no second look at ids", new Edit("GroupWriter.cs", "append.CheckedTo, long.MaxValue) is not null)", "append.CheckedTo, long.MaxValue) is not null && append.Count < 0)")),
        new("events of a full disk stay in the index", new Edit("GroupWriter.cs", "            Unform();\n", "")),
        new("known ids forgotten", new Edit("AppendCheck.cs", "windowStart, head) is { } known)", "windowStart, head) is { } known && known.Position < 0)")),
        new("ids looked for in half the window", new Edit("AppendCheck.cs", "head - view.WindowEvents)", "head - (view.WindowEvents / 2))")),
        new("a conflict hides the batch's own success", new Edit("AppendCheck.cs", "return await EarlierAsync(view, parts, append.Batch, head) ?? new AppendResult.Conflict(broken);", "return new AppendResult.Conflict(broken);")),
        new("record checksum not checked by reads", new Edit("RecordReader.cs", "            && EventRecord.IsSound(record, segment.Seed)\n", "")),
        new("record checksum not checked by recovery", new Edit("GroupScanner.cs", "!EventRecord.IsSound(record, segment.Seed) || ", "")),
        new("chain not checked", new Edit("GroupScanner.cs", "            || !header.Chain.Equals(point.Chain)\n", "")),
        new("group number not checked", new Edit("GroupScanner.cs", "            || header.Number != point.Group + 1\n", "")),
        new("segment named before its header is flushed", new Edit("SegmentBirth.cs", "        await file.SyncAsync();\n", "")),
        new("name of a segment not flushed", new Edit("SegmentBirth.cs", "        await disk.SyncFolderAsync();\n", "")),
        new("index list loses its last event", new Edit("Indexes/IndexFile.cs", "public override long Count => events;", "public override long Count => Math.Max(1, events - 1);")),
        new("index file named before it is flushed", new Edit("Indexes/IndexFileWriter.cs", "            await file.SyncAsync();\n", "")),
        new("page says it looked one further", new Edit("PageReader.cs", "return Page(events, IsForwards ? upTo : after);", "return Page(events, IsForwards ? (upTo == after ? upTo : upTo + (events.Count == 0 ? 1 : 0)) : after);")),
    ];
}
