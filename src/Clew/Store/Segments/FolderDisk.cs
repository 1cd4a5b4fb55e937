using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Clew.Store.Segments;

#pragma warning disable RS0030 // The one place that touches files.

/// <summary>A real folder. Every call is done when it returns.</summary>
internal sealed class FolderDisk : IDisk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly IFlush flush = Flush.OfThisSystem();

    private FolderDisk(string path)
    {
        Name = path;
        Flush.CheckThatFailuresShow(flush);
    }

    public string Name { get; }

    /// <summary>The folder, made where it is missing.</summary>
    public static FolderDisk Create(string path)
    {
        var full = Path.GetFullPath(path);
        if (!Directory.Exists(full))
        {
            Try(full, () => OperatingSystem.IsWindows()
                ? Directory.CreateDirectory(full)
                : Directory.CreateDirectory(full, OwnerOnly | UnixFileMode.UserExecute));
            SyncPath(Flush.OfThisSystem(), Path.GetDirectoryName(full) ?? full);
        }

        return new(full);
    }

    /// <exception cref="DiskException">There is no such folder.</exception>
    public static FolderDisk Existing(string path)
    {
        var full = Path.GetFullPath(path);
        return Directory.Exists(full) ? new(full) : throw new DiskException(DiskFault.Missing, $"There is no folder {full}.");
    }

    public ValueTask<IReadOnlyList<string>> ListAsync() =>
        new(Try<IReadOnlyList<string>>(Name, () => [.. Directory.EnumerateFiles(Name).Select(path => Path.GetFileName(path))]));

    public ValueTask<IDiskFile> OpenAsync(string name, FileUse use)
    {
        var path = PathOf(name);
        var handle = Try(path, () => use switch
        {
            FileUse.Read when !OperatingSystem.IsWindows() => OpenUnlocked(path),
            FileUse.Read => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete),
            FileUse.Write => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete),
            _ => File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete),
        });
        if (!OperatingSystem.IsWindows() && use == FileUse.Create)
            File.SetUnixFileMode(handle, OwnerOnly);

        return new(new FolderFile(handle, path, flush));
    }

    public ValueTask RenameAsync(string from, string to)
    {
        Try(PathOf(from), () => File.Move(PathOf(from), PathOf(to), overwrite: true));
        return default;
    }

    public ValueTask DeleteAsync(string name)
    {
        Try(PathOf(name), () => File.Delete(PathOf(name)));
        return default;
    }

    public ValueTask SyncFolderAsync()
    {
        SyncPath(flush, Name);
        return default;
    }

    public ValueTask<IDisposable?> TryLockAsync(string name, string holder) =>
        new(OperatingSystem.IsWindows() ? (IDisposable?)LockByShare(PathOf(name), holder) : LockByFlock(PathOf(name), holder));

    private string PathOf(string name) => Path.Combine(Name, name);

    // .NET takes a shared lock where it opens a file, and so could not read who holds the exclusive one.
    private static SafeFileHandle OpenUnlocked(string path)
    {
        const int missing = 2;
        const int denied = 13;
        var closeOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;
        var descriptor = Native.Open(path, closeOnExec, 0);
        if (descriptor >= 0)
            return new(descriptor, ownsHandle: true);

        var error = Marshal.GetLastPInvokeError();
        throw error switch
        {
            missing => new FileNotFoundException(),
            denied => new UnauthorizedAccessException(),
            _ => new IOException(Marshal.GetPInvokeErrorMessage(error)),
        };
    }

    // .NET's own file locking ignores errors and can be switched off by an environment variable.
    private static Flock? LockByFlock(string path, string holder)
    {
        const int exclusiveNow = 2 | 4;
        var (readWriteCreate, closeOnExec, noFollow, wouldBlock) = OperatingSystem.IsMacOS()
            ? (0x0002 | 0x0200, 0x1000000, 0x0100, 35)
            : (0x0002 | 0x0040, 0x80000, Flush.IsArm ? 0x8000 : 0x20000, 11);

        var descriptor = Native.Open(path, readWriteCreate | closeOnExec | noFollow, 0x180);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new DiskException(DiskFault.Denied, error == 40
                ? $"{path} is a symbolic link; a store's lock must be a file of its own. Remove the link."
                : $"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}.");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var result = Native.FileLock(handle, exclusiveNow);
        var refused = Marshal.GetLastPInvokeError();
        if (result == 0)
        {
            WriteNote(handle, holder);
            return new(handle);
        }

        handle.Dispose();
        return refused == wouldBlock
            ? null
            : throw new DiskException(DiskFault.Failed, $"{path} cannot be locked: {Marshal.GetPInvokeErrorMessage(refused)}. The file system may not support locks; keep the store on a local disk.");
    }

    /// <summary>A lock that is let go by name: a process that is being started just now still holds a copy of the handle until it runs.</summary>
    private sealed class Flock(SafeFileHandle handle) : IDisposable
    {
        private const int Unlock = 8;

        public void Dispose()
        {
            if (!handle.IsClosed)
                _ = Native.FileLock(handle, Unlock);
            handle.Dispose();
        }
    }

    // The lock holds without it, and a store must open on a full disk.
    private static void WriteNote(SafeFileHandle handle, string holder)
    {
        try
        {
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, Encoding.UTF8.GetBytes(holder), 0);
        }
        catch (IOException)
        {
        }
    }

    private static SafeFileHandle? LockByShare(string path, string holder)
    {
        try
        {
            var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            RandomAccess.Write(handle, Encoding.UTF8.GetBytes(holder), 0);
            return handle;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void SyncPath(IFlush flush, string path)
    {
        if (flush.Folder(path) is var error and not 0)
            throw new DiskException(DiskFault.Failed, $"The folder {path} cannot be flushed: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    private static void Try(string path, Action action) => Try(path, () =>
    {
        action();
        return true;
    });

    internal static T Try<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DiskException(DiskFault.Missing, $"There is no {path}.", cause);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new DiskException(DiskFault.Denied, $"There is no permission for {path}.", cause);
        }
        catch (IOException cause)
        {
            throw new DiskException(IsFull(cause) ? DiskFault.Full : DiskFault.Failed, $"{path}: {cause.Message}", cause);
        }
    }

    internal static bool IsFull(IOException cause) => OperatingSystem.IsWindows()
        ? cause.HResult is unchecked((int)0x80070070) or unchecked((int)0x80070027)
        : cause.HResult is Native.NoSpace or Native.QuotaExceeded;
}

/// <summary>A file of a real folder.</summary>
internal sealed class FolderFile(SafeFileHandle handle, string path, IFlush flush) : IDiskFile
{
    public ValueTask<long> LengthAsync() => new(FolderDisk.Try(path, () => RandomAccess.GetLength(handle)));

    public ValueTask<int> ReadAsync(Memory<byte> target, long offset)
    {
        try
        {
            var read = 0;
            while (read < target.Length && RandomAccess.Read(handle, target.Span[read..], offset + read) is var more and > 0)
                read += more;

            return new(read);
        }
        catch (IOException cause)
        {
            throw new DiskException(DiskFault.Failed, $"{path} cannot be read at {offset}: {cause.Message}", cause);
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(handle, bytes.Span, offset);
            return default;
        }
        catch (IOException cause)
        {
            var fault = FolderDisk.IsFull(cause) ? DiskFault.Full : DiskFault.Failed;
            throw new DiskException(fault, $"{path} cannot be written at {offset}: {cause.Message}", cause);
        }
    }

    public ValueTask<bool> TryAllocateAsync(long offset, long length)
    {
        if (!OperatingSystem.IsLinux())
            return new(false);

        var result = Native.FileAllocate(handle, 0, offset, length);
        var error = Marshal.GetLastPInvokeError();
        return result == 0 || error is not (Native.NoSpace or Native.QuotaExceeded)
            ? new(result == 0)
            : throw new DiskException(DiskFault.Full, $"{path} cannot be made longer: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    public ValueTask SyncAsync()
    {
        if (flush.File(handle) is var error and not 0)
            throw new DiskException(DiskFault.Failed, $"{path} cannot be flushed: {Marshal.GetPInvokeErrorMessage(error)}.");

        return default;
    }

    public void Dispose() => handle.Dispose();
}
