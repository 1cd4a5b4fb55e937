using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Clew.Store.Segments;

#pragma warning disable RS0030 // The one place that touches files.

/// <summary>A real folder. Every call is done when it returns.</summary>
internal sealed class FolderDisk : IDisk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string LostAndFound = "lost+found";

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
            CheckNothingIsThere(full);
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
        if (Directory.Exists(full))
            return new(full);

        CheckNothingIsThere(full);

        // Whether it is missing or merely hidden.
        Try(full, () => File.GetAttributes(full));
        throw new DiskException(DiskFault.Missing, $"There is no folder {full}.");
    }

    public ValueTask<IReadOnlyList<string>> ListAsync() =>
        new(Try<IReadOnlyList<string>>(Name, () =>
        [
            .. Directory.EnumerateFiles(Name).Select(path => Path.GetFileName(path)),

            // A file system keeps this one at its root, where a store may well be.
            .. Directory.EnumerateDirectories(Name)
                .Select(path => Path.GetFileName(path))
                .Where(name => name != LostAndFound)
                .Select(name => name + "/"),
        ]));

    public ValueTask<IDiskFile> OpenAsync(string name, FileUse use)
    {
        var path = PathOf(name);
        if (use == FileUse.Create)
            RemoveForAnother(path);

        var handle = OperatingSystem.IsWindows() ? Try(path, () => OpenShared(path, use)) : UnixOpen.File(path, use);
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

    public ValueTask<IDisposable?> TryLockAsync(string name, string? holder)
    {
        if (holder is null)
            return new(OperatingSystem.IsLinux() && Environment.Is64BitProcess ? RangeLock.TryTake(UnixOpen.File(PathOf(name), FileUse.Write), PathOf(name)) : NoLock.Instance);

        return new(OperatingSystem.IsWindows() ? (IDisposable?)LockByShare(PathOf(name), holder) : LockByFlock(PathOf(name), holder));
    }

    private string PathOf(string name) => Path.Combine(Name, name);

    private static void CheckNothingIsThere(string path)
    {
        if (new FileInfo(path).LinkTarget is { } target)
            throw new DiskException(DiskFault.Unfit, $"{path} is a symbolic link to {target}, and that is no folder, or cannot be reached. Make it one, or give another path.");
        if (File.Exists(path))
            throw new DiskException(DiskFault.Unfit, $"{path} is no folder. Give that of a store, or a path where there is nothing yet.");
    }

    private static void RemoveForAnother(string path)
    {
        if (Directory.Exists(path))
            throw new DiskException(DiskFault.Unfit, $"{path} is a folder, and a store has a file there. Move it away.");

        Try(path, () => File.Delete(path));
    }

    private static SafeFileHandle OpenShared(string path, FileUse use)
    {
        var (mode, access) = use switch
        {
            FileUse.Read => (FileMode.Open, FileAccess.Read),
            FileUse.Write => (FileMode.Open, FileAccess.ReadWrite),
            _ => (FileMode.CreateNew, FileAccess.ReadWrite),
        };
        return File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
    }

    // .NET's own file locking ignores errors and can be switched off by an environment variable.
    private static Flock? LockByFlock(string path, string holder)
    {
        const int exclusiveNow = 2 | 4;
        var handle = UnixOpen.Lock(path);
        var result = Native.FileLock(handle, exclusiveNow);
        var refused = Marshal.GetLastPInvokeError();
        if (result == 0)
        {
            WriteNote(handle, holder);
            return new(handle);
        }

        handle.Dispose();
        return refused == Native.WouldBlock ? null : throw CannotLock(path, refused);
    }

    internal static DiskException CannotLock(string path, int error) => new(
        DiskFault.Failed,
        $"{path} cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}. The file system may not support locks; keep the store on a local disk.");

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
            throw new DiskException(IsFull(cause) ? DiskFault.Full : DiskFault.Failed, $"{path}: {Sentence(cause)}", cause);
        }
    }

    // Those of the system have no full stop, those of .NET have one.
    internal static string Sentence(IOException cause) => cause.Message.TrimEnd('.') + ".";

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
            throw new DiskException(DiskFault.Failed, $"{path} cannot be read at {offset}: {FolderDisk.Sentence(cause)}", cause);
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
            throw new DiskException(fault, $"{path} cannot be written at {offset}: {FolderDisk.Sentence(cause)}", cause);
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
