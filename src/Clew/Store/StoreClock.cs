using Clew.Events;

namespace Clew.Store;

/// <summary>How far a store lets its clock jump before it refuses to append, so that one wrong clock cannot stick in a log for ever.</summary>
public sealed record ClockBounds
{
    /// <summary>Most that the clock may move against the monotonic clock between two appends, and lie behind the log's last event. Default: a day.</summary>
    public TimeSpan JumpMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Most that the clock may be ahead of the log's last event when the log is opened. Default: 400 days.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromDays(400);

    /// <summary>The clock as it is now is right, whatever the log says. Default: false.</summary>
    public bool Confirmed { get; init; }
}

/// <summary>Gives each batch its recorded time: never earlier than the one before, and never from a clock that was seen to jump.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class StoreClock
{
    private readonly TimeProvider time;
    private readonly ClockBounds bounds;
    private (long Wall, long Stamp) accepted;
    private bool isFirst = true;

    /// <param name="time">The clock.</param>
    /// <param name="bounds">How far it may jump.</param>
    /// <param name="last">The recorded time of the log's last event, in microseconds; none in an empty log.</param>
    public StoreClock(TimeProvider time, ClockBounds bounds, long? last)
    {
        this.time = time;
        this.bounds = bounds;
        Last = last;
        accepted = Look();
    }

    /// <summary>The latest recorded time, in microseconds; none in an empty log.</summary>
    public long? Last { get; private set; }

    /// <returns>Microseconds since 1970.</returns>
    /// <exception cref="ClockRefusedException">The clock jumped; it may be right again the next time.</exception>
    public long Next()
    {
        var now = Look();
        if (!bounds.Confirmed && Refusal(now) is { } refusal)
            throw new ClockRefusedException(refusal + " Set the clock right; or, if it is, open the store again with ClockBounds.Confirmed (clew: --confirm-clock).");

        isFirst = false;
        accepted = now;
        Last = Math.Max(Last ?? now.Wall, now.Wall);
        return Last.Value;
    }

    private (long Wall, long Stamp) Look() => (UnixMicroseconds.From(time.GetUtcNow()), time.GetTimestamp());

    private string? Refusal((long Wall, long Stamp) now)
    {
        var jump = Span(now.Wall - accepted.Wall) - time.GetElapsedTime(accepted.Stamp, now.Stamp);
        if (jump.Duration() > bounds.JumpMax)
            return $"The clock jumped by {jump} to {Shown(now.Wall)}, more than {bounds.JumpMax}.";
        if (!isFirst || Last is not { } last)
            return null;
        if (Span(last - now.Wall) > bounds.JumpMax)
            return $"The clock says {Shown(now.Wall)}, but the log's last event was recorded at {Shown(last)}.";
        if (Span(now.Wall - last) > bounds.IdleMax)
            return $"The clock says {Shown(now.Wall)}, and the log's last event is from {Shown(last)}, more than {bounds.IdleMax.TotalDays:0} days ago.";

        return null;
    }

    private static TimeSpan Span(long microseconds) => TimeSpan.FromMicroseconds(microseconds);

    private static string Shown(long microseconds) => UnixMicroseconds.ToTime(microseconds).ToString("u");
}
