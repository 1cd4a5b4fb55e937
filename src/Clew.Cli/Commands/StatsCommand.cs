using System.CommandLine;
using System.Globalization;
using Clew.Cli.Output;
using Clew.Store.Segments;
using Spectre.Console;

namespace Clew.Cli.Commands;

/// <summary><c>clew stats</c>: what a store is, and what it takes on its disk.</summary>
internal sealed class StatsCommand : ToolCommand
{
    private readonly StorePlace store = new();

    public StatsCommand(Terminal terminal)
        : base(terminal, "stats", "Shows where a log stands, and what it takes on its disk.") => store.AddTo(this);

    public override IReadOnlyList<string> Examples => ["clew stats --store ./orders"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        await using var reader = await SegmentEventReader.OpenAsync(store.Folder(options), store.Options(options), cancellation);
        var size = await reader.StatisticsAsync(cancellation);
        var head = await reader.HeadAsync(cancellation);
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("logId", head.Lineage.LogId);
                json.WriteNumber("epoch", head.Lineage.Epoch);
                json.WriteNumber("head", head.Position.Value);
                json.WriteTime("recordedAt", head.RecordedAt);
                json.WriteNumber("events", head.Position.Value);
                json.WriteNumber("segments", size.Segments);
                json.WriteNumber("archivedSegments", size.ArchivedSegments);
                json.WriteNumber("logBytes", size.LogBytes);
                json.WriteNumber("segmentBytes", size.SegmentBytes);
                json.WriteNumber("indexFiles", size.IndexFiles);
                json.WriteNumber("indexBytes", size.IndexBytes);
                json.WriteEndObject();
            });
            return ExitCode.Done;
        }

        var grid = new Grid().AddColumn().AddColumn();
        grid.AddRow("log", $"{head.Lineage.LogId}, epoch {head.Lineage.Epoch}");
        grid.AddRow("events", Number(head.Position.Value));
        grid.AddRow("last recorded", head.RecordedAt is { } recorded ? IsoTime.Text(recorded) : "never");
        grid.AddRow(
            "segments",
            $"{Counted.Text(size.Segments - size.ArchivedSegments, "file")}, {Number(size.SegmentBytes)} bytes, "
            + (size.ArchivedSegments == 0 ? $"of which {Number(size.LogBytes)} in use" : $"and {Counted.Text(size.ArchivedSegments, "segment")} archived"));
        grid.AddRow("indexes", $"{Counted.Text(size.IndexFiles, "file")}, {Number(size.IndexBytes)} bytes");
        if (size.Events > 0)
            grid.AddRow("bytes an event", Number(size.LogBytes / size.Events));
        screen.People.Write(grid);
        return ExitCode.Done;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
