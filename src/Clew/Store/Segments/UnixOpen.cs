using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Clew.Store.Segments;

/// <summary>
/// Opens files by the system's own call: .NET takes a shared lock where it opens a file, and so could not read who holds the exclusive
/// one, and it cannot be told to follow no symbolic link, through which a store would overwrite what is not its own.
/// </summary>
internal static class UnixOpen
{
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int OwnerOnly = 0x180;

    private const int NotPermitted = 1;
    private const int Missing = 2;
    private const int NoDevice = 6;
    private const int IsFolder = 21;

    private static readonly int Create = OperatingSystem.IsMacOS() ? 0x200 : 0x40;
    private static readonly int Exclusive = OperatingSystem.IsMacOS() ? 0x800 : 0x80;
    private static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;
    private static readonly int NoFollow = OperatingSystem.IsMacOS() ? 0x100 : Flush.IsArm ? 0x8000 : 0x20000;
    private static readonly int NoWait = OperatingSystem.IsMacOS() ? 0x4 : 0x800;
    private static readonly int Loop = OperatingSystem.IsMacOS() ? 62 : 40;

    /// <exception cref="DiskException">It cannot be opened so; a file that is to be created must not be there.</exception>
    public static SafeFileHandle File(string path, FileUse use) => Open(path, use switch
    {
        FileUse.Read => ReadOnly,
        FileUse.Write => ReadWrite | NoFollow,
        _ => ReadWrite | Create | Exclusive,
    });

    /// <summary>Opens a file to lock it, made where it is missing.</summary>
    /// <exception cref="DiskException">It cannot be opened.</exception>
    public static SafeFileHandle Lock(string path) => Open(path, ReadWrite | Create | NoFollow);

    private static SafeFileHandle Open(string path, int flags)
    {
        // Opening a pipe waits for who writes into it. A regular file has nothing to wait for, unless a file server has leased it.
        var (descriptor, error) = Try(path, flags | CloseOnExec | NoWait);
        if (error == Native.WouldBlock)
            (descriptor, error) = Try(path, flags | CloseOnExec);
        if (descriptor < 0)
            throw Fault(path, error);

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FolderDisk.Try(path, () => IsSeekable(handle)))
            return handle;

        handle.Dispose();
        throw Unfit(path);
    }

    private static (int Descriptor, int Error) Try(string path, int flags)
    {
        while (true)
        {
            var descriptor = Native.Open(path, flags, OwnerOnly);
            var error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error != Native.Interrupted)
                return (descriptor, error);
        }
    }

    private static bool IsSeekable(SafeFileHandle handle)
    {
        try
        {
#pragma warning disable RS0030 // It asks, and reads nothing.
            RandomAccess.GetLength(handle);
#pragma warning restore RS0030
            return true;
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }

    private static DiskException Unfit(string path) =>
        new(DiskFault.Unfit, $"{path} is no regular file but a pipe or a socket, and a store has a file there. Move it away.");

    private static DiskException Fault(string path, int error) => error switch
    {
        Missing => new(DiskFault.Missing, $"There is no {path}."),
        Native.Denied or NotPermitted => new(DiskFault.Denied, $"There is no permission for {path}."),
        IsFolder => new(DiskFault.Unfit, $"{path} is a folder, and a store has a file there. Move it away."),
        Native.NoSpace or Native.QuotaExceeded => new(DiskFault.Full, $"{path} cannot be made: {Marshal.GetPInvokeErrorMessage(error)}."),
        NoDevice => Unfit(path),
        _ when error == Loop => new(
            DiskFault.Unfit,
            $"{path} is a symbolic link, and a store writes only into files of its own. " +
            (Path.GetFileName(path) == StoreFolder.Lock ? "Remove the link." : "Put the file itself there.")),
        _ => new(DiskFault.Failed, $"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}."),
    };
}
