namespace Clew.Sweep.Simulation.Machine;

/// <summary>The wall clock of the machine, which can be set wrong; the monotonic clock cannot.</summary>
internal sealed class WallClock
{
    private static readonly DateTimeOffset Origin = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>By how much it is wrong.</summary>
    public TimeSpan Offset { get; set; }

    public DateTimeOffset At(long now) => Origin + TimeSpan.FromMicroseconds(now) + Offset;
}

/// <summary>Virtual time, as one process sees it. Its timers die with it.</summary>
internal sealed class SimulatedTime(SimulatedProcess process, WallClock clock) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => clock.At(process.Scheduler.Now);

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => process.Scheduler.Now;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimulatedTimer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private int setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            setting++;
            if (dueTime != Timeout.InfiniteTimeSpan)
                Arm(dueTime, period, setting);
            return true;
        }

        public void Dispose() => setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan due, TimeSpan period, int armed) =>
            process.Scheduler.After((long)Math.Ceiling(due.TotalMicroseconds), process, () =>
            {
                if (armed != setting)
                    return;
                if (period > TimeSpan.Zero)
                    Arm(period, period, armed);
                callback(state);
            });
    }
}
