using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Clew.Sweep.Commands;

/// <summary>A real file system of a few MiB, made for this process and gone with it, and a filler that takes its space.</summary>
internal sealed class SmallDisk : IDisposable
{
    // Where nothing may be mounted, as in most containers, this one is small.
    private const string SharedMemory = "/dev/shm";
    private const long SharedMemoryBytesMax = 128 * 1024 * 1024;

    private const int FillBytes = 1024;

    private static readonly byte[] Filling = [.. Enumerable.Repeat((byte)0xF1, 64 * FillBytes)];

    private readonly DirectoryInfo place;

    private SmallDisk(string kind, int bytes)
    {
        Kind = kind;
        place = kind == SharedMemory
            ? Directory.CreateDirectory(Path.Combine(SharedMemory, $"clew-small-disk-{Guid.NewGuid():n}"))
            : Directory.CreateTempSubdirectory("clew-small-disk-");
        try
        {
            Mount(bytes);
        }
        catch
        {
            place.Delete(recursive: true);
            throw;
        }
    }

    public string Kind { get; }

    /// <summary>Where the store goes.</summary>
    public string Store => Path.Combine(Root, "store");

    private string Root => Path.Combine(place.FullName, "mounted");

    private string Filler => Path.Combine(Root, "filler");

    /// <summary>Those that can be had here: a file system in memory, and one on a device that is a file.</summary>
    public static IReadOnlyList<string> Kinds { get; } = FindKinds();

    public static SmallDisk Make(string kind, int bytes) => new(kind, bytes);

    /// <returns>Why none can be made here; none where one can.</returns>
    public static string? WhyNot() => Kinds.Count > 0 ? null : WhyNot("tmpfs");

    /// <summary>Removes all that lies on it.</summary>
    public void Clear()
    {
        if (Directory.Exists(Store))
            Directory.Delete(Store, recursive: true);
        File.Delete(Filler);
    }

    /// <summary>Takes all of the space but so many KiB.</summary>
    public void FillUpTo(int freeKiB)
    {
        using var filler = new FileStream(Filler, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        filler.Seek(0, SeekOrigin.End);
        for (var size = Filling.Length; size >= FillBytes; size /= 4)
        {
            while (TryWrite(filler, size))
            {
            }

            // What was set aside for the writes and not needed is free again.
            filler.Flush(flushToDisk: true);
        }

        filler.SetLength(Math.Max(0, filler.Length - (freeKiB * 1024L)));
        filler.Flush(flushToDisk: true);
    }

    /// <summary>Gives the space back.</summary>
    public void MakeSpace() => File.Delete(Filler);

    public void Dispose()
    {
        if (Kind != SharedMemory)
            Run("umount", "--lazy", Root);
        place.Delete(recursive: true);
    }

    private static List<string> FindKinds()
    {
        var mounted = new[] { "tmpfs", "ext4" }.Where(kind => WhyNot(kind) is null).ToList();
        if (mounted.Count > 0 || !Directory.Exists(SharedMemory))
            return mounted;

        return new DriveInfo(SharedMemory).TotalSize <= SharedMemoryBytesMax ? [SharedMemory] : [];
    }

    private static string? WhyNot(string kind)
    {
        try
        {
            Make(kind, 4 * 1024 * 1024).Dispose();
            return null;
        }
        catch (Exception fault) when (fault is IOException or Win32Exception)
        {
            return $"no small file system can be mounted here, which takes root: {fault.Message}";
        }
    }

    private static bool TryWrite(FileStream filler, int bytes)
    {
        var length = filler.Length;
        try
        {
            filler.Write(Filling.AsSpan(0, bytes));
            return true;
        }
        catch (IOException)
        {
            // What fitted of it stays.
            filler.Seek(0, SeekOrigin.End);
            return filler.Length > length;
        }
    }

    private void Mount(int bytes)
    {
        Directory.CreateDirectory(Root);
        if (Kind == SharedMemory)
            return;

        var size = bytes.ToString(CultureInfo.InvariantCulture);
        if (Kind == "tmpfs")
        {
            Run("mount", "-t", "tmpfs", "-o", "size=" + size, "clew", Root);
            return;
        }

        var image = Path.Combine(place.FullName, "image");
        using (var file = File.Create(image))
            file.SetLength(bytes);
        Run("mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0", image);
        Run("mount", "-o", "loop", image, Root);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _ = output.Result;
        if (process.ExitCode != 0)
            throw new IOException(errors.Split('\n')[0]);
    }
}
