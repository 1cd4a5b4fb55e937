namespace Clew.Store.Segments;

/// <summary>Writes a packed segment, frame by frame, to a file that has no name of its own yet.</summary>
internal sealed class PackedWriter : IDisposable
{
    private readonly IDiskFile file;
    private readonly int contentBytes;
    private readonly IFrameCodec codec;
    private readonly List<int> lengths = [];

    private PackedWriter(IDiskFile file, int contentBytes, IFrameCodec codec) => (this.file, this.contentBytes, this.codec) = (file, contentBytes, codec);

    /// <summary>How many bytes it has written.</summary>
    public long Length { get; private set; }

    /// <summary>Begins a file.</summary>
    /// <param name="disk">Where.</param>
    /// <param name="name">Its name for now.</param>
    /// <param name="contentBytes">How long the segment is.</param>
    /// <param name="codec">Packs it.</param>
    public static async ValueTask<PackedWriter> CreateAsync(IDisk disk, string name, int contentBytes, IFrameCodec codec) =>
        new(await disk.OpenAsync(name, FileUse.Create), contentBytes, codec);

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
    }

    public void Dispose() => file.Dispose();
}
