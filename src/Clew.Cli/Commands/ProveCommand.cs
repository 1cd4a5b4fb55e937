using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Clew.Cli.Output;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Commands;

/// <summary><c>clew prove</c>: a file by which anybody can check that an event was recorded, or that a log only grew.</summary>
internal sealed class ProveCommand : ToolCommand
{
    private readonly Argument<long?> position = new("POSITION")
    {
        Description = "The event to prove.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = Position,
    };

    private readonly StorePlace store = new();

    private readonly Option<string?> seal = new("--seal")
    {
        Description = "Prove it under this seal. Default: the latest one that the store keeps.",
        HelpName = "FILE",
    };

    private readonly Option<string?> since = new("--since")
    {
        Description = "Instead of an event: prove that since this older seal the log only grew.",
        HelpName = "FILE",
    };

    private readonly Option<bool> withoutContent = new("--without-content")
    {
        Description = "Keep the event's data and metadata back: the proof shows only that it was recorded, and its envelope.",
    };

    private readonly Option<string?> output = new("--out") { Description = "Write the proof to this new file. Default: standard output.", HelpName = "FILE" };

    public ProveCommand(Terminal terminal)
        : base(terminal, "prove", "Writes a proof that an event was recorded, or that the log only grew; \"clew check\", or any other verifier, checks it without the store.")
    {
        Add(position);
        store.AddTo(this);
        Add(seal);
        Add(since);
        Add(withoutContent);
        Add(output);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "clew prove 42 --store ./orders --out order-paid.tlog-proof",
        "clew prove --since orders-2026-10.seal --store ./orders --out grew.proof",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var (of, older) = (options.GetValue(position), options.GetValue(since));
        if (of is null == older is null)
            throw new CommandException(Failure.Usage("prove takes the position of an event, or --since and an older seal."));
        if (older is not null && options.GetValue(withoutContent))
            throw new CommandException(Failure.Usage("--without-content is for the proof of an event."));

        var folder = store.Folder(options);
        await using var reader = await SegmentEventReader.OpenAsync(folder, store.Options(options), cancellation);
        var least = of ?? (older is null ? 0 : TextFile.Seal(older).Head.Size);
        var under = await SealAsync(reader, folder, options.GetValue(seal), least, cancellation);
        var proof = of is { } event_
            ? await EventProofAsync(reader, event_, under, options.GetValue(withoutContent), cancellation)
            : await GrowthProofAsync(reader, older!, under, cancellation);

        Give(screen, options.GetValue(output), proof, under);
        return ExitCode.Done;
    }

    private static long? Position(ArgumentResult result)
    {
        if (long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            return number;

        result.AddError($"POSITION takes a whole number from 1, not \"{Printable.Text(result.Tokens[0].Value)}\".");
        return null;
    }

    private static async Task<Seal> SealAsync(SegmentEventReader reader, string folder, string? path, long least, CancellationToken cancellation)
    {
        var head = await reader.HeadAsync(cancellation);
        if (least > head.Position.Value)
            throw new CommandException(Failure.NotFound($"The log ends at position {head.Position}; there is nothing to prove at {least}."));

        var origin = SealOrigin.Of(head.Lineage.LogId, head.Lineage.Epoch);
        if (path is null)
        {
            var kept = (await SegmentSeals.ReadAsync(folder, cancellation)).Seals.LastOrDefault(seal => seal.Origin == origin);
            return kept is not null && kept.Head.Size >= least ? kept : throw new CommandException(Failure.NotFound(
                $"No seal covers position {least} yet{(kept is null ? "" : $": the last one covers {kept.Head.Size}")}. Seal the log first: clew seal --store {folder} --key FILE."));
        }

        var given = TextFile.Seal(path);
        CheckOrigin(given, origin, path);
        if (given.Head.Size < least)
            throw new CommandException(Failure.NotFound($"The seal {path} covers {given.Head.Size} events, and {least} is beyond them. Give a later seal."));
        await CheckRootAsync(reader, given, path, cancellation);
        return given;
    }

    private static void CheckOrigin(Seal given, string origin, string path)
    {
        if (given.Origin != origin)
            throw new CommandException(Failure.Input($"{path} is a seal of another log, {given.Origin}; this one is {origin}."));
    }

    private static async Task CheckRootAsync(SegmentEventReader reader, Seal given, string path, CancellationToken cancellation)
    {
        if (given.Head.Size > (await reader.HeadAsync(cancellation)).Position.Value
            || (await reader.TreeHeadAsync(new(given.Head.Size), cancellation)).Root != given.Head.Root)
        {
            throw new CommandException(new(
                ExitCode.No, "history", $"The log does not lead to the root in {path}: its history is another one since. Run clew verify --seal {path}."));
        }
    }

    private static async Task<string> EventProofAsync(
        SegmentEventReader reader, long position, Seal under, bool withoutContent, CancellationToken cancellation)
    {
        var inclusion = await reader.ProveInclusionAsync(new(position), new(under.Head.Size), cancellation);
        await foreach (var recorded in reader.ReadEventsAsync(ReadRequest.All with { After = new(position - 1), Limit = 1 }, cancellation))
        {
            var proof = new EventProof(recorded, inclusion.Path, under);
            return (withoutContent ? proof.WithoutItsContent() : proof).ToString();
        }

        throw new InvalidOperationException("An event before the head is there.");
    }

    private static async Task<string> GrowthProofAsync(SegmentEventReader reader, string path, Seal under, CancellationToken cancellation)
    {
        var older = TextFile.Seal(path);
        CheckOrigin(older, under.Origin, path);
        await CheckRootAsync(reader, older, path, cancellation);
        var consistency = await reader.ProveConsistencyAsync(new(older.Head.Size), new(under.Head.Size), cancellation);
        return new ConsistencyProofFile(older, under, consistency.Path).ToString();
    }

    private static void Give(Screen screen, string? output, string proof, Seal under)
    {
        if (output is not null)
            TextFile.WriteNew(output, proof);

        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("sealedSize", under.Head.Size);
                json.WriteString("proof", proof);
                json.WriteEndObject();
            });
        }
        else if (output is null)
        {
            screen.Line(Printable.Lines(proof).TrimEnd('\n'));
        }
    }
}
