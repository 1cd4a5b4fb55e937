namespace Clew.Store.Segments;

/// <summary>The folder of a store, as the engine sees it: real, or simulated with faults.</summary>
/// <remarks>
/// Nothing is durable before it is synced: a file's bytes by <see cref="IDiskFile.SyncAsync"/>, its name by <see cref="SyncFolderAsync"/>.
/// A fault is a <see cref="DiskException"/>. The real disk completes every call before it returns.
/// </remarks>
internal interface IDisk
{
    /// <summary>The folder, for messages.</summary>
    string Name { get; }

    /// <summary>The names of the files in it, in no order, and those of folders, which end in a slash.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync();

    ValueTask<IDiskFile> OpenAsync(string name, FileUse use);

    /// <summary>Gives a file another name, in place of a file that has it.</summary>
    ValueTask RenameAsync(string from, string to);

    /// <summary>Removes a file; one that is not there is no fault.</summary>
    ValueTask DeleteAsync(string name);

    /// <summary>Makes all names durable: creations, renames and removals.</summary>
    ValueTask SyncFolderAsync();

    /// <summary>Takes the one lock of a file.</summary>
    /// <param name="name">The file; made where it is missing.</param>
    /// <param name="holder">A note on who holds it, which becomes the file's content; null leaves it as it is, and is in the way of nobody who reads it.</param>
    /// <returns>What releases it when disposed; null where another holds it, in this process or any other.</returns>
    ValueTask<IDisposable?> TryLockAsync(string name, string? holder);
}

/// <summary>An open file that is read. Reads may run beside each other.</summary>
internal interface IReadableFile : IDisposable
{
    /// <returns>How many bytes were read: fewer than asked for only where the file ends.</returns>
    ValueTask<int> ReadAsync(Memory<byte> target, long offset);
}

/// <summary>An open file of a store. Reads may run beside writes and each other; writes and syncs come one at a time.</summary>
internal interface IDiskFile : IReadableFile
{
    ValueTask<long> LengthAsync();

    /// <summary>Writes all of the bytes, and makes the file longer where needed; after a fault any part may have been written.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset);

    /// <summary>Makes the file longer by zeros, from its end to a length, as quickly as the file system can.</summary>
    /// <returns>False where it knows no quick way; then nothing was done.</returns>
    ValueTask<bool> TryAllocateAsync(long offset, long length) => new(false);

    /// <summary>Makes what was written durable. After a fault it is unknown what is, and asking again does not tell.</summary>
    ValueTask SyncAsync();
}

internal enum FileUse
{
    /// <summary>A file that is there, for reading.</summary>
    Read,

    /// <summary>A file that is there, for reading and writing.</summary>
    Write,

    /// <summary>A new, empty file, for reading and writing, in place of one that has the name.</summary>
    Create,
}

internal enum DiskFault
{
    /// <summary>The device or the file system reports an error.</summary>
    Failed,

    /// <summary>There is no space left.</summary>
    Full,

    /// <summary>There is no such file or folder.</summary>
    Missing,

    /// <summary>There is no permission.</summary>
    Denied,

    /// <summary>Something else is in its place, such as a symbolic link; the message says what to do.</summary>
    Unfit,
}

/// <summary>A disk could not do what it was asked to.</summary>
internal sealed class DiskException(DiskFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public DiskFault Fault { get; } = fault;
}
