using System.CommandLine;
using System.Text.Json;
using Clew.Cli.Output;
using Clew.Store;
using Clew.Store.Segments;
using Spectre.Console;
using static System.FormattableString;

namespace Clew.Cli.Commands;

/// <summary><c>clew verify</c>: whether every byte is as it was written.</summary>
internal sealed class VerifyCommand : ToolCommand
{
    private readonly Option<string> store = StoreOption();

    public VerifyCommand(Terminal terminal)
        : base(terminal, "verify", "Checks every checksum, every link of the chain, and every index; changes nothing.") => Add(store);

    public override IReadOnlyList<string> Examples => ["clew verify --store ./orders && echo sound"];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var report = await CheckAsync(screen, options.GetRequiredValue(store), cancellation);
        if (screen.IsJson)
            screen.Json(json => WriteJson(json, report));
        else
            WriteText(screen, report);

        return report.IsSound ? ExitCode.Done : ExitCode.No;
    }

    /// <summary>Checks a store, with a bar that tells how far that is.</summary>
    public static async Task<VerifyReport> CheckAsync(Screen screen, string folder, CancellationToken cancellation) => screen.ShowsProgress
        ? await WithProgressAsync(screen, folder, cancellation)
        : await SegmentStoreVerification.RunAsync(folder, null, cancellation);

    /// <summary>A damage in words: file, offset, position, and what is wrong.</summary>
    public static string Place(Damage damage) =>
        Printable.Text(damage.File)
        + (damage.Offset is { } offset ? Invariant($", offset {offset:N0}") : "")
        + (damage.Position is { } position ? $", position {position}" : "")
        + ": " + Printable.Text(damage.What);

    /// <summary>The report in words.</summary>
    public static void WriteText(Screen screen, VerifyReport report)
    {
        screen.Line(
            $"{Counted.Text(report.Events, "event")} sound, in {Counted.Text(report.Segments, "segment")} and "
            + $"{Counted.Text(report.IndexFiles, "index file")}, {Counted.Text(report.Bytes, "byte")} checked.");
        foreach (var note in report.Notes)
            screen.Line("Note: " + Printable.Text(note));
        foreach (var damage in report.IndexDamage)
            screen.Line("Index damaged (delete the file, it is made anew): " + Place(damage));
        if (report.FirstDamage is { } first)
            screen.Line("DAMAGED: " + Place(first));

        screen.Line(report.IsSound ? "Everything is as it was written." : "This store is not as it was written.");
    }

    /// <summary>The report as a JSON object.</summary>
    public static void WriteJson(Utf8JsonWriter json, VerifyReport report)
    {
        json.WriteStartObject();
        json.WriteBoolean("sound", report.IsSound);
        json.WriteNumber("events", report.Events);
        json.WriteNumber("segments", report.Segments);
        json.WriteNumber("indexFiles", report.IndexFiles);
        json.WriteNumber("bytes", report.Bytes);
        json.WritePropertyName("firstDamage");
        WriteDamage(json, report.FirstDamage);
        json.WriteStartArray("indexDamage");
        foreach (var damage in report.IndexDamage)
            WriteDamage(json, damage);
        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (var note in report.Notes)
            json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Task<VerifyReport> WithProgressAsync(Screen screen, string folder, CancellationToken cancellation) =>
        screen.Notes.Progress().AutoClear(true).StartAsync(async context =>
        {
            var task = context.AddTask("checking");
            var progress = new Progress<VerifyProgress>(come =>
            {
                task.MaxValue = Math.Max(1, come.BytesTotal);
                task.Value = come.BytesDone;
            });
            return await SegmentStoreVerification.RunAsync(folder, progress, cancellation);
        });

    private static void WriteDamage(Utf8JsonWriter json, Damage? damage)
    {
        if (damage is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("file", damage.File);
        WriteNumber(json, "offset", damage.Offset);
        WriteNumber(json, "position", damage.Position?.Value);
        json.WriteString("what", damage.What);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }
}
