using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Clew.Bench.Peers;

/// <summary>What the device can do at best: one record of the workload's size written and flushed, again and again, and nothing else.</summary>
internal sealed partial class FdatasyncProbe : IDisposable
{
    private const int FileBytes = 64 * 1024 * 1024;
    private const int RecordBytes = 448;

    private readonly SafeFileHandle file;
    private readonly byte[] record = new byte[RecordBytes];
    private long offset;

    public FdatasyncProbe(string folder)
    {
        var path = Path.Combine(folder, "probe");
        File.WriteAllBytes(path, new byte[FileBytes]);
        file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
        Random.Shared.NextBytes(record);
    }

    public void Write()
    {
        if (offset + RecordBytes > FileBytes)
            offset = 0;
        if (PositionedWrite(file, record, RecordBytes, offset) != RecordBytes || Flush(file) != 0)
            throw new Win32Exception();

        offset += RecordBytes;
    }

    public void Dispose() => file.Dispose();

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint PositionedWrite(SafeFileHandle file, byte[] bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Flush(SafeFileHandle file);
}
