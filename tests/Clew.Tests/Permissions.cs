using System.Runtime.InteropServices;

namespace Clew.Tests;

/// <summary>Takes all permissions on a folder away from this process, which may be that of root, whom permissions do not bind.</summary>
internal static partial class Permissions
{
    private const uint Root = 0;
    private const uint Nobody = 65_534;

    /// <summary>Makes a folder, and runs something on it as a user who may not even look into it.</summary>
    /// <param name="folder">A folder, made and filled with its permissions.</param>
    /// <param name="make">Makes it.</param>
    /// <param name="run">Runs without permission, on one thread: on Linux a thread may be another user to the file system.</param>
    public static void WithoutAny(string folder, Func<string, Task> make, Func<string, Task> run)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows knows no such permissions.");
            return;
        }

        make(folder).GetAwaiter().GetResult();
        var before = Files(folder);
        var mode = File.GetUnixFileMode(folder);
        File.SetUnixFileMode(folder, UnixFileMode.None);
        try
        {
            RunOnThread(() => run(folder).GetAwaiter().GetResult());
        }
        finally
        {
            File.SetUnixFileMode(folder, mode);
        }

        Assert.Equal(before, Files(folder));
    }

    private static void RunOnThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            var isRoot = SetFileSystemUser(Nobody) == Root;
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
            finally
            {
                if (isRoot)
                    _ = SetFileSystemUser(Root);
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static IEnumerable<(string Path, string Bytes)> Files(string folder) => [.. Directory.EnumerateFiles(folder)
        .Order(StringComparer.Ordinal)
        .Select(path => (path, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))))];

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetFileSystemUser(uint user);
}
