using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Clew.Cli.Output;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Spectre.Console;

namespace Clew.Cli.Commands;

/// <summary><c>clew streams</c>: which streams there are, the longest first.</summary>
internal sealed class StreamsCommand : ToolCommand
{
    private const int RowsDefault = 50;

    // Whoever wants all of a long name asks for JSON.
    private const int NameCharactersMax = 60;

    private readonly StorePlace store = new();

    private readonly Option<long?> limit = OptionOf.Number(
        "--limit", 1, "N", $"At most so many streams. Default: {RowsDefault}; with --json, all.");

    public StreamsCommand(Terminal terminal)
        : base(terminal, "streams", "Lists the streams, those with the most events first. Reads the whole log.")
    {
        store.AddTo(this);
        Add(limit);
    }

    public override IReadOnlyList<string> Examples => ["clew streams --store ./orders --limit 20"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var asked = options.GetValue(limit);
        await using var reader = await SegmentEventReader.OpenAsync(store.Folder(options), store.Options(options), cancellation);
        var streams = new Dictionary<string, Extent>();
        await foreach (var recorded in reader.ReadEventsAsync(ReadRequest.All, cancellation))
        {
            ref var extent = ref CollectionsMarshal.GetValueRefOrAddDefault(streams, recorded.Stream.Value, out var known);
            extent = new(extent.Events + 1, known ? extent.First : recorded.Position, recorded.Position, recorded.RecordedAt);
        }

        var rows = streams
            .OrderByDescending(stream => stream.Value.Events)
            .ThenBy(stream => stream.Key, StringComparer.Ordinal)
            .Take((int)Math.Min(int.MaxValue, asked ?? (screen.IsJson ? int.MaxValue : RowsDefault)));
        if (screen.IsJson)
            WriteLines(screen, rows);
        else
            WriteTable(screen, rows, streams.Count);

        return ExitCode.Done;
    }

    private static void WriteLines(Screen screen, IEnumerable<KeyValuePair<string, Extent>> rows)
    {
        foreach (var (name, extent) in rows)
        {
            screen.Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("stream", name);
                json.WriteNumber("events", extent.Events);
                json.WriteNumber("firstPosition", extent.First.Value);
                json.WriteNumber("lastPosition", extent.Last.Value);
                json.WriteString("lastRecordedAt", IsoTime.Text(extent.LastRecordedAt));
                json.WriteEndObject();
            });
        }
    }

    private static void WriteTable(Screen screen, IEnumerable<KeyValuePair<string, Extent>> rows, int count)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("stream");
        table.AddColumn(new TableColumn("events").RightAligned());
        table.AddColumn(new TableColumn("first").RightAligned());
        table.AddColumn(new TableColumn("last").RightAligned());
        table.AddColumn("last recorded");
        foreach (var (name, extent) in rows)
        {
            table.AddRow(
                Markup.Escape(Printable.Text(Printable.Middle(name, NameCharactersMax))),
                Number(extent.Events),
                "#" + extent.First,
                "#" + extent.Last,
                IsoTime.Text(extent.LastRecordedAt));
        }

        if (table.Rows.Count > 0)
            screen.People.Write(table);

        var more = count > table.Rows.Count ? $", of which {Number(table.Rows.Count)} are shown" : "";
        screen.Line($"{Counted.Text(count, "stream")}{more}");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private readonly record struct Extent(long Events, GlobalPosition First, GlobalPosition Last, DateTimeOffset LastRecordedAt);
}
