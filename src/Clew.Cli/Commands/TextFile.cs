using Clew.Ed25519;
using Clew.Integrity;

namespace Clew.Cli.Commands;

/// <summary>Small files that people bring: keys, seals and proofs.</summary>
internal static class TextFile
{
    /// <summary>All bytes of a file.</summary>
    /// <exception cref="CommandException">It is too long for what it should be, or cannot be read.</exception>
    public static byte[] Read(string path, int bytesMax, string what)
    {
        if (Directory.Exists(path))
            throw new CommandException(Failure.Input($"{path} is a folder, and {what} was expected."));
        if (!File.Exists(path))
            throw new CommandException(Failure.Input($"There is no file {path}; {what} was expected."));

        using var file = File.OpenRead(path);
        var buffer = new byte[bytesMax + 1];
        var read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return read <= bytesMax
            ? buffer[..read]
            : throw new CommandException(Failure.Input($"{path} has more than {bytesMax:N0} bytes, which is more than {what} has."));
    }

    /// <summary>Writes a new file.</summary>
    /// <exception cref="CommandException">There is one already.</exception>
    public static void WriteNew(string path, string text)
    {
        try
        {
            using var file = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write));
            file.Write(text);
        }
        catch (IOException fault) when (File.Exists(path))
        {
            throw new CommandException(Failure.Usage($"{path} is there already; give another name."), fault);
        }
    }

    /// <summary>A seal.</summary>
    public static Seal Seal(string path) =>
        Clew.Integrity.Seal.TryParse(Read(path, SignedNote.BytesMax, "a seal"), out var seal, out var fault)
            ? seal
            : throw new CommandException(Failure.Input($"{path} is no seal: {fault}."));

    /// <summary>The seals of a file that holds one, or a book of them as a store keeps it in SEALS.</summary>
    public static IReadOnlyList<Seal> Seals(string path)
    {
        var bytes = Read(path, int.MaxValue / 4, "one seal, or several");
        if (Clew.Integrity.Seal.TryParse(bytes, out var single, out var fault))
            return [single];
        if (SealBook.TryParse(bytes, out var book, out _) && book.Seals.Count > 0)
            return book.Seals;

        throw new CommandException(Failure.Input($"{path} is no seal: {fault}."));
    }

    /// <summary>A public key: the text itself, or a file that holds it.</summary>
    public static INoteVerifier Key(string textOrPath)
    {
        var text = NoteKey.TryParse(textOrPath, out _, out _)
            ? textOrPath
            : System.Text.Encoding.UTF8.GetString(Read(textOrPath, 4096, "a public key, as name+id+key")).TrimEnd('\r', '\n');
        if (text.StartsWith("PRIVATE+KEY+", StringComparison.Ordinal))
            throw new CommandException(Failure.Input($"{textOrPath} is a private key. To check something, the public one is needed: {textOrPath}.pub."));
        if (!NoteKey.TryParse(text, out var key, out var fault))
            throw new CommandException(Failure.Input($"{textOrPath} is no public key: {fault}."));

        return Ed25519Verifier.TryOf(key)
            ?? throw new CommandException(Failure.Input($"{textOrPath} is no Ed25519 key: it has the signature type {key.SignatureType}."));
    }
}
