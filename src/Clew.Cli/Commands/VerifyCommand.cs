using System.CommandLine;
using System.Text.Json;
using Clew.Cli.Output;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using Spectre.Console;
using static System.FormattableString;

namespace Clew.Cli.Commands;

/// <summary><c>clew verify</c>: whether every byte is as it was written.</summary>
internal sealed class VerifyCommand : ToolCommand
{
    private readonly StorePlace store = new();

    private readonly Option<string[]> seals = new("--seal")
    {
        Description = "A seal that was kept elsewhere, or several in one file: the events must still lead to its root.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> keys = new("--key")
    {
        Description = "A public key, or a file that holds it: every seal must be signed by one of them.",
        HelpName = "KEY",
    };

    private readonly Option<string?> against = OptionOf.OptionalFolder(
        "--against", "A copy of the log that is believed, such as a backup: the first event that is another one there is named.");

    public VerifyCommand(Terminal terminal)
        : base(terminal, "verify", "Checks every checksum, every link of the chain, and every index, and the history against seals; changes nothing.")
    {
        store.AddTo(this);
        Add(seals);
        Add(keys);
        Add(against);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "clew verify --store ./orders && echo sound",
        "clew verify --store ./orders --seal orders-2026-11.seal --key orders.key.pub",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var folder = store.Folder(options);
        var known = options.GetValue(seals) ?? [];
        if (known.Length == 0 && options.GetValue(keys) is { Length: > 0 })
            throw new CommandException(Failure.Usage("--key is for the seals that --seal gives."));

        var verify = new VerifyOptions
        {
            Known = [.. await HeadsAsync(folder, known, options.GetValue(keys) ?? [], cancellation)],
            Against = options.GetValue(against),
            Archive = store.Options(options).Archive,
        };
        var report = await CheckAsync(screen, folder, verify, cancellation);
        if (screen.IsJson)
            screen.Json(json => WriteJson(json, report));
        else
            WriteText(screen, report);

        return report.IsSound ? ExitCode.Done : ExitCode.No;
    }

    /// <summary>Checks a store, with a bar that tells how far that is.</summary>
    public static async Task<VerifyReport> CheckAsync(
        Screen screen, string folder, VerifyOptions verify, CancellationToken cancellation) => screen.ShowsProgress
        ? await WithProgressAsync(screen, folder, verify, cancellation)
        : await SegmentStoreVerification.RunAsync(folder, verify, cancellation);

    /// <summary>A damage in words: file, offset, position, and what is wrong.</summary>
    public static string Place(Damage damage) =>
        Printable.Text(damage.File)
        + (damage.Offset is { } offset ? Invariant($", offset {offset:N0}") : "")
        + (damage.Position is { } position ? $", position {position}" : "")
        + ": " + Printable.Text(damage.What);

    private static async Task<IEnumerable<TreeHead>> HeadsAsync(string folder, string[] paths, string[] keys, CancellationToken cancellation)
    {
        if (paths.Length == 0)
            return [];

        var (logId, verifiers) = (await LogIdAsync(folder, cancellation), Array.ConvertAll(keys, TextFile.Key));
        var heads = new SortedDictionary<long, HashSet<TreeHead>>();
        foreach (var path in paths)
        {
            foreach (var seal in TextFile.Seals(path))
            {
                // A log that was brought back from a backup has the history of the one before it.
                if (!SealOrigin.TryParse(seal.Origin, out var other, out _) || other != logId)
                    throw new CommandException(Failure.Input($"{path} is a seal of another log, {seal.Origin}; this one is {logId:N}."));
                if (verifiers.Length > 0 && seal.Check(verifiers) is not NoteCheck.SignedBy)
                    throw new CommandException(Failure.Input($"{path}: the seal of {Counted.Text(seal.Head.Size, "event")} is not signed by a key that was given; clew check says more."));

                heads.TryAdd(seal.Head.Size, []);
                heads[seal.Head.Size].Add(seal.Head);
            }
        }

        return heads.Values.SelectMany(same => same);
    }

    // Also where events are damaged.
    private static async Task<Guid> LogIdAsync(string folder, CancellationToken cancellation) =>
        (await SegmentStoreVerification.LineageAsync(folder, cancellation)).LogId;

    /// <summary>The report in words.</summary>
    public static void WriteText(Screen screen, VerifyReport report)
    {
        screen.Line(
            $"{Counted.Text(report.Events, "event")} sound, in {Counted.Text(report.Segments, "segment")}{(report.ArchivedSegments > 0 ? $" ({report.ArchivedSegments:N0} of them archived)" : "")} and "
            + $"{Counted.Text(report.IndexFiles, "index file")}, {Counted.Text(report.Bytes, "byte")} checked.");
        if (report.Events > 0)
            screen.Line($"Root over them: {report.Tree.Root}.");
        foreach (var note in report.Notes)
            screen.Line("Note: " + Printable.Text(note));
        foreach (var damage in report.IndexDamage)
            screen.Line("Index damaged (delete the file, it is made anew): " + Place(damage));
        if (report.FirstDamage is { } first)
            screen.Line("DAMAGED: " + Place(first));
        WriteHistory(screen, report);

        screen.Line(report.IsSound ? "Everything is as it was written." : "This store is not as it was written.");
    }

    private static void WriteHistory(Screen screen, VerifyReport report)
    {
        foreach (var (head, verdict) in report.Heads)
        {
            screen.Line($"Seal of {Counted.Text(head.Size, "event")}: " + verdict switch
            {
                HeadVerdict.Holds => "holds.",
                HeadVerdict.Missing => $"GONE, the log has only {report.Events:N0} sound ones.",
                _ => "DIFFERS, the events lead to another root.",
            });
        }

        if (report.FirstChange is { } change)
            screen.Line($"HISTORY CHANGED: up to position {change.After} it is as sealed; the first event that is not lies at one of the positions {change.After.Value + 1} to {change.UpTo}.");
        if (report.TreeDifference is { } tree)
            screen.Line("HISTORY CHANGED, or the tree was; keep both: " + Place(tree));
        if (report.Comparison is { } compared)
        {
            screen.Line(compared.FirstDifference is { } position
                ? $"HISTORY CHANGED: position {position} is the first that differs from the copy."
                : $"The same as the copy, up to position {compared.To}.");
        }
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
        WriteHistory(json, report);
        json.WriteEndObject();
    }

    private static void WriteHistory(Utf8JsonWriter json, VerifyReport report)
    {
        json.WriteString("root", report.Tree.Root.ToString());
        json.WriteStartArray("seals");
        foreach (var (head, verdict) in report.Heads)
        {
            json.WriteStartObject();
            json.WriteNumber("size", head.Size);
            json.WriteString("root", head.Root.ToString());
            json.WriteString("verdict", verdict.ToString().ToLowerInvariant());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNumber(json, "changedAfter", report.FirstChange?.After.Value);
        WriteNumber(json, "changedUpTo", report.FirstChange?.UpTo.Value);
        json.WritePropertyName("treeDifference");
        WriteDamage(json, report.TreeDifference);
        WriteNumber(json, "comparedTo", report.Comparison?.To.Value);
        WriteNumber(json, "firstDifference", report.Comparison?.FirstDifference?.Value);
    }

    private static Task<VerifyReport> WithProgressAsync(Screen screen, string folder, VerifyOptions verify, CancellationToken cancellation) =>
        screen.Notes.Progress().AutoClear(true).StartAsync(async context =>
        {
            var task = context.AddTask("checking");
            var progress = new Progress<VerifyProgress>(come =>
            {
                task.MaxValue = Math.Max(1, come.BytesTotal);
                task.Value = come.BytesDone;
            });
            return await SegmentStoreVerification.RunAsync(folder, verify with { Progress = progress }, cancellation);
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
