using Clew.Events;

namespace Clew.Tests.Events;

public sealed class TagTests
{
    [Theory]
    [InlineData("customer:42", "customer", "42")]
    [InlineData("url:https://x.example:80/", "url", "https://x.example:80/")]
    [InlineData("a::", "a", ":")]
    [InlineData("$command:7", "$command", "7")]
    [InlineData(" : ", " ", " ")]
    [InlineData("東:京", "東", "京")]
    public void A_tag_is_split_at_its_first_colon(string text, string key, string value)
    {
        Tag tag = text;

        Assert.Equal((text, key, value), (tag.Text, tag.Key, tag.Value));
        Assert.Equal(tag, new Tag(key, value));
        Assert.Equal(text, tag.ToString());
    }

    [Theory]
    [InlineData("customer", "key:value")]
    [InlineData(":", "key:value")]
    [InlineData(":42", "key:value")]
    [InlineData("customer:", "key:value")]
    [InlineData("", "it is empty")]
    [InlineData("a:\n", "U+000A")]
    [InlineData("a:e\u0301", "string.Normalize")]
    public void A_text_that_is_no_tag_is_refused_and_told_why(string text, string why) =>
        Assert.Contains(why, Assert.Throws<ArgumentException>(() => new Tag(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_tag_of_512_bytes_is_taken_and_one_more_is_refused()
    {
        Assert.Equal(510, new Tag("k:" + new string('v', 510)).Value.Length);
        Assert.Throws<ArgumentException>(() => new Tag("k:" + new string('v', 511)));
        Assert.Throws<ArgumentException>(() => new Tag("k", new string('v', 511)));
    }

    [Theory]
    [InlineData("a:b", "c")]
    [InlineData("", "c")]
    [InlineData("a", "")]
    [InlineData(null, "c")]
    [InlineData("a", null)]
    public void Halves_that_make_no_tag_are_refused(string? key, string? value) =>
        Assert.ThrowsAny<ArgumentException>(() => new Tag(key!, value!));

    [Fact]
    public void A_long_text_that_is_no_tag_is_shown_shortened() =>
        Assert.InRange(Assert.Throws<ArgumentException>(() => new Tag(new string('x', Names.BytesMax))).Message.Length, 20, 250);

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused() =>
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => new Tag("a:\uD800")).Message, StringComparison.Ordinal);
}
