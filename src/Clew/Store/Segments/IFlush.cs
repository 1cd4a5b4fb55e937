using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Clew.Store.Segments;

/// <summary>How one operating system makes bytes and names durable, and how it says that it could not.</summary>
internal interface IFlush
{
    /// <summary>Flushes a file's bytes.</summary>
    /// <returns>0, or the system's error number.</returns>
    int File(SafeFileHandle file);

    /// <summary>Flushes the names in a folder.</summary>
    /// <returns>0, or the system's error number.</returns>
    int Folder(string path);
}

internal static class Flush
{
    public static IFlush OfThisSystem() =>
        OperatingSystem.IsWindows() ? new WindowsFlush()
        : OperatingSystem.IsMacOS() ? new MacFlush()
        : new LinuxFlush();

    /// <summary>Whether the open flags of Linux have the values that they have on ARM.</summary>
    public static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>A flush that cannot succeed must say so: a system or runtime where it does not would let acknowledged events be lost.</summary>
    /// <exception cref="DiskException">It said that all is well.</exception>
    public static void CheckThatFailuresShow(IFlush flush)
    {
        using var none = new SafeFileHandle(-2, ownsHandle: false);
        if (flush.File(none) == 0)
            throw new DiskException(DiskFault.Failed, "Flushing a file that does not exist reported success on this system, so no flush can be trusted. Clew does not run here.");
    }

    public static int FolderBySync(string path, int openFlags)
    {
        var descriptor = Native.Open(path, openFlags, 0);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError();

        var result = Native.FileSync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = Native.Close(descriptor);
        return result == 0 ? 0 : error;
    }
}

/// <summary>Linux: fdatasync for bytes, fsync for folders.</summary>
internal sealed class LinuxFlush : IFlush
{
    public int File(SafeFileHandle file)
    {
        while (true)
        {
            var result = Native.FileDataSync(file);
            var error = Marshal.GetLastPInvokeError();
            if (result == 0)
                return 0;
            if (error != Native.Interrupted)
                return error;
        }
    }

    public int Folder(string path) => Flush.FolderBySync(path, (Flush.IsArm ? 0x4000 : 0x10000) | 0x80000);
}

/// <summary>macOS: F_FULLFSYNC, because its fsync leaves bytes in the drive's cache. Not tested here.</summary>
internal sealed class MacFlush : IFlush
{
    private const int FullSync = 51;
    private const int ReadDirectoryCloseOnExec = 0x100000 | 0x1000000;

    public int File(SafeFileHandle file)
    {
        var result = Native.FileControl(file, FullSync, 0);
        var error = Marshal.GetLastPInvokeError();
        return result == -1 ? error : 0;
    }

    public int Folder(string path) => Flush.FolderBySync(path, ReadDirectoryCloseOnExec);
}

/// <summary>Windows: FlushFileBuffers; names are durable through the journal of NTFS. Not tested here.</summary>
internal sealed class WindowsFlush : IFlush
{
    public int File(SafeFileHandle file)
    {
        var done = Native.FlushFileBuffers(file);
        var error = Marshal.GetLastPInvokeError();
        return done ? 0 : error;
    }

    public int Folder(string path) => 0;
}
