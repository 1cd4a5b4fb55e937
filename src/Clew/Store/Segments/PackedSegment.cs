using System.Buffers;

namespace Clew.Store.Segments;

/// <summary>A segment in an archive, open for reading: unpacks the frames that hold what is asked for, and keeps the last few.</summary>
internal sealed class PackedSegment : IReadableFile
{
    private const int KeptFrames = 4;

    private readonly IDiskFile file;
    private readonly IFrameCodec codec;
    private readonly SeekTable table;
    private readonly string name;
    private readonly int contentBytes;
    private readonly Lock gate = new();
    private readonly Queue<(int Frame, byte[] Content)> kept = new();

    private PackedSegment(IDiskFile file, IFrameCodec codec, SeekTable table, string name, int contentBytes) =>
        (this.file, this.codec, this.table, this.name, this.contentBytes) = (file, codec, table, name, contentBytes);

    /// <summary>How many frames it has.</summary>
    public int Frames => table.Frames;

    /// <summary>Opens one.</summary>
    /// <param name="disk">The archive.</param>
    /// <param name="name">Its file.</param>
    /// <param name="header">How the segment begins.</param>
    /// <param name="codec">Unpacks it.</param>
    /// <exception cref="StoreCorruptedException">It is not this segment, packed.</exception>
    public static async ValueTask<PackedSegment> OpenAsync(IDisk disk, string name, SegmentHeader header, IFrameCodec codec)
    {
        var file = await disk.OpenAsync(name, FileUse.Read);
        try
        {
            var path = Path.Combine(disk.Name, name);
            var length = await file.LengthAsync();
            var bytes = new byte[Math.Min(length, SeekTable.BytesOf(SeekTable.FramesOf(header.FileBytes)))];
            await file.ReadAsync(bytes, length - bytes.Length);
            var table = SeekTable.TryRead(bytes, length, header.FileBytes) ?? throw Damaged(path, length - bytes.Length, "the table of its frames is damaged, or that of another segment");
            var packed = new PackedSegment(file, codec, table, path, header.FileBytes);
            await packed.CheckHeaderAsync(header);
            return packed;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> target, long offset)
    {
        var count = (int)Math.Clamp(contentBytes - offset, 0, target.Length);
        for (var done = 0; done < count;)
        {
            var at = (int)offset + done;
            var content = await ContentAsync(at / SeekTable.FrameBytes);
            var part = content.AsMemory(at % SeekTable.FrameBytes);
            part = part[..Math.Min(part.Length, count - done)];
            part.CopyTo(target[done..]);
            done += part.Length;
        }

        return count;
    }

    /// <summary>The bytes of a frame as they lie in the archive.</summary>
    public async ValueTask<byte[]> FrameAsync(int frame)
    {
        var bytes = new byte[table.LengthOf(frame)];
        await ReadFrameAsync(frame, bytes);
        return bytes;
    }

    public void Dispose() => file.Dispose();

    private async ValueTask<byte[]> ContentAsync(int frame)
    {
        lock (gate)
        {
            foreach (var (number, content) in kept)
            {
                if (number == frame)
                    return content;
            }
        }

        var unpacked = await UnpackAsync(frame);
        lock (gate)
        {
            kept.Enqueue((frame, unpacked));
            if (kept.Count > KeptFrames)
                kept.Dequeue();
        }

        return unpacked;
    }

    private async ValueTask<byte[]> UnpackAsync(int frame)
    {
        var length = table.LengthOf(frame);
        var packed = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await ReadFrameAsync(frame, packed.AsMemory(0, length));
            var content = GC.AllocateUninitializedArray<byte>(table.ContentOf(frame));
            return codec.TryDecompress(packed.AsSpan(0, length), content) ? content : throw Damaged(name, table.StartOf(frame), "a frame cannot be unpacked");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    private async ValueTask ReadFrameAsync(int frame, Memory<byte> target)
    {
        if (await file.ReadAsync(target, table.StartOf(frame)) < target.Length)
            throw Damaged(name, table.StartOf(frame), "a frame is cut short");
    }

    private async ValueTask CheckHeaderAsync(SegmentHeader header)
    {
        var bytes = new byte[SegmentHeader.Bytes];
        await ReadAsync(bytes, 0);
        if (!SegmentHeader.TryRead(bytes, out var found) || found != header)
            throw Damaged(name, 0, $"it holds another segment than {header.FileName} of the log {header.LogId}");
    }

    private static StoreCorruptedException Damaged(string file, long offset, string what) =>
        StoreFolder.Damaged(file, offset, what, "Restore this file of the archive from a copy of it.");
}
