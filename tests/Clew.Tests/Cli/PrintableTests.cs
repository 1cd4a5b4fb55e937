using Clew.Cli.Output;
using CsCheck;

namespace Clew.Tests.Cli;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain text, größer 漢字 😀", "plain text, größer 漢字 😀")]
    [InlineData("a\u001b[31mb", @"a\u001b[31mb")]
    [InlineData("a\nb\tc\rd", @"a\u000ab\u0009c\u000dd")]
    [InlineData("\u009b2J", @"\u009b2J")]
    [InlineData("\u202eevil\u2066", @"\u202eevil\u2066")]
    [InlineData("line\u2028next", @"line\u2028next")]
    public void What_could_drive_a_terminal_is_shown_as_an_escape(string text, string shown) =>
        Assert.Equal(shown, Printable.Text(text));

    [Fact]
    public void Half_of_a_surrogate_pair_is_shown_as_an_escape() =>
        Assert.Equal(@"a\ud83d-\ude00", Printable.Text("a" + (char)0xd83d + "-" + (char)0xde00));

    [Fact]
    public void No_text_leaves_a_control_character_behind() =>
        Gen.Char.Array.Select(letters => new string(letters))
            .Sample(text => !Printable.Text(text).Any(char.IsControl));

    [Fact]
    public void What_is_too_long_loses_its_middle_and_no_half_of_a_pair_is_left()
    {
        Assert.Equal("abcdef", Printable.Middle("abcdef", 6));
        Assert.Equal("ab…gh", Printable.Middle("abcdefgh", 4));
        Assert.Equal("a…h", Printable.Middle("a😀cdef😀h", 4));
    }

    [Fact]
    public void Cutting_does_not_split_a_pair() =>
        Assert.Equal("ab…", Printable.Text("ab😀c", 3));
}
