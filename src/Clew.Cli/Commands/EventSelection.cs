using System.CommandLine;
using Clew.Events;
using Clew.Store;

namespace Clew.Cli.Commands;

/// <summary>The options that say which events are meant.</summary>
internal sealed class EventSelection
{
    private readonly Option<string?> stream = new("--stream") { Description = "Only this stream.", HelpName = "S" };

    private readonly Option<string[]> types = new("--type")
    {
        Description = "Only events of this type; give it again for one type or another.",
        HelpName = "T",
    };

    private readonly Option<string[]> tags = new("--tag")
    {
        Description = "Only events with this tag; give it again for events that carry both.",
        HelpName = "K:V",
    };

    private readonly Option<long?> limit = OptionOf.Number("--limit", 1, "N", "At most so many events.");

    private readonly Option<string?> occurredBefore = new("--occurred-before")
    {
        Description = "Only what happened before this time in the world, whenever it was recorded.",
        HelpName = "TIME",
    };

    public void AddTo(Command command)
    {
        command.Add(stream);
        command.Add(types);
        command.Add(tags);
        command.Add(limit);
        command.Add(occurredBefore);
    }

    public EventFilter Filter(ParseResult options)
    {
        var someTypes = options.GetValue(types) ?? [];
        var someTags = options.GetValue(tags) ?? [];
        if (options.GetValue(stream) is { } name)
        {
            return someTypes.Length + someTags.Length == 0
                ? new EventFilter.OfStream(name)
                : throw new CommandException(Failure.Usage("Give either --stream or --type and --tag."));
        }

        if (someTypes.Length + someTags.Length == 0)
            return EventFilter.All;

        return new EventFilter.Matching(Query.Of(new QueryItem
        {
            Types = [.. someTypes.Select(type => new EventType(type))],
            Tags = [.. someTags.Select(tag => new Tag(tag))],
        }));
    }

    public long? Limit(ParseResult options) => options.GetValue(limit);

    public DateTimeOffset? OccurredBefore(ParseResult options) =>
        options.GetValue(occurredBefore) is { } text ? IsoTime.Parse(text, "--occurred-before") : null;
}
