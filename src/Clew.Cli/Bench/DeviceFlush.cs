using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Clew.Cli.Bench;

/// <summary>How often the device can flush one small write: the limit of everything that is durable one by one.</summary>
internal sealed partial class DeviceFlush : IDisposable
{
    private const int FileBytes = 4 * 1024 * 1024;
    private const int WriteBytes = 4096;

    private readonly SafeFileHandle file;
    private readonly byte[] block = new byte[WriteBytes];
    private long offset;

    public DeviceFlush(string path)
    {
        file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        Array.Fill(block, (byte)1);

        // Space that was never written costs a flush of the file's size and extents too, which is not what is measured.
        RandomAccess.Write(file, new byte[FileBytes], 0);
        RandomAccess.FlushToDisk(file);
    }

    public void WriteAndFlush()
    {
        if (OperatingSystem.IsLinux())
        {
            if (PWrite(file, block, WriteBytes, offset) != WriteBytes || FDataSync(file) != 0)
                throw new IOException($"Writing or flushing failed with error {Marshal.GetLastPInvokeError()}.");
        }
        else
        {
            RandomAccess.Write(file, block, offset);
            RandomAccess.FlushToDisk(file);
        }

        offset = (offset + WriteBytes) % FileBytes;
    }

    public void Dispose() => file.Dispose();

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint PWrite(SafeFileHandle file, ReadOnlySpan<byte> bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FDataSync(SafeFileHandle file);
}
