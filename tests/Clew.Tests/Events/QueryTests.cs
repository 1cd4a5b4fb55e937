using Clew.Events;

namespace Clew.Tests.Events;

public sealed class QueryTests
{
    private static readonly EventType[] ManyTypes = [.. Enumerable.Range(0, QueryItem.NamesMax + 1).Select(number => new EventType($"{number}"))];
    private static readonly Tag[] ManyTags = [.. Enumerable.Range(0, QueryItem.NamesMax + 1).Select(number => new Tag($"k:{number}"))];

    public static TheoryData<string, Func<Query>> Refused => new()
    {
        { "1 to 256 items", () => Query.Of() },
        { "1 to 256 items", () => Query.Of(Enumerable.Repeat(new QueryItem { Types = ["a"] }, Query.ItemsMax + 1).ToArray()) },
        { "at least one type or tag", () => Query.Of(new QueryItem()) },
        { "at least one type or tag", () => Query.Types() },
        { "at least one type or tag", () => Query.Tags() },
        { "at most 256", () => Query.Types(ManyTypes) },
        { "at most 256", () => Query.Tags(ManyTags) },
        { "an empty type or tag", () => Query.Types("a", default) },
        { "an empty type or tag", () => Query.Tags("a:b", default) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_query_that_says_nothing_or_too_much_is_refused_and_told_why(string why, Func<Query> query) =>
        Assert.Contains(why, Assert.Throws<ArgumentException>(query).Message, StringComparison.Ordinal);

    [Fact]
    public void A_query_may_say_as_much_as_the_limits_allow()
    {
        var item = new QueryItem { Types = ManyTypes[1..], Tags = ManyTags[1..] };

        Assert.Equal(Query.ItemsMax, Query.Of(Enumerable.Repeat(item, Query.ItemsMax).ToArray()).Items.Count);
    }

    [Fact]
    public void Nothing_in_place_of_items_types_or_tags_is_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => Query.Of(null!));
        Assert.ThrowsAny<ArgumentException>(() => Query.Of([null!]));
        Assert.ThrowsAny<ArgumentException>(() => Query.Types(null!));
        Assert.ThrowsAny<ArgumentException>(() => Query.Tags(null!));
    }

    [Fact]
    public void Queries_that_say_the_same_are_equal()
    {
        Assert.Equal(Query.Of(new QueryItem { Types = ["a"], Tags = ["k:1"] }), Query.Of(new QueryItem { Types = ["a"], Tags = ["k:1"] }));
        Assert.Equal(Query.Types("a", "b").GetHashCode(), Query.Types("a", "b").GetHashCode());
        Assert.NotEqual(Query.Types("a"), Query.Types("b"));
        Assert.NotEqual(Query.Types("a"), Query.All);
        Assert.NotEqual(Query.Tags("k:1"), Query.Tags("k:1", "k:2"));
    }

    [Fact]
    public void A_query_shows_what_it_means()
    {
        Assert.Equal("all events", Query.All.ToString());
        Assert.Equal(
            "(a | b) or [k:1 & k:2] or (a)[k:1]",
            Query.Of(
                new QueryItem { Types = ["a", "b"] },
                new QueryItem { Tags = ["k:1", "k:2"] },
                new QueryItem { Types = ["a"], Tags = ["k:1"] }).ToString());
    }

    [Fact]
    public void A_query_stays_as_it_was_when_the_list_it_was_made_of_changes()
    {
        EventType[] types = ["a"];
        var query = Query.Types(types);

        types[0] = default;

        Assert.Equal(Query.Types("a"), query);
    }
}
