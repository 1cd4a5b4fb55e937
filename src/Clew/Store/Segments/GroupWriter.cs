using System.Runtime.InteropServices;
using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>
/// The one writer of a log. Appends queue up; whoever leads takes what is queued, checks it against what came since it was looked at,
/// writes it as one group with one flush, and answers everybody. Without contention the caller of an append leads for it; with
/// contention the writer's own loop does, and the next group forms while the device flushes.
/// </summary>
internal sealed class GroupWriter
{
    /// <summary>A group takes no further batch beyond this size; a single larger batch is a group of its own.</summary>
    public const int GroupBytes = 4 * 1024 * 1024;

    /// <summary>Segments without an index file; rolling over waits before there are more.</summary>
    public const int TailsMax = 4;

    /// <summary>Smaller groups write zeros ahead of themselves where the segment was only allocated: the next ones then flush data alone.</summary>
    private const int LargeGroupBytes = 128 * 1024;
    private const int ZeroedAheadBytes = 256 * 1024;

    private const int InlineAfterSingles = 16;
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(5);

    private readonly LogView view;
    private readonly SegmentStoreOptions options;
    private readonly Surroundings surroundings;
    private readonly HeadFile head;
    private readonly SegmentPreparer preparer;
    private readonly IndexLoop indexing;
    private readonly StoreClock clock;
    private readonly Lock gate = new();
    private readonly AsyncSignal arrived = new();
    private readonly ITimer idleTimer;
    private readonly List<PreparedAppend> queue = [];
    private readonly List<PreparedAppend> taken = [];
    private readonly List<int> recordStarts = [];
    private byte[] buffer = new byte[64 * 1024];
    private IDiskFile file;
    private LogPoint point;
    private int zeroedTo;
    private int formed;
    private uint recordsChecksum;
    private Leader leader;
    private bool isStopping;
    private bool isIdle;
    private bool isTimerSet;
    private long publishedAt;
    private StoreFailedException? failure;

    /// <param name="view">The log as readers see it.</param>
    /// <param name="options">How the store behaves.</param>
    /// <param name="surroundings">Disk, time and chance.</param>
    /// <param name="head">The watermark.</param>
    /// <param name="preparer">Where the next segment comes from.</param>
    /// <param name="indexing">What makes files of full tails.</param>
    /// <param name="file">The last segment, for writing.</param>
    /// <param name="point">Where the log ends.</param>
    public GroupWriter(
        LogView view, SegmentStoreOptions options, Surroundings surroundings, HeadFile head, SegmentPreparer preparer, IndexLoop indexing,
        IDiskFile file, LogPoint point)
    {
        (this.view, this.options, this.surroundings, this.head) = (view, options, surroundings, head);
        (this.preparer, this.indexing, this.file, this.point) = (preparer, indexing, file, point);
        zeroedTo = point.Offset;
        clock = new(surroundings.Time, options.Clock, point.Position == 0 ? null : point.RecordedAt);
        idleTimer = surroundings.Time.CreateTimer(_ => NoticeIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum Leader
    {
        Nobody,
        Caller,
        Loop,
    }

    /// <summary>Where the log ends; for who has stopped the writer.</summary>
    public LogPoint Point => point;

    public StoreFailedException? Failure => Volatile.Read(ref failure);

    private SegmentHeader Segment => view.Segments.Last;

    private long LastFormed => point.Position + recordStarts.Count;

    /// <summary>Hands a batch to the writer.</summary>
    /// <returns>Once it is durable, or known to need another look.</returns>
    public ValueTask<AppendOutcome> WriteAsync(PreparedAppend append, CancellationToken cancellation)
    {
        Leader before;
        lock (gate)
        {
            if (failure is not null)
                throw Refusal(failure);
            ObjectDisposedException.ThrowIf(isStopping, typeof(SegmentEventStore));
            queue.Add(append);
            before = leader;
            if (before == Leader.Nobody)
                leader = Leader.Caller;
        }

        if (before == Leader.Nobody)
            return LeadOnceAsync(append);
        if (before == Leader.Loop)
            arrived.Set();
        return cancellation.CanBeCanceled ? WaitAsync(append, cancellation) : append.Answer;
    }

    public async Task RunAsync()
    {
        while (true)
        {
            await arrived.WaitAsync();
            lock (gate)
            {
                if (leader != Leader.Loop)
                    continue;
            }

            await LeadAsync();
            if (isStopping)
                return;
        }
    }

    /// <summary>Takes no more appends, and ends the loop once those it has are answered.</summary>
    public void Stop()
    {
        lock (gate)
        {
            isStopping = true;
            if (leader == Leader.Nobody)
                leader = Leader.Loop;
        }

        arrived.Set();
    }

    /// <summary>After the loop has ended.</summary>
    public void Dispose()
    {
        idleTimer.Dispose();
        file.Dispose();
    }

    /// <summary>Stops the store for good: nobody knows any more what the disk holds.</summary>
    public void Fail(Exception cause)
    {
        lock (gate)
        {
            failure ??= new(
                $"The store in {surroundings.Disk.Name} has stopped: {cause.Message} " +
                "Appends that were under way may or may not be in the log: open the store again to find out, and repeat them with the same ids.",
                cause);
        }

        view.Fail(failure);
    }

    private async ValueTask<AppendOutcome> LeadOnceAsync(PreparedAppend append)
    {
        await WriteGroupAsync();
        Leader next;
        lock (gate)
            next = leader = queue.Count > 0 || isStopping ? Leader.Loop : Leader.Nobody;

        if (next == Leader.Loop)
            arrived.Set();
        return await append.Answer;
    }

    private async ValueTask LeadAsync()
    {
        for (var singles = 0; ;)
        {
            bool hasWork, isDue;
            lock (gate)
            {
                (hasWork, isDue, isIdle) = (queue.Count > 0, isIdle, false);
                if (!hasWork && !isDue && (isStopping || singles >= InlineAfterSingles))
                {
                    leader = Leader.Nobody;
                    return;
                }
            }

            if (hasWork)
            {
                singles = await WriteGroupAsync() > 1 ? 0 : singles + 1;
            }
            else if (isDue)
            {
                await MakeHeadDurableAsync();
                singles = InlineAfterSingles;
            }
            else
            {
                await arrived.WaitAsync();
            }
        }
    }

    /// <summary>Writes one group of what is queued, and answers.</summary>
    /// <returns>How many appends it answered.</returns>
    private async ValueTask<int> WriteGroupAsync()
    {
        taken.Clear();
        recordStarts.Clear();
        StoreException? refusal = null;
        try
        {
            if (failure is null)
            {
                await MarkInUseAsync();
                await TakeAsync();
                if (taken.Count > 0)
                    Form(clock.Next());
                if (recordStarts.Count > 0 && failure is null)
                    await FlushAsync();
            }
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Full)
        {
            Unform();
            refusal = new StoreFullException(
                $"There is no space left for the store in {surroundings.Disk.Name}. " +
                $"Nothing was written; make space, {NextSegmentBytes(0):N0} bytes for the next segment, and append again.",
                fault);
        }
        catch (ClockRefusedException refused)
        {
            refusal = refused;
        }
        catch (Exception fault)
        {
            Fail(fault);
        }

        if (failure is not null || refusal is not null)
            return Refuse(refusal);

        foreach (var append in taken)
            append.Complete();

        return taken.Count;
    }

    // Before the first byte is written, so that a mark of a clean end always tells the truth.
    private async ValueTask MarkInUseAsync()
    {
        if (!head.IsClean)
            return;

        try
        {
            await head.WriteAsync(point, isClean: false);
            await head.SyncAsync();
        }
        catch (DiskException fault)
        {
            throw new DiskException(DiskFault.Failed, fault.Message, fault);
        }
    }

    private async ValueTask TakeAsync()
    {
        var first = 0;
        lock (gate)
        {
            // Whoever waited may have given up meanwhile.
            if (queue.Count > 0)
                first = queue[0].Length;
        }

        if (!Fits(first))
            await RollAsync(first);

        lock (gate)
        {
            var bytes = 0;
            foreach (var append in queue)
            {
                bytes += append.Length;
                if (!Fits(bytes) || (taken.Count > 0 && bytes > GroupBytes))
                    break;
                taken.Add(append);
            }

            queue.RemoveRange(0, taken.Count);
        }
    }

    private bool Fits(int recordBytes) => GroupHeader.Bytes + recordBytes <= Segment.FileBytes - point.Offset;

    private void Form(long recordedAt)
    {
        var tail = view.Parts.Tails[^1];
        (formed, recordsChecksum) = (GroupHeader.Bytes, Segment.Seed);
        foreach (var append in taken)
        {
            if (HasNews(append))
            {
                append.Outcome = default;
                continue;
            }

            append.Outcome = new(LastFormed + 1, IsWritten: true);
            Place(append, tail, recordedAt);
        }
    }

    private void Place(PreparedAppend append, TailIndex tail, long recordedAt)
    {
        if (buffer.Length < formed + append.Length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, formed + append.Length));

        append.Records.CopyTo(buffer.AsSpan(formed));
        var hashes = CollectionsMarshal.AsSpan(append.Hashes);
        for (var index = 0; index < append.Count; index++)
        {
            var record = buffer.AsSpan(formed, append.Record(index).Length);
            EventRecord.Place(record, LastFormed + 1, ++append.StreamOf(index).Version, recordedAt, Segment.Seed);
            recordsChecksum = Crc32C.Of(record[..sizeof(uint)], recordsChecksum);
            hashes = hashes[tail.Add(record, hashes, (uint)(point.Offset + formed))..];
            recordStarts.Add(formed);
            formed += record.Length;
        }
    }

    /// <summary>Whether anything came since a batch was looked at that its decision might rest on; sets the versions it starts from.</summary>
    private bool HasNews(PreparedAppend append)
    {
        foreach (var stream in append.LookedUp)
            stream.Version = stream.VersionBefore;

        var parts = view.Parts;
        if (append.CheckedTo == LastFormed)
            return false;
        if (append.CheckedTo < parts.FiledTo)
            return true;

        foreach (var tail in parts.Tails)
        {
            if (tail.Last > append.CheckedTo && HasNews(append, tail))
                return true;
        }

        return false;
    }

    private static bool HasNews(PreparedAppend append, TailIndex tail)
    {
        if (tail.FindIds(append.Batch.Events, append.CheckedTo, long.MaxValue) is not null)
            return true;

        foreach (var stream in append.LookedUp)
        {
            if (tail.FindStream(stream.Key.Hash, stream.Key.Bytes, long.MaxValue) is { } latest && latest.Position > append.CheckedTo)
                stream.Version = latest.Version;
        }

        foreach (var condition in append.Conditions)
        {
            var isNews = condition.Condition switch
            {
                AppendCondition.StreamAtVersion => condition.Stream!.Version != condition.Stream.VersionBefore,
                AppendCondition.NoEventMatching none => tail.LatestMatch(condition.Query!, Math.Max(none.After.Value, append.CheckedTo), long.MaxValue) > 0,
                _ => false,
            };
            if (isNews)
                return true;
        }

        return false;
    }

    private async ValueTask FlushAsync()
    {
        var header = new GroupHeader(
            formed, recordStarts.Count, point.Group + 1, point.Position + 1, recordsChecksum, view.Lineage.LogId, point.Chain);
        header.Write(buffer, Segment.Seed);
        var length = formed + ZerosAhead();
        await file.WriteAsync(buffer.AsMemory(0, length), point.Offset);
        try
        {
            await MakeDurableAsync(header);
        }
        catch (DiskException fault)
        {
            // Even for want of space: what is written can no longer be taken back.
            Fail(fault);
            return;
        }

        view.Publish(point);
        SetTimer();

        if (point.Offset > Segment.FileBytes / 2)
            preparer.Prepare(NextSegmentBytes(0));
    }

    /// <returns>How many zeros follow the group in the buffer, to be written with it.</returns>
    private int ZerosAhead()
    {
        var end = point.Offset + formed;
        if (end <= zeroedTo)
            return 0;

        var ahead = formed >= LargeGroupBytes ? 0 : Math.Min(ZeroedAheadBytes, Segment.FileBytes - end);
        zeroedTo = end + ahead;
        if (buffer.Length < formed + ahead)
            Array.Resize(ref buffer, formed + ahead);
        buffer.AsSpan(formed, ahead).Clear();
        return ahead;
    }

    private async ValueTask MakeDurableAsync(GroupHeader header)
    {
        await file.SyncAsync();
        point = new(
            Segment.Number, point.Offset + formed, header.Number, LastFormed,
            EventRecord.RecordedAt(buffer.AsSpan(recordStarts[^1])), GroupHeader.ChainAfter(buffer));
        recordStarts.Clear();
        await head.WriteAsync(point, isClean: false);
        if (options.Durability == Durability.Strict)
            await head.SyncAsync();
    }

    // A group that found no space: its events were never there.
    private void Unform()
    {
        for (var index = recordStarts.Count - 1; index >= 0; index--)
            view.Parts.Tails[^1].RemoveLast(buffer.AsSpan(recordStarts[index]));

        recordStarts.Clear();
    }

    private int Refuse(StoreException? refusal)
    {
        lock (gate)
        {
            taken.AddRange(queue);
            queue.Clear();
        }

        foreach (var append in taken)
            append.Fail(failure is null ? refusal! : Refusal(failure));

        return taken.Count;
    }

    private async ValueTask RollAsync(int recordBytes)
    {
        while (indexing.FrozenCount >= TailsMax - 1)
            await indexing.FiledAsync();

        var prepared = await preparer.TakeAsync(NextSegmentBytes(recordBytes));
        var nonce = new byte[16];
        surroundings.Entropy(nonce);
        var next = new SegmentHeader(
            Segment.Number + 1, prepared.Bytes, view.Lineage.LogId, point.Position + 1, point.Group + 1, point.Chain,
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

        indexing.Freeze(view.Parts.Tails[^1], point);
        view.Segments.Add(next);
        view.Change(parts => parts with { Tails = [.. parts.Tails, new(next.FirstPosition, next.Number, view.Hasher)] });
        point = point with { Segment = next.Number, Offset = SegmentHeader.Bytes };
        file.Dispose();
        file = prepared.File;
        zeroedTo = prepared.ZeroedTo;
        await MakeHeadDurableAsync();
    }

    private int NextSegmentBytes(int recordBytes)
    {
        var usual = (int)Math.Min(options.SegmentBytesMax, 2L * Segment.FileBytes);
        return Math.Max(usual, SegmentBirth.BytesFor(recordBytes));
    }

    private async ValueTask MakeHeadDurableAsync()
    {
        try
        {
            await head.SyncAsync();
        }
        catch (DiskException fault)
        {
            Fail(fault);
        }
    }

    private void SetTimer()
    {
        lock (gate)
        {
            publishedAt = surroundings.Time.GetTimestamp();
            if (isTimerSet)
                return;
            isTimerSet = true;
        }

        idleTimer.Change(IdleAfter, Timeout.InfiniteTimeSpan);
    }

    private void NoticeIdle()
    {
        lock (gate)
        {
            if (isStopping)
                return;

            if (leader == Leader.Caller || surroundings.Time.GetElapsedTime(publishedAt) < IdleAfter)
            {
                idleTimer.Change(IdleAfter, Timeout.InfiniteTimeSpan);
                return;
            }

            (isTimerSet, isIdle) = (false, true);
            leader = Leader.Loop;
        }

        arrived.Set();
    }

    private async ValueTask<AppendOutcome> WaitAsync(PreparedAppend append, CancellationToken cancellation)
    {
        using var registration = cancellation.Register(() =>
        {
            bool wasQueued;
            lock (gate)
                wasQueued = queue.Remove(append);
            if (wasQueued)
                append.Fail(new OperationCanceledException(cancellation));
        });
        return await append.Answer;
    }

    private static StoreFailedException Refusal(StoreFailedException failure) => new(failure.Message, failure.InnerException);
}
