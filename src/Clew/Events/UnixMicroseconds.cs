namespace Clew.Events;

/// <summary>Times in the log are microseconds since 1970-01-01T00:00:00Z.</summary>
internal static class UnixMicroseconds
{
    /// <summary>What is finer than a microsecond is cut off, before 1970 as after it.</summary>
    public static long From(DateTimeOffset time) =>
        (time.UtcTicks / TimeSpan.TicksPerMicrosecond) - (DateTimeOffset.UnixEpoch.UtcTicks / TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset ToTime(long microseconds) =>
        new(DateTimeOffset.UnixEpoch.UtcTicks + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>Whether <see cref="ToTime"/> can show it: the years 1 to 9999.</summary>
    public static bool IsTime(long microseconds) => microseconds is >= -62_135_596_800_000_000 and < 253_402_300_800_000_000;
}
