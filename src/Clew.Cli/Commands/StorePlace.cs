using System.CommandLine;
using Clew.Store.Segments;
using Clew.Zstandard;

namespace Clew.Cli.Commands;

/// <summary>The options that say where a store is, and where its archive is now.</summary>
internal sealed class StorePlace
{
    private readonly Option<string> store = OptionOf.Folder("--store", "The store's folder.");
    private readonly Option<string?> archive = ArchiveOption();

    public static Option<string?> ArchiveOption() =>
        OptionOf.OptionalFolder("--archive", "Where the store's archive is now. Default: where clew archive moved it to.");

    public static SegmentStoreOptions Options(string? archive) => new() { Archive = Archive(archive) };

    public static ArchiveOptions Archive(string? folder) => new(new ZstandardCodec()) { Folder = folder };

    public void AddTo(Command command)
    {
        command.Add(store);
        command.Add(archive);
    }

    public string Folder(ParseResult options) => options.GetRequiredValue(store);

    public SegmentStoreOptions Options(ParseResult options) => Options(options.GetValue(archive));
}
