namespace Clew.Cli.Import;

/// <summary>A file to import, unpacked on the way where it is packed with gzip.</summary>
internal sealed class ImportFile : IDisposable
{
    private readonly FileStream file;

    private ImportFile(FileStream file, bool packed)
    {
        this.file = file;
        Content = packed ? new WholeGZip(file) : file;
    }

    /// <summary>What is in it, unpacked.</summary>
    public Stream Content { get; }

    /// <summary>How far it has been read, and how long it is, both as it lies on the disk.</summary>
    public (long Done, long Total) Progress => (file.Position, file.Length);

    /// <exception cref="InputException">It is missing, empty, or may not be read.</exception>
    public static ImportFile Open(string path, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
            throw new InputException("it is a folder; give a file.");
        if (!File.Exists(path))
            throw new InputException("there is no such file.");

        var file = OpenExisting(path, cancellation);
        if (!file.CanSeek)
        {
            file.Dispose();
            throw new InputException("it is a pipe or a device, and its beginning is read twice; give a file.");
        }

        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        if (read == 0)
        {
            file.Dispose();
            throw new InputException("it is empty.");
        }

        file.Position = 0;
        return new(file, packed: read == 2 && magic[0] == 0x1f && magic[1] == 0x8b);
    }

    // Opening a pipe waits in the system until somebody writes into it, and no cancellation reaches it there.
    private static FileStream OpenExisting(string path, CancellationToken cancellation)
    {
        try
        {
            var opening = Task.Run(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16), cancellation);
            return opening.WaitAsync(cancellation).GetAwaiter().GetResult();
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new InputException("there is no permission to read it; run as a user who may.", fault);
        }
    }

    public void Dispose()
    {
        Content.Dispose();
        file.Dispose();
    }
}
