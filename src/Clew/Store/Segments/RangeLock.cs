using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Clew.Store.Segments;

/// <summary>
/// A lock of an open file on Linux (open file description lock, fcntl(2)), which knows nothing of the locks that .NET takes where it
/// merely reads a file.
/// </summary>
internal sealed class RangeLock : IDisposable
{
    private const int SetLock = 37;
    private const short Write = 1;
    private const short Unlock = 2;
    private const int Unknown = 22;

    private readonly SafeFileHandle handle;

    private RangeLock(SafeFileHandle handle) => this.handle = handle;

    /// <param name="handle">Open for writing; closed with the lock, or where there is none.</param>
    /// <param name="path">For messages.</param>
    /// <returns>Null where another has it.</returns>
    public static IDisposable? TryTake(SafeFileHandle handle, string path)
    {
        var range = new Native.FileRange { Type = Write };
        if (Native.FileControl(handle, SetLock, ref range) == 0)
            return new RangeLock(handle);

        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        if (error == Unknown)
            return NoLock.Instance;

        return error == Native.Denied || error == Native.WouldBlock ? null : throw FolderDisk.CannotLock(path, error);
    }

    // By name: a process that is being started just now still holds a copy of the handle until it runs.
    public void Dispose()
    {
        var range = new Native.FileRange { Type = Unlock };
        if (!handle.IsClosed)
            _ = Native.FileControl(handle, SetLock, ref range);
        handle.Dispose();
    }
}

/// <summary>Where a system has no such lock.</summary>
internal sealed class NoLock : IDisposable
{
    public static NoLock Instance { get; } = new();

    public void Dispose()
    {
    }
}
