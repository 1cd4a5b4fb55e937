using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Directed;

/// <summary>What must come of opening and reading a store; anything else is a violation.</summary>
internal static class Expect
{
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
            throw new Violation(otherwise);
    }

    public static void Same<T>(T expected, T found, string what) =>
        That(EqualityComparer<T>.Default.Equals(expected, found), $"{what} is {found}, not {expected}");

    /// <summary>The store opens with so many events, reads as them in every way, and says of itself that it is sound.</summary>
    public static void Opens(MemoryDisk disk, long events)
    {
        Same(events, Laboratory.With(disk, Laboratory.ReadEverythingAsync), "the number of events");
        IsSound(disk);
    }

    /// <summary>The log is damaged, the store says where, does not open for writing, and leaves the log as it is.</summary>
    public static void Refuses(MemoryDisk disk, long position)
    {
        var before = disk.Copy();
        var refused = Throws<StoreCorruptedException>(() => Laboratory.With(disk, Laboratory.ReadEverythingAsync));
        Same(position, refused.Damage.Position?.Value, "the position of the damage");
        foreach (var name in before.Names.Where(name => !name.EndsWith(".idx", StringComparison.Ordinal)))
            That(disk[name].AsSpan().SequenceEqual(before[name]), $"{name} was changed");
    }

    public static TException Throws<TException>(Action act)
        where TException : Exception
    {
        try
        {
            act();
        }
        catch (TException expected)
        {
            return expected;
        }

        throw new Violation($"there was no {typeof(TException).Name}");
    }

    public static async Task ThrowsAsync<TException>(Func<Task> act)
        where TException : Exception
    {
        try
        {
            await act();
        }
        catch (TException)
        {
            return;
        }

        throw new Violation($"there was no {typeof(TException).Name}");
    }

    public static void IsSound(MemoryDisk disk)
    {
        var report = Verified(disk);
        That(
            report.IsSound && report.Notes.Count == 0,
            $"verifying finds {report.FirstDamage}, {string.Join(", ", report.IndexDamage)}, {string.Join(", ", report.Notes)}");
    }

    public static VerifyReport Verified(MemoryDisk disk) => SegmentStoreVerification.RunAsync(disk).AsTask().GetAwaiter().GetResult();
}
