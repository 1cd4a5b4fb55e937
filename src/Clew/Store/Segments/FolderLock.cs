using System.Globalization;

namespace Clew.Store.Segments;

/// <summary>The right to be the one writer of a folder.</summary>
internal static class FolderLock
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes it, at once or within a time.</summary>
    /// <exception cref="StoreInUseException">Another has it.</exception>
    public static ValueTask<IDisposable> TakeAsync(Surroundings surroundings, TimeSpan wait, CancellationToken cancellation) =>
        TakeAsync(
            surroundings,
            StoreFolder.Lock,
            wait,
            holder => $"The store in {surroundings.Disk.Name} is open for writing {holder}. " +
                "A store has one writer: close that one, or wait for it (SegmentStoreOptions.LockWait). Reading works meanwhile (SegmentEventReader; clew read).",
            cancellation);

    /// <summary>Takes the lock of a file, at once or within a time.</summary>
    /// <param name="surroundings">Disk and time.</param>
    /// <param name="name">The file.</param>
    /// <param name="wait">How long to try.</param>
    /// <param name="refusal">What to tell, of who has it: "in process 12 on host".</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StoreInUseException">Another has it.</exception>
    public static async ValueTask<IDisposable> TakeAsync(
        Surroundings surroundings, string name, TimeSpan wait, Func<string, string> refusal, CancellationToken cancellation)
    {
        var started = surroundings.Time.GetTimestamp();
        while (true)
        {
            if (await surroundings.Disk.TryLockAsync(name, Holder()) is { } taken)
                return taken;

            if (surroundings.Time.GetElapsedTime(started) >= wait)
                throw new StoreInUseException(refusal(await HolderAsync(surroundings.Disk, name)));

            await Task.Delay(RetryAfter, surroundings.Time, cancellation);
        }
    }

    /// <summary>
    /// Takes the lock of the file that says which log this is, too: somebody may delete LOCK as a leftover while its holder is at work, and a
    /// new LOCK is free.
    /// </summary>
    /// <exception cref="StoreInUseException">Another has it.</exception>
    public static async ValueTask<IDisposable> TakeIdentityAsync(IDisk disk) =>
        await disk.TryLockAsync(StoreHeader.FileName, holder: null) ?? throw new StoreInUseException(
            $"The store in {disk.Name} is open for writing elsewhere, though its file {StoreFolder.Lock} is free: that file was deleted or replaced meanwhile. " +
            "A store has one writer: close that one. Reading works meanwhile (SegmentEventReader; clew read).");

    private static string Holder() =>
        string.Create(CultureInfo.InvariantCulture, $"in process {Environment.ProcessId} on {Environment.MachineName}");

    private static async ValueTask<string> HolderAsync(IDisk disk, string name)
    {
        using var file = await disk.OpenAsync(name, FileUse.Read);
        var note = new byte[256];
        var read = await file.ReadAsync(note, 0);
        return read == 0 ? "elsewhere" : System.Text.Encoding.UTF8.GetString(note, 0, read);
    }
}
