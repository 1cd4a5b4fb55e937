using System.CommandLine;
using Clew.Cli.Bench;
using Clew.Cli.Output;
using Spectre.Console;
using static System.FormattableString;

namespace Clew.Cli.Commands;

/// <summary><c>clew bench</c>: what this machine's disk makes of a store.</summary>
internal sealed class BenchCommand : ToolCommand
{
    private readonly Option<string> store = OptionOf.Folder(
        "--store", "A folder on the disk to measure; a scratch folder in it is made and removed.");

    private readonly Option<double> seconds = OptionOf.Measure("--seconds", 2, "S", "How long each measurement takes.");

    public BenchCommand(Terminal terminal)
        : base(terminal, "bench", "Measures appends, reads and opening on this disk, beside the disk's own flushes.")
    {
        Add(store);
        Add(seconds);
    }

    public override IReadOnlyList<string> Examples => ["clew bench --store /var/lib/orders"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        if (options.GetValue(seconds) is not (> 0 and <= 3600 and var duration))
            throw new CommandException(Failure.Usage("--seconds takes more than 0 and at most 3600."));

        var parent = options.GetRequiredValue(store);
        var existed = Directory.Exists(parent);
        var scratch = Path.Combine(parent, $".clew-bench-{Guid.NewGuid():n}");
        Directory.CreateDirectory(scratch);
        try
        {
            var measured = new List<Measurement>();
            await foreach (var one in new StoreBench(scratch, screen.Time, TimeSpan.FromSeconds(duration), cancellation).RunAsync())
            {
                measured.Add(one);
                if (screen.ShowsProgress)
                    screen.Notes.WriteLine($"  measured: {one.Name}");
            }

            Show(screen, measured);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
            if (!existed)
                Directory.Delete(parent);
        }

        return ExitCode.Done;
    }

    private static void Show(Screen screen, List<Measurement> measured)
    {
        var flushes = measured[0].PerSecond;
        if (screen.IsJson)
        {
            foreach (var one in measured)
            {
                screen.Json(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("measured", one.Key);
                    json.WriteString("unit", one.Unit);
                    json.WriteNumber("count", one.Count);
                    json.WriteNumber("seconds", Math.Round(one.Elapsed.TotalSeconds, 6));
                    json.WriteNumber("perSecond", Math.Round(one.PerSecond, 3));
                    json.WriteNumber("perFlush", Math.Round(one.PerSecond / flushes, 4));
                    json.WriteEndObject();
                });
            }

            return;
        }

        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("measured");
        table.AddColumn(new TableColumn("per second").RightAligned());
        table.AddColumn(new TableColumn("each").RightAligned());
        table.AddColumn(new TableColumn("per flush").RightAligned());
        foreach (var one in measured)
        {
            table.AddRow(
                one.Name,
                Invariant($"{one.PerSecond:N0} {one.Unit}"),
                Each(one.PerSecond),
                one.Unit == "times" ? "" : Invariant($"{one.PerSecond / flushes:N2}"));
        }

        screen.People.Write(table);
        screen.Line(
            Invariant($"Events of {StoreBench.PayloadBytes} bytes; clients, and events at a time.")
            + " An append answers once it is flushed.");
    }

    private static string Each(double perSecond) => (1e6 / perSecond) switch
    {
        >= 1000 and var micro => Invariant($"{micro / 1000:N1} ms"),
        var micro => Invariant($"{micro:N1} µs"),
    };
}
