using System.CommandLine;
using Clew.Cli.Output;
using Clew.Ed25519;
using Clew.Events;
using Clew.Integrity;

namespace Clew.Cli.Commands;

/// <summary><c>clew check</c>: whether a proof or a seal is worth something, without a store.</summary>
internal sealed class CheckCommand : ToolCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "A proof of an event, a proof that a log grew, or a seal." };

    private readonly Option<string[]> keys = new("--key")
    {
        Description = "A public key that is believed, or a file that holds it; give it again for more.",
        HelpName = "KEY",
        Required = true,
    };

    private readonly Option<string?> seals = new("--seals")
    {
        Description = "The log's seals, as it keeps them in SEALS: keys that a believed one has handed over to are believed too.",
        HelpName = "FILE",
    };

    private readonly Option<string?> log = new("--log") { Description = "Which log it must be: the first line of its seals.", HelpName = "ORIGIN" };

    public CheckCommand(Terminal terminal)
        : base(terminal, "check", "Checks a proof or a seal by a public key alone.")
    {
        Add(file);
        Add(keys);
        Add(seals);
        Add(log);
    }

    public override IReadOnlyList<string> Examples => ["clew check order-paid.tlog-proof --key orders.key.pub"];

    protected override Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var path = options.GetRequiredValue(file);
        var bytes = TextFile.Read(path, EventProof.BytesMax, "a proof or a seal");
        var origin = options.GetValue(log);
        var known = Known(options.GetRequiredValue(keys), options.GetValue(seals));

        if (bytes.AsSpan().StartsWith("c2sp.org/tlog-proof@v1"u8))
        {
            var proof = EventProof.TryParse(bytes, out var parsed, out var fault) ? parsed : throw NotOne(path, fault);
            return Task.FromResult(Show(screen, proof.Check(known(proof.Seal), origin), $"event {proof.Event.Position} is in the log", proof.Event));
        }

        if (bytes.AsSpan().StartsWith("clew/consistency-proof/"u8))
        {
            var proof = ConsistencyProofFile.TryParse(bytes, out var parsed, out var fault) ? parsed : throw NotOne(path, fault);
            return Task.FromResult(Show(screen, proof.Check(known(proof.Older), known(proof.Newer), origin), $"since it had {Counted.Text(proof.Older.Head.Size, "event")}, nothing but growth happened to the log"));
        }

        var seal = Seal.TryParse(bytes, out var single, out var why) ? single : throw NotOne(path, why);
        return Task.FromResult(Show(screen, Check(seal, known(seal), origin), "this is a seal of the log"));
    }

    private static ProofCheck Check(Seal seal, IReadOnlyList<INoteVerifier> known, string? origin)
    {
        if (origin is not null && seal.Origin != origin)
            return new ProofCheck.Invalid(ProofFault.AnotherLog, $"The seal is of the log {seal.Origin}, and {origin} was asked for.");

        return seal.Check(known) switch
        {
            NoteCheck.SignedBy signed => new ProofCheck.Valid(seal, signed.Keys),
            NoteCheck.WrongSignature wrong => new ProofCheck.Invalid(ProofFault.WrongSignature, $"The signature in the name of the key {wrong.Key.Name} is wrong: the seal was changed, or somebody else signed it."),
            _ => new ProofCheck.Invalid(ProofFault.NoKnownSignature, $"None of the keys given has signed the seal; it has a signature in the name of {seal.Note.Signatures[0].KeyName}."),
        };
    }

    private static CommandException NotOne(string path, string fault) =>
        new(Failure.Input($"{path} is neither a proof nor a seal that can be read: {fault}."));

    // Which keys are believed may depend on how much the seal covers: one that has handed over is believed no further.
    private static Func<Seal, IReadOnlyList<INoteVerifier>> Known(string[] trusted, string? book)
    {
        var given = Array.ConvertAll(trusted, TextFile.Key);
        if (book is null)
            return _ => given;

        var succession = SealBook.TryParse(TextFile.Read(book, int.MaxValue / 4, "a log's seals"), out var read, out var fault)
            ? read
            : throw new CommandException(Failure.Input($"{book} does not hold a log's seals: {fault}."));
        return seal =>
        [
            .. given.SelectMany(key => succession.KeysFrom(key.Key, seal.Origin, Ed25519Verifier.TryOf).KeysAt(seal.Head.Size))
                .Distinct().Select(key => new Ed25519Verifier(key)),
        ];
    }

    private static ExitCode Show(Screen screen, ProofCheck check, string what, RecordedEvent? proven = null)
    {
        if (check is ProofCheck.Valid valid)
        {
            ShowValid(screen, valid, what, proven);
            return ExitCode.Done;
        }

        var invalid = (ProofCheck.Invalid)check;
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteStartObject();
                json.WriteBoolean("valid", false);
                json.WriteString("fault", invalid.Fault.ToString());
                json.WriteString("why", invalid.Why);
                json.WriteEndObject();
            });
        }
        else
        {
            screen.Line("NOT VALID: " + Printable.Text(invalid.Why));
        }

        return ExitCode.No;
    }

    private static string NameAndId(NoteKey key) => System.FormattableString.Invariant($"{Printable.Text(key.Name)} ({key.Id:x8})");

    private static void ShowValid(Screen screen, ProofCheck.Valid valid, string what, RecordedEvent? proven)
    {
        var seal = valid.Seal;
        if (!screen.IsJson)
        {
            screen.Line($"Valid: {what} {Printable.Text(seal.Origin)}, sealed at {Counted.Text(seal.Head.Size, "event")} by the key {string.Join(", ", valid.Keys.Select(NameAndId))}.");
            if (proven is { } shown)
                new EventPrinter(screen).Print(shown);
            return;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("valid", true);
            json.WriteString("log", seal.Origin);
            json.WriteNumber("size", seal.Head.Size);
            json.WriteString("root", seal.Head.Root.ToString());
            json.WriteStartArray("signedBy");
            foreach (var key in valid.Keys)
                json.WriteStringValue(key.ToString());
            json.WriteEndArray();
            if (proven is { } shown)
            {
                json.WritePropertyName("event");
                EventJson.Write(json, shown);
            }

            json.WriteEndObject();
        });
    }
}
