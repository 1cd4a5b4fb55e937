using System.Text;
using Clew.Cli.Output;
using Clew.Events;
using Spectre.Console;
using static System.FormattableString;

namespace Clew.Cli.Commands;

/// <summary>Shows events one after the other: a line of JSON each, or two lines for people.</summary>
internal sealed class EventPrinter
{
    // Who wants all of a large payload asks for JSON.
    private const int DataCharactersMax = 400;

    private readonly Screen screen;
    private readonly bool colours;

    public EventPrinter(Screen screen)
    {
        this.screen = screen;
        colours = screen.People.Profile.Out.IsTerminal;

        // The terminal breaks lines, so that what is copied from it is still in one piece.
        screen.People.Profile.Width = Screen.WidthUnbounded;
    }

    public void Print(RecordedEvent recorded)
    {
        if (screen.IsJson)
        {
            screen.Json(json => EventJson.Write(json, recorded));
            return;
        }

        var time = IsoTime.Text(recorded.RecordedAt);
        var subject = Printable.Text($"{recorded.Stream} v{recorded.Version}");
        var type = Printable.Text(recorded.Type.Value);
        var rest = Rest(recorded);
        if (colours)
        {
            screen.People.MarkupLine(
                $"[grey]#{recorded.Position}  {time}[/]  {Markup.Escape(subject)}"
                + $"  [bold]{Markup.Escape(type)}[/]  [grey]{Markup.Escape(rest)}[/]");
            screen.People.WriteLine("    " + Data(recorded));
        }
        else
        {
            screen.Line($"#{recorded.Position}  {time}  {subject}  {type}  {rest}".TrimEnd());
            screen.Line("    " + Data(recorded));
        }
    }

    private static string Rest(RecordedEvent recorded)
    {
        var tags = string.Join("  ", recorded.Tags.Select(tag => Printable.Text(tag.Text)));
        return recorded.OccurredAt == recorded.RecordedAt
            ? tags
            : $"occurred {IsoTime.Text(recorded.OccurredAt)}  {tags}".TrimEnd();
    }

    private static string Data(RecordedEvent recorded)
    {
        if (recorded.IsErased)
            return "(erased)";
        if (recorded.Data.IsEmpty)
            return "(no data)";
        if (EventJson.IsJson(recorded.ContentType) && EventJson.TryCompact(recorded.Data, out var compact))
            return Printable.Text(Encoding.UTF8.GetString(compact.Span), DataCharactersMax);

        return Invariant($"({recorded.Data.Length:N0} bytes of {Printable.Text(recorded.ContentType)})");
    }
}
