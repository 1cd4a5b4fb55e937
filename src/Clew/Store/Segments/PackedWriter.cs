namespace Clew.Store.Segments;

/// <summary>Writes a packed segment, frame by frame, to a file that has no name of its own yet.</summary>
internal sealed class PackedWriter : IAsyncDisposable
{
    private readonly IDisk disk;
    private readonly IDiskFile file;
    private readonly string name;
    private readonly int contentBytes;
    private readonly IFrameCodec codec;
    private readonly List<int> lengths = [];
    private bool isFinished;

    private PackedWriter(IDisk disk, IDiskFile file, string name, int contentBytes, IFrameCodec codec) =>
        (this.disk, this.file, this.name, this.contentBytes, this.codec) = (disk, file, name, contentBytes, codec);

    /// <summary>How many bytes it has written.</summary>
    public long Length { get; private set; }

    /// <summary>Begins a file.</summary>
    /// <param name="disk">Where.</param>
    /// <param name="name">Its name for now.</param>
    /// <param name="contentBytes">How long the segment is.</param>
    /// <param name="codec">Packs it.</param>
    public static async ValueTask<PackedWriter> CreateAsync(IDisk disk, string name, int contentBytes, IFrameCodec codec) =>
        new(disk, await disk.OpenAsync(name, FileUse.Create), name, contentBytes, codec);

    /// <summary>Packs the next frame.</summary>
    public ValueTask AddAsync(ReadOnlyMemory<byte> content) => CopyAsync(codec.Compress(content.Span));

    /// <summary>Takes the next frame as it is.</summary>
    public async ValueTask CopyAsync(byte[] frame)
    {
        await file.WriteAsync(frame, Length);
        lengths.Add(frame.Length);
        Length += frame.Length;
    }

    /// <summary>Writes the table of the frames, and makes all of it durable.</summary>
    public async ValueTask FinishAsync()
    {
        var table = SeekTable.ToBytes(lengths, contentBytes);
        await file.WriteAsync(table, Length);
        Length += table.Length;
        await file.SyncAsync();
        isFinished = true;
    }

    /// <summary>Closes the file, and removes it where it was not finished.</summary>
    public async ValueTask DisposeAsync()
    {
        file.Dispose();
        if (isFinished)
            return;

        try
        {
            await disk.DeleteAsync(name);
        }
        catch (DiskException)
        {
            // What ended the writing says more; the next one writes over it.
        }
    }
}
