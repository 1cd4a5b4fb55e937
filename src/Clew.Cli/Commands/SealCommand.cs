using System.CommandLine;
using Clew.Cli.Output;
using Clew.Ed25519;
using Clew.Integrity;
using Clew.Store.Segments;
using Spectre.Console;

namespace Clew.Cli.Commands;

/// <summary><c>clew seal</c>: signs what a log is now.</summary>
internal sealed class SealCommand : ToolCommand
{
    private const string PublicKeySuffix = ".pub";

    private readonly StorePlace store = new();
    private readonly Option<string?> key = new("--key") { Description = "The log's private key, which only its owner may read.", HelpName = "FILE" };

    private readonly Option<string?> newKey = new("--new-key")
    {
        Description = "Make a key for this log: FILE, to be kept secret, and FILE.pub, to be given to whoever is to check seals.",
        HelpName = "FILE",
    };

    private readonly Option<string?> rotateTo = new("--rotate-to")
    {
        Description = "Hand over from --key to this key, which --new-key has made: both sign it.",
        HelpName = "FILE",
    };

    private readonly Option<string?> countersigned = new("--add")
    {
        Description = "Keep the signatures that others have added to a seal of this log.",
        HelpName = "FILE",
    };

    private readonly Option<bool> list = new("--list") { Description = "Show the seals that the store keeps." };
    private readonly Option<string?> output = new("--out") { Description = "Write the seal to this new file, too.", HelpName = "FILE" };

    public SealCommand(Terminal terminal)
        : base(terminal, "seal", "Signs the root over all events, also while an application appends. Carry seals elsewhere: there they prove something.")
    {
        store.AddTo(this);
        Add(key);
        Add(newKey);
        Add(rotateTo);
        Add(countersigned);
        Add(list);
        Add(output);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "clew seal --store ./orders --new-key orders.key",
        "clew seal --store ./orders --key orders.key --out orders-2026-11.seal",
        "clew seal --store ./orders --key orders.key --rotate-to orders-2.key",
    ];

    protected override async Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation)
    {
        var folder = store.Folder(options);
        var (own, made, next, added) = (options.GetValue(key), options.GetValue(newKey), options.GetValue(rotateTo), options.GetValue(countersigned));
        switch (own, made, next, added, options.GetValue(list))
        {
            case (null, not null, null, null, false):
                return await MakeKeyAsync(screen, folder, store.Options(options), made, cancellation);
            case (not null, null, null, null, false):
                return await SealAsync(screen, folder, store.Options(options), own, options.GetValue(output), cancellation);
            case (not null, null, not null, null, false):
                return await RotateAsync(screen, folder, store.Options(options), own, next, cancellation);
            case (null, null, null, not null, false):
                return await AddAsync(screen, folder, added, cancellation);
            case (null, null, null, null, true):
                return await ListAsync(screen, folder, cancellation);
            default:
                throw new CommandException(Failure.Usage(
                    "seal does one thing at a time: --key FILE seals, --new-key FILE makes a key, --key FILE --rotate-to FILE hands over, --add FILE keeps countersignatures, --list shows the seals."));
        }
    }

    private static async Task<ExitCode> SealAsync(Screen screen, string folder, SegmentStoreOptions options, string key, string? output, CancellationToken cancellation)
    {
        if (output is not null && File.Exists(output))
            throw new CommandException(Failure.Usage($"{output} is there already; give another name."));

        using var signer = Ed25519Signer.Load(key);
        var seal = await SegmentSeals.SealAsync(folder, signer, options, cancellation);
        if (output is not null)
            TextFile.WriteNew(output, seal.ToString());

        Show(screen, seal);
        return ExitCode.Done;
    }

    private static async Task<ExitCode> MakeKeyAsync(Screen screen, string folder, SegmentStoreOptions options, string path, CancellationToken cancellation)
    {
        if (File.Exists(path + PublicKeySuffix))
            throw new CommandException(Failure.Usage($"{path + PublicKeySuffix} is there already; give another name."));

        await using var reader = await SegmentEventReader.OpenAsync(folder, options, cancellation);
        var lineage = (await reader.HeadAsync(cancellation)).Lineage;
        using var signer = Ed25519Signer.Create(SealOrigin.Of(lineage.LogId, lineage.Epoch));
        signer.Save(path);
        TextFile.WriteNew(path + PublicKeySuffix, signer.Key + "\n");
        if (!screen.IsJson)
        {
            screen.Line(Printable.Text(signer.Key.ToString()));
            screen.Notes.WriteLine($"{path} is the private key: keep it where the store's operator alone can read it, and a copy elsewhere. Give {path}.pub to whoever is to check seals.");
            return ExitCode.Done;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("key", signer.Key.ToString());
            json.WriteString("privateKeyFile", path);
            json.WriteString("publicKeyFile", path + PublicKeySuffix);
            json.WriteEndObject();
        });
        return ExitCode.Done;
    }

    private static async Task<ExitCode> RotateAsync(Screen screen, string folder, SegmentStoreOptions options, string from, string to, CancellationToken cancellation)
    {
        using var oldSigner = Ed25519Signer.Load(from);
        using var newSigner = Ed25519Signer.Load(to);
        if (oldSigner.Key == newSigner.Key)
            throw new CommandException(Failure.Usage($"{to} holds the same key as {from}."));

        var rotation = await SegmentSeals.RotateAsync(folder, oldSigner, newSigner, options, cancellation);
        if (!screen.IsJson)
        {
            screen.Line(Printable.Lines(rotation.ToString()).TrimEnd('\n'));
            return ExitCode.Done;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("oldKey", rotation.OldKey.ToString());
            json.WriteString("newKey", rotation.NewKey.ToString());
            json.WriteNumber("size", rotation.Last.Size);
            json.WriteString("note", rotation.ToString());
            json.WriteEndObject();
        });
        return ExitCode.Done;
    }

    private static async Task<ExitCode> AddAsync(Screen screen, string folder, string path, CancellationToken cancellation)
    {
        var seal = TextFile.Seal(path);
        if (!await SegmentSeals.AddSignaturesAsync(folder, seal, cancellation))
            throw new CommandException(Failure.NotFound($"The store keeps no seal with the text of {path}: it is of another log, or was changed. Countersign a seal that this store has made."));

        var kept = (await SegmentSeals.ReadAsync(folder, cancellation)).Seals.First(other => other.Note.Text == seal.Note.Text);
        Show(screen, kept);
        return ExitCode.Done;
    }

    private static async Task<ExitCode> ListAsync(Screen screen, string folder, CancellationToken cancellation)
    {
        var book = await SegmentSeals.ReadAsync(folder, cancellation);
        if (book.Seals.Count == 0)
            throw new CommandException(Failure.NotFound($"The store in {folder} keeps no seal yet; \"clew seal --key FILE\" makes one."));

        foreach (var seal in book.Seals)
        {
            Show(screen, seal);
            if (!screen.IsJson)
                screen.Line("");
        }

        return ExitCode.Done;
    }

    private static void Show(Screen screen, Seal seal)
    {
        if (!screen.IsJson)
        {
            screen.Line(Printable.Lines(seal.ToString()).TrimEnd('\n'));
            return;
        }

        screen.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("origin", seal.Origin);
            json.WriteNumber("size", seal.Head.Size);
            json.WriteString("root", seal.Head.Root.ToString());
            json.WriteStartArray("signedBy");
            foreach (var signature in seal.Note.Signatures)
                json.WriteStringValue(signature.KeyName);
            json.WriteEndArray();
            json.WriteString("seal", seal.ToString());
            json.WriteEndObject();
        });
    }
}
