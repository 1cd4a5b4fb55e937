using System.Text;
using Clew.Events;

namespace Clew.Tests.Events;

public sealed class NamesTests
{
    // Each is one or more letters of another width in UTF-8.
    public static TheoryData<string> Taken =>
    [
        "a", "order-7", " ", "spaces are fine", "é", "東京", "😀", "a/b.c_d~", "$kept-for-clew", "trailing ", "\u00A0", "\u2028", "\uFFFD", "\U0010FFFF",
        new string('a', 512), new string('é', 256), new string('東', 170) + "ab", string.Concat(Enumerable.Repeat("😀", 128)),
    ];

    public static TheoryData<string, string> Refused => new()
    {
        { "", "it is empty" },
        { new string('a', 513), "513 characters" },
        { new string('é', 256) + "a", "513 bytes" },
        { new string('東', 171), "513 bytes" },
        { string.Concat(Enumerable.Repeat("😀", 128)) + "a", "513 bytes" },
        { new string('a', 10_000_000), "10,000,000 characters" },
        { "a\0b", "U+0000" },
        { "line\nbreak", "U+000A" },
        { "\u001B[31m", "U+001B" },
        { "\u007F", "U+007F" },
        { "\u0085", "U+0085" },
        { "e\u0301", "string.Normalize" },
        { "\u212B", "string.Normalize" },
        { "\uD800", "surrogate" },
        { "\uDC00", "surrogate" },
        { "a\uD83D", "surrogate" },
        { "\uD83Da", "surrogate" },
        { "\uDE00\uD83D", "surrogate" },
    };

    [Theory]
    [MemberData(nameof(Taken))]
    public void A_name_that_follows_the_rule_is_taken_as_it_is(string name)
    {
        Assert.Equal(name, new StreamName(name).Value);
        Assert.Equal(name, new EventType(name).Value);
        Assert.Equal(name, new StreamName(name).ToString());
        Assert.Equal(name, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_name_that_breaks_the_rule_is_refused_and_told_why_in_few_words(string name, string why)
    {
        Assert.All(
            [
                Assert.Throws<ArgumentException>(() => new StreamName(name)),
                Assert.Throws<ArgumentException>(() => new EventType(name)),
                Assert.Throws<ArgumentException>(() => (StreamName)name),
                Assert.Throws<ArgumentException>(() => (EventType)name),
            ],
            refused =>
            {
                Assert.Contains(why, refused.Message, StringComparison.Ordinal);
                Assert.InRange(refused.Message.Length, 20, 250);
                Assert.DoesNotContain(refused.Message, letter => char.IsControl(letter));
            });
    }

    [Fact]
    public void No_name_at_all_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new StreamName(null!));
        Assert.Throws<ArgumentNullException>(() => new EventType(null!));
        Assert.Throws<ArgumentNullException>(() => new Tag(null!));
    }

    [Fact]
    public void Names_are_compared_letter_by_letter()
    {
        Assert.NotEqual<StreamName>("Order", "order");
        Assert.NotEqual<StreamName>("strasse", "straße");
        Assert.Equal<StreamName>("ord" + "er", "order");
    }

    [Fact]
    public void The_default_of_a_name_is_the_empty_name()
    {
        Assert.Equal("", default(StreamName).Value);
        Assert.Equal("", default(EventType).Value);
        Assert.Equal(("", "", ""), (default(Tag).Text, default(Tag).Key, default(Tag).Value));
    }
}
