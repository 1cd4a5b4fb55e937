using Clew.Events;
using CsCheck;

namespace Clew.Tests.Events;

public sealed class PositionTests
{
    [Fact]
    public void Positions_and_versions_are_ordered_as_their_numbers() => Gen.Select(Gen.Long[0, 5], Gen.Long[0, 5]).Sample((left, right) =>
    {
        var (position, other) = (new GlobalPosition(left), new GlobalPosition(right));
        var (version, another) = (new StreamVersion(left), new StreamVersion(right));

        Assert.Equal([left < right, left > right], [position < other, position > other]);
        Assert.Equal([left <= right, left >= right, left == right], [position <= other, position >= other, position == other]);
        Assert.Equal([left < right, left > right], [version < another, version > another]);
        Assert.Equal([left <= right, left >= right, left == right], [version <= another, version >= another, version == another]);
        Assert.Equal((left.CompareTo(right), left.CompareTo(right)), (position.CompareTo(other), version.CompareTo(another)));
    });

    [Fact]
    public void The_default_is_before_the_first()
    {
        Assert.Equal((default, 0), (GlobalPosition.Start, GlobalPosition.Start.Value));
        Assert.Equal((default, 0), (StreamVersion.None, StreamVersion.None.Value));
    }

    [Fact]
    public void A_number_is_shown_the_same_everywhere() =>
        Assert.Equal(("1234567", "1234567"), ($"{new GlobalPosition(1_234_567)}", $"{new StreamVersion(1_234_567)}"));
}
