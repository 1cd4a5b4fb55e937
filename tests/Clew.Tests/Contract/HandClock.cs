namespace Clew.Tests.Contract;

/// <summary>A clock that moves by hand; its wall can be set apart from its monotonic part, as wrong clocks are.</summary>
internal sealed class HandClock : TimeProvider
{
    private DateTimeOffset wall = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private long stamp;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => wall;

    public override long GetTimestamp() => stamp;

    public void Pass(TimeSpan time)
    {
        wall += time;
        stamp += time.Ticks;
    }

    public void Jump(TimeSpan by) => wall += by;
}
