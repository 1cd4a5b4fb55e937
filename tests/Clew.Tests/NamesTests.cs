using Clew.Events;

namespace Clew.Tests;

public sealed class NamesTests
{
    [Fact]
    public void A_name_of_513_bytes_is_refused_and_one_of_512_is_taken()
    {
        Assert.Equal(512, new StreamName(new string('a', 512)).Value.Length);
        Assert.Throws<ArgumentException>(() => new StreamName(new string('a', 513)));
    }
}
