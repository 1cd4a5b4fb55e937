using System.Runtime.InteropServices;
using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>Where the log grows: the end of its last segment, the mark in HEAD, and the step into the next segment.</summary>
/// <remarks>
/// For one thread at a time, and for each group in this order: mark in use, begin, write, sync, advance. A fault of a full disk means that
/// nothing was done; after any other it is unknown what the disk holds.
/// </remarks>
internal sealed class LogEnd : IDisposable
{
    /// <summary>Full segments without an index file; rolling over waits before there are more.</summary>
    public const int FrozenMax = 3;

    /// <summary>Smaller groups write zeros ahead of themselves where the segment was only allocated: the next ones then flush data alone.</summary>
    private const int LargeGroupBytes = 128 * 1024;
    private const int ZeroedAheadBytes = 256 * 1024;

    private readonly LogView view;
    private readonly SegmentStoreOptions options;
    private readonly Surroundings surroundings;
    private readonly HeadFile head;
    private readonly SegmentPreparer preparer;
    private readonly IndexLoop indexing;
    private IDiskFile file;
    private int zeroedTo;

    // Up to where a group that a full disk refused may have left its content behind the end; 0 where none has.
    private int refusedTo;

    /// <param name="view">The log as readers see it.</param>
    /// <param name="options">How the store behaves.</param>
    /// <param name="surroundings">Disk, time and chance.</param>
    /// <param name="head">The watermark.</param>
    /// <param name="preparer">Where the next segment comes from.</param>
    /// <param name="indexing">What makes files of full tails.</param>
    /// <param name="file">The last segment, for writing.</param>
    /// <param name="point">Where the log ends.</param>
    public LogEnd(
        LogView view, SegmentStoreOptions options, Surroundings surroundings, HeadFile head, SegmentPreparer preparer, IndexLoop indexing,
        IDiskFile file, LogPoint point)
    {
        (this.view, this.options, this.surroundings, this.head) = (view, options, surroundings, head);
        (this.preparer, this.indexing, this.file, Point) = (preparer, indexing, file, point);
        zeroedTo = point.Offset;
    }

    /// <summary>Where the log ends; durable.</summary>
    public LogPoint Point { get; private set; }

    private SegmentHeader Segment => view.Segments.Last;

    /// <summary>Takes back the mark of a clean end: before the first byte is written, so that such a mark always tells the truth.</summary>
    public async ValueTask MarkInUseAsync()
    {
        if (!head.IsClean)
            return;

        await ForGoodAsync(async () =>
        {
            await head.WriteAsync(Point, isClean: false);
            await head.SyncAsync();
        });
    }

    /// <summary>Has a group begin here, in the next segment where its first batch does not fit into this one.</summary>
    /// <param name="group">Without batches.</param>
    /// <param name="recordBytes">How long the records of its first batch are.</param>
    public async ValueTask BeginAsync(FormingGroup group, int recordBytes)
    {
        group.Begin(Segment, Point.Offset, Point.Position + 1);
        if (group.Fits(recordBytes))
            return;

        await RollAsync(recordBytes);
        group.Begin(Segment, Point.Offset, Point.Position + 1);
    }

    /// <summary>Has a group begin behind another one that is not durable yet.</summary>
    public void BeginBehind(FormingGroup group, FormingGroup before) => group.Begin(Segment, before.End, before.Last + 1);

    /// <summary>Writes a group. Where the disk is full, nothing was written.</summary>
    public async ValueTask WriteAsync(FormingGroup group)
    {
        var bytes = group.Seal(Point, view.Lineage.LogId, TakeZerosAhead(group));
        try
        {
            await file.WriteAsync(bytes, Point.Offset);
            refusedTo = 0;
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Full)
        {
            refusedTo = Math.Max(refusedTo, group.End);
            await TakeBackAsync();
            throw;
        }
    }

    /// <summary>
    /// Has the log end in a segment that was copied and has its name, durably: the next one, or one in the place of the last, which begins with
    /// all that was in that.
    /// </summary>
    /// <param name="segment">Its header.</param>
    /// <param name="copy">Open for writing.</param>
    /// <param name="point">Where the log ends in it.</param>
    /// <returns>What was written before, and is no longer.</returns>
    public async ValueTask<IDiskFile> MoveAsync(SegmentHeader segment, IDiskFile copy, LogPoint point)
    {
        if (segment.Number > Segment.Number)
            view.Segments.Add(segment);
        else
            view.Segments.Replace(segment);

        var before = file;
        (file, Point, zeroedTo) = (copy, point, point.Offset);
        await ForGoodAsync(() => head.WriteAsync(Point, isClean: false));
        return before;
    }

    /// <summary>Flushes what was written.</summary>
    public ValueTask SyncAsync() => ForGoodAsync(file.SyncAsync);

    /// <summary>Moves the end behind a group that was flushed, and marks it in HEAD.</summary>
    public ValueTask AdvanceAsync(FormingGroup group)
    {
        Point = group.PointBehind(Point);
        return ForGoodAsync(async () =>
        {
            await head.WriteAsync(Point, isClean: false);
            if (options.Durability == Durability.Strict)
                await head.SyncAsync();
        });
    }

    /// <summary>Makes the mark in HEAD durable, unless it is.</summary>
    public ValueTask SyncHeadAsync() => ForGoodAsync(head.SyncAsync);

    /// <summary>Has the next segment made while there is still room in this one.</summary>
    public void PrepareNext()
    {
        if (Point.Offset > Segment.FileBytes / 2)
            preparer.Prepare(NextSegmentBytes(0));
    }

    /// <summary>The size of the next segment.</summary>
    /// <param name="recordBytes">What it has to hold at least.</param>
    public int NextSegmentBytes(int recordBytes)
    {
        var usual = (int)Math.Min(options.SegmentBytesMax, 2L * Segment.FileBytes);
        return Math.Max(usual, SegmentBirth.BytesFor(recordBytes));
    }

    /// <summary>Overwrites what refused groups have left, before the segment grows no more: appended elsewhere since, it may be erased one day.</summary>
    public async ValueTask ClearRefusedAsync()
    {
        if (refusedTo <= Point.Offset)
            return;

        await file.WriteAsync(new byte[refusedTo - Point.Offset], Point.Offset);
        await SyncAsync();
        refusedTo = 0;
    }

    public void Dispose() => file.Dispose();

    // Even for want of space: what was begun can no longer be taken back.
    public static async ValueTask ForGoodAsync(Func<ValueTask> step)
    {
        try
        {
            await step();
        }
        catch (DiskException fault)
        {
            throw new DiskException(DiskFault.Failed, fault.Message, fault);
        }
    }

    // The write may have got past the group and into the zeros behind it. Its appends are refused, so it must not come back.
    private ValueTask TakeBackAsync() => ForGoodAsync(async () =>
    {
        var header = new byte[GroupHeader.Bytes];
        await file.ReadAsync(header, Point.Offset);
        if (!GroupHeader.TryRead(header, Segment.Seed, out _))
            return;

        await file.WriteAsync(new byte[GroupHeader.Bytes], Point.Offset);
        await file.SyncAsync();
    });

    /// <returns>How many zeros are to be written behind a group; they count as written.</returns>
    private int TakeZerosAhead(FormingGroup group)
    {
        var zeros = Math.Max(0, refusedTo - group.End);
        if (group.End > zeroedTo && group.Length < LargeGroupBytes)
            zeros = Math.Max(zeros, Math.Min(ZeroedAheadBytes, Segment.FileBytes - group.End));

        zeroedTo = Math.Max(zeroedTo, group.End + zeros);
        return zeros;
    }

    private async ValueTask RollAsync(int recordBytes)
    {
        await ClearRefusedAsync();
        while (indexing.FrozenCount >= FrozenMax)
            await indexing.FiledAsync();

        var prepared = await preparer.TakeAsync(NextSegmentBytes(recordBytes));
        var nonce = new byte[16];
        surroundings.Entropy(nonce);
        var next = new SegmentHeader(
            Segment.Number + 1, prepared.Bytes, view.Lineage.LogId, Point.Position + 1, Point.Group + 1, Point.Chain,
            MemoryMarshal.Read<UInt128>(nonce), UnixMicroseconds.From(surroundings.Time.GetUtcNow()));
        try
        {
            await SegmentBirth.NameAsync(surroundings.Disk, prepared.File, next);
        }
        catch (DiskException)
        {
            prepared.File.Dispose();
            throw;
        }

        indexing.Freeze(view.Parts.Tails[^1], Point);
        view.Segments.Add(next);
        view.Change(parts => parts with { Tails = [.. parts.Tails, new(next.FirstPosition, next.Number, view.Hasher)] });
        Point = Point with { Segment = next.Number, Offset = SegmentHeader.Bytes };
        file.Dispose();
        file = prepared.File;
        zeroedTo = prepared.ZeroedTo;
        await SyncHeadAsync();
    }
}
