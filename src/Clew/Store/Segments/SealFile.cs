using System.Text;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>The file SEALS, in the hands of the one who adds to it: whoever seals, in any process, takes its lock for that moment.</summary>
internal sealed class SealFile : IAsyncDisposable
{
    public const string FileName = "SEALS";
    public const string LockName = "SEALS.lock";

    // Not one that ends like those which a writer removes as leftovers: it may open the store just now.
    private const string Unfinished = "SEALS.new";
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(10);

    private readonly IDisk disk;
    private readonly IDisposable taken;
    private long end;

    private SealFile(IDisk disk, IDisposable taken, SealBook book, long end) =>
        (this.disk, this.taken, Book, this.end) = (disk, taken, book, end);

    /// <summary>What it holds, as it was opened.</summary>
    public SealBook Book { get; }

    public static async ValueTask<SealFile> OpenAsync(Surroundings surroundings, CancellationToken cancellation)
    {
        var taken = await FolderLock.TakeAsync(surroundings, LockName, LockWait, Busy, cancellation);
        try
        {
            var bytes = await BytesAsync(surroundings.Disk);
            var book = Parse(bytes);
            if (book.WholeBytes < bytes.Length)
                await ReplaceAsync(surroundings.Disk, bytes.AsMemory(0, book.WholeBytes));
            return new(surroundings.Disk, taken, book, book.WholeBytes);
        }
        catch
        {
            taken.Dispose();
            throw;
        }

        string Busy(string holder) =>
            $"The seals of the store in {surroundings.Disk.Name} are being written {holder}, and that does not end. See what that process does, and try again.";
    }

    /// <summary>What is whole of it, and what that says.</summary>
    public static async ValueTask<(ReadOnlyMemory<byte> Bytes, SealBook Book)> ReadAsync(IDisk disk)
    {
        var bytes = await BytesAsync(disk);
        var book = Parse(bytes);
        return (bytes.AsMemory(0, book.WholeBytes), book);
    }

    /// <summary>Puts other content in its place, durable when this ends.</summary>
    public async ValueTask ReplaceAsync(ReadOnlyMemory<byte> bytes)
    {
        await ReplaceAsync(disk, bytes);
        end = bytes.Length;
    }

    /// <summary>Adds an entry, durable when this ends.</summary>
    public async ValueTask AddAsync(string entry)
    {
        var bytes = Encoding.UTF8.GetBytes(entry);
        if (end == 0)
        {
            await ReplaceAsync(disk, bytes);
        }
        else
        {
            using var file = await disk.OpenAsync(FileName, FileUse.Write);
            await file.WriteAsync(bytes, end);
            await file.SyncAsync();
        }

        end += bytes.Length;
    }

    public ValueTask DisposeAsync()
    {
        taken.Dispose();
        return default;
    }

    private static SealBook Parse(byte[] bytes) => SealBook.TryParse(bytes, out var book, out var fault)
        ? book
        : throw StoreFolder.Damaged(FileName, null, fault, "Bring the file back from where its seals were carried to; without them the log can still be read.");

    private static async ValueTask<byte[]> BytesAsync(IDisk disk)
    {
        if (!(await disk.ListAsync()).Contains(FileName))
            return [];

        using var file = await disk.OpenAsync(FileName, FileUse.Read);
        var bytes = new byte[await file.LengthAsync()];
        var read = await file.ReadAsync(bytes, 0);
        return bytes[..read];
    }

    // What a crash tore off its end is dropped; a file cannot be cut in place.
    private static async ValueTask ReplaceAsync(IDisk disk, ReadOnlyMemory<byte> bytes)
    {
        using (var file = await disk.OpenAsync(Unfinished, FileUse.Create))
        {
            await file.WriteAsync(bytes, 0);
            await file.SyncAsync();
        }

        await disk.RenameAsync(Unfinished, FileName);
        await disk.SyncFolderAsync();
    }
}
