using System.Text.RegularExpressions;

namespace Clew.Tests.House;

public sealed partial class SourceTextTests
{
    [Fact]
    public void Documentation_has_no_empty_tags() =>
        Assert.Empty(Repository.Files("src", "*.cs").SelectMany(file => Repository.Matches(file, EmptyTag())));

    [Fact]
    public void Nothing_is_left_to_be_done_and_nothing_sleeps() =>
        Assert.Empty(new[] { "src", "tests", "bench" }
            .SelectMany(folder => Repository.Files(folder, "*.cs"))
            .SelectMany(file => Repository.Matches(file, Unfinished())));

    [Theory]
    [InlineData("/// <summary></summary>")]
    [InlineData("/// <summary>\n/// </summary>")]
    [InlineData("/// <param name=\"x\"> </param>")]
    [InlineData("/// <returns/>")]
    public void An_empty_tag_is_found(string documentation) => Assert.Matches(EmptyTag(), documentation);

    [Theory]
    [InlineData("/// <summary>What it is.</summary>")]
    [InlineData("/// <inheritdoc/>")]
    public void A_tag_that_says_something_is_not_empty(string documentation) => Assert.DoesNotMatch(EmptyTag(), documentation);

    [GeneratedRegex(
        """<(summary|remarks|param|typeparam|returns|value|exception|example|para)\b[^<>]*(/>|>(\s|///)*</\1>)""")]
    private static partial Regex EmptyTag();

    // Written so that this file does not name them.
    [GeneratedRegex("""\b(TO[D]O|FIX[M]E|NotImplemented[E]xception|Thread\.[S]leep)\b""")]
    private static partial Regex Unfinished();
}
