using System.Buffers;
using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>A segment that is filled with the groups of another folder's, under a name that does not count yet.</summary>
internal sealed class CopiedSegment : IDisposable
{
    private const int BufferBytes = 1024 * 1024;
    private const int ZerosBytes = 64 * 1024;

    private readonly IDisk disk;
    private readonly string unfinishedName;
    private readonly CopiedLeaves leaves;
    private readonly long after;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private readonly List<uint> offsets = [];
    private int buffered;
    private int written;

    private CopiedSegment(IDisk disk, string unfinishedName, IDiskFile file, SegmentHeader header, CopiedLeaves leaves, long after)
    {
        (this.disk, this.unfinishedName, this.leaves, this.after, File, Header) = (disk, unfinishedName, leaves, after, file, header);
        header.ToBytes().CopyTo(buffer, 0);
        buffered = SegmentHeader.Bytes;
        End = new(header.Number, SegmentHeader.Bytes, header.FirstGroup - 1, header.FirstPosition - 1, 0, header.Chain);
    }

    public SegmentHeader Header { get; }

    public IDiskFile File { get; }

    /// <summary>How far it is filled.</summary>
    public LogPoint End { get; private set; }

    /// <summary>How many bytes its records take that the log had not.</summary>
    public long RecordBytes { get; private set; }

    /// <summary>Ends when the leaves of its events are made.</summary>
    public Task Hashed { get; private set; } = Task.CompletedTask;

    /// <summary>The index of those of its events that no index file covers; null where there is none.</summary>
    public TailIndex? Tail { get; set; }

    /// <summary>Index files that were copied ahead of their events, the last of which is in this segment.</summary>
    public List<IndexFile> Indexed { get; } = [];

    /// <summary>What its own events say was erased of it.</summary>
    public List<ErasedEvent> Erased { get; } = [];

    /// <summary>What the last of its events erases of earlier segments, where the log still has that.</summary>
    public ErasureJournal? Erasing { get; set; }

    /// <param name="disk">Where.</param>
    /// <param name="header">Its header, which is that of the other folder's segment.</param>
    /// <param name="leaves">Makes the leaves of its events.</param>
    /// <param name="after">The last position that the log has already.</param>
    public static async ValueTask<CopiedSegment> CreateAsync(IDisk disk, SegmentHeader header, CopiedLeaves leaves, long after)
    {
        // While one is flushed the next one is filled.
        var name = header.Number % 2 == 0 ? "copy-0.seg.tmp" : "copy-1.seg.tmp";
        return new(disk, name, await disk.OpenAsync(name, FileUse.Create), header, leaves, after);
    }

    /// <summary>Notes where an event lies, in the order of the log.</summary>
    public void Note(ReadOnlySpan<byte> record, uint offset)
    {
        offsets.Add(offset);
        if (EventRecord.Position(record) > after)
            RecordBytes += record.Length;
    }

    /// <summary>Adds the next group.</summary>
    /// <param name="group">Its bytes, header and records.</param>
    /// <param name="end">Where the log is behind it.</param>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> group, LogPoint end)
    {
        if (group.Length > BufferBytes - buffered)
            await FlushAsync();
        if (group.Length > BufferBytes)
        {
            await WriteAsync(group.ToArray(), rented: null);
        }
        else
        {
            group.CopyTo(buffer.AsMemory(buffered));
            buffered += group.Length;
        }

        End = end;
    }

    /// <summary>Writes what is left, zeros up to the size of a segment, and what was erased while it was copied.</summary>
    public async ValueTask FinishAsync()
    {
        await WriteAsync(buffer.AsMemory(0, buffered), buffer);
        Hashed = leaves.Hashed;
        if (!await File.TryAllocateAsync(written, Header.FileBytes - written))
        {
            for (; written < Header.FileBytes; written += ZerosBytes)
                await File.WriteAsync(new byte[Math.Min(ZerosBytes, Header.FileBytes - written)], written);
        }

        await EraseAsync(File, long.MaxValue);
    }

    /// <summary>Flushes it and gives it its name, durably.</summary>
    public async Task<bool> NameAsync()
    {
        await File.SyncAsync();
        await disk.RenameAsync(unfinishedName, Header.FileName);
        await disk.SyncFolderAsync();
        return true;
    }

    /// <summary>Does to a file with the same groups what its own events say was erased.</summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="upTo">The last position that the file has.</param>
    public async ValueTask EraseAsync(IDiskFile file, long upTo)
    {
        foreach (var erased in Erased.Where(erased => erased.Position <= upTo))
            await Overwriting.OverwriteAsync(file, Header, offsets[(int)(erased.Position - Header.FirstPosition)], erased);
    }

    /// <summary>Removes it; it must not have got its name.</summary>
    public async ValueTask DropAsync()
    {
        Dispose();
        try
        {
            await disk.DeleteAsync(unfinishedName);
        }
        catch (DiskException)
        {
            // The next opening removes it.
        }
    }

    public void Dispose() => File.Dispose();

    private async ValueTask FlushAsync()
    {
        var (full, length) = (buffer, buffered);
        (buffer, buffered) = (ArrayPool<byte>.Shared.Rent(BufferBytes), 0);
        await WriteAsync(full.AsMemory(0, length), full);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> groups, byte[]? rented)
    {
        // The header lies before the first ones.
        await leaves.AddAsync(written == 0 ? groups[SegmentHeader.Bytes..] : groups, rented);
        await File.WriteAsync(groups, written);
        written += groups.Length;
    }
}
