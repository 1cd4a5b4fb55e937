using Clew.Events;
using CsCheck;

namespace Clew.Tests.Events;

public sealed class UnixMicrosecondsTests
{
    private const long First = -62_135_596_800_000_000;
    private const long Last = 253_402_300_799_999_999;

    [Fact]
    public void Every_microsecond_of_the_years_1_to_9999_comes_back() => EventGen.Microseconds.Sample(microseconds =>
        UnixMicroseconds.IsTime(microseconds) && UnixMicroseconds.From(UnixMicroseconds.ToTime(microseconds)) == microseconds);

    [Fact]
    public void The_first_and_the_last_are_those_of_the_calendar()
    {
        Assert.Equal(First, UnixMicroseconds.From(DateTimeOffset.MinValue));
        Assert.Equal(Last, UnixMicroseconds.From(DateTimeOffset.MaxValue));
        Assert.Equal(0, UnixMicroseconds.From(DateTimeOffset.UnixEpoch));
        Assert.Equal(
            (true, true, false, false),
            (UnixMicroseconds.IsTime(First), UnixMicroseconds.IsTime(Last), UnixMicroseconds.IsTime(First - 1), UnixMicroseconds.IsTime(Last + 1)));
        Assert.False(UnixMicroseconds.IsTime(long.MinValue) || UnixMicroseconds.IsTime(long.MaxValue));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(9, 0)]
    [InlineData(10, 1)]
    [InlineData(19, 1)]
    [InlineData(-1, -1)]
    [InlineData(-10, -1)]
    [InlineData(-11, -2)]
    public void What_is_finer_than_a_microsecond_is_cut_off_before_1970_too(long ticks, long microseconds) =>
        Assert.Equal(microseconds, UnixMicroseconds.From(DateTimeOffset.UnixEpoch.AddTicks(ticks)));

    [Fact]
    public void The_offset_of_a_time_makes_no_difference() => Assert.Equal(
        UnixMicroseconds.From(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero)), UnixMicroseconds.From(new(2026, 3, 1, 23, 0, 0, TimeSpan.FromHours(11))));
}
