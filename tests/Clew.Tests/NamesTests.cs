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

    [Fact]
    public void A_name_of_10_MB_is_refused_in_few_words() =>
        Assert.InRange(Assert.Throws<ArgumentException>(() => new Tag("k:" + new string('a', 10_000_000))).Message.Length, 1, 200);

    [Fact]
    public void What_is_said_about_a_name_drives_no_terminal() =>
        Assert.DoesNotContain(Assert.Throws<ArgumentException>(() => new EventType("\u001b[2J")).Message, char.IsControl);
}
