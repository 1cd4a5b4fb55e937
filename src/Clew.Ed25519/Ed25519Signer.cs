using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Clew.Integrity;
using NSec.Cryptography;
using PrivateKey = NSec.Cryptography.Key;

namespace Clew.Ed25519;

/// <summary>Signs seals with an Ed25519 key (RFC 8032). Any thread may use it.</summary>
/// <remarks>
/// The private key lies in memory that the system neither swaps out nor dumps, as far as it can, and is wiped by <see cref="Dispose"/>.
/// </remarks>
public sealed class Ed25519Signer : INoteSigner, IDisposable
{
    private const int MaterialBytes = 33;

    private readonly PrivateKey privateKey;

    private Ed25519Signer(NoteKey key, PrivateKey privateKey)
    {
        Key = key;
        this.privateKey = privateKey;
    }

    private static ReadOnlySpan<byte> Start => "PRIVATE+KEY+"u8;

    /// <summary>The public key: give it to whoever is to check what this key signs.</summary>
    public NoteKey Key { get; }

    /// <summary>Makes a new key of the system's chance.</summary>
    /// <param name="name">Whose key it is; for the key of a log, by custom the log's origin (<see cref="SealOrigin"/>).</param>
    /// <exception cref="ArgumentException">The name holds white space, control characters or a <c>+</c>, or is empty.</exception>
    public static Ed25519Signer Create(string name) => Of(name, PrivateKey.Create(SignatureAlgorithm.Ed25519, Exportable));

    /// <summary>Reads a key from a file, written by <see cref="Save"/> or by another tool for signed notes.</summary>
    /// <param name="path">The file. Only its owner may have rights to it, where the system knows such rights.</param>
    /// <exception cref="KeyFileException">There is no such file, it holds no Ed25519 key, or others than its owner may read it.</exception>
    public static Ed25519Signer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var content = KeyFile.Read(path);
        try
        {
            return FaultOf(content.AsSpan().TrimEnd("\r\n"u8), out var signer) is { } fault
                ? throw new KeyFileException($"{path} holds no private Ed25519 key: {fault}.")
                : signer!;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Writes the key to a new file, which only its owner may read.</summary>
    /// <param name="path">Where no file is yet: an existing one is never overwritten.</param>
    /// <exception cref="KeyFileException">There is a file already, or it cannot be made.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var seed = privateKey.Export(KeyBlobFormat.RawPrivateKey);
        byte[] material = [NoteKey.Ed25519Type, .. seed];
        var letters = new byte[Base64.GetMaxEncodedToUtf8Length(material.Length)];
        Base64.EncodeToUtf8(material, letters, out _, out _);
        byte[] content = [.. Start, .. Encoding.UTF8.GetBytes($"{Key.Name}+{Key.Id:x8}+"), .. letters, (byte)'\n'];
        try
        {
            KeyFile.Write(path, content);
        }
        finally
        {
            foreach (var secret in (byte[][])[seed, material, letters, content])
                CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(privateKey, message);

    /// <summary>Wipes the private key.</summary>
    public void Dispose() => privateKey.Dispose();

    internal static Ed25519Signer Of(string name, ReadOnlySpan<byte> seed) =>
        Of(name, PrivateKey.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, Exportable));

    private static KeyCreationParameters Exportable => new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };

    private static Ed25519Signer Of(string name, PrivateKey key)
    {
        try
        {
            return new(new(name, NoteKey.Ed25519Type, key.PublicKey.Export(KeyBlobFormat.RawPublicKey)), key);
        }
        catch (ArgumentException)
        {
            key.Dispose();
            throw;
        }
    }

    // PRIVATE+KEY+name+id+base64(0x01 || seed), as the tools for signed notes that are written in Go have it.
    private static string? FaultOf(ReadOnlySpan<byte> content, out Ed25519Signer? signer)
    {
        signer = null;
        if (!content.StartsWith(Start) || !TryDivide(content[Start.Length..], out var nameAndId, out var letters))
            return "it is not written as PRIVATE+KEY+name+id+key";

        var material = new byte[MaterialBytes];
        try
        {
            if (letters.Length != Base64.GetMaxEncodedToUtf8Length(MaterialBytes)
                || Base64.DecodeFromUtf8(letters, material, out _, out var written) != OperationStatus.Done || written != MaterialBytes)
                return $"what follows its id is not {MaterialBytes} bytes in base64";
            if (material[0] != NoteKey.Ed25519Type)
                return $"its signature type is {material[0]}, and that of Ed25519 is {NoteKey.Ed25519Type}";

            return NamedFault(Encoding.UTF8.GetString(nameAndId), material.AsSpan(1), ref signer);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    // Neither a name nor an id holds a +, and the key may.
    private static bool TryDivide(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> nameAndId, out ReadOnlySpan<byte> letters)
    {
        nameAndId = letters = default;
        var name = text.IndexOf((byte)'+');
        var id = text[(name + 1)..].IndexOf((byte)'+');
        if (name < 0 || id < 0)
            return false;

        nameAndId = text[..(name + 1 + id)];
        letters = text[(name + id + 2)..];
        return true;
    }

    // Name and id must be those of the public key that the private one has.
    private static string? NamedFault(string nameAndId, ReadOnlySpan<byte> seed, ref Ed25519Signer? signer)
    {
        var key = PrivateKey.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, Exportable);
        var material = Convert.ToBase64String([NoteKey.Ed25519Type, .. key.PublicKey.Export(KeyBlobFormat.RawPublicKey)]);
        if (NoteKey.TryParse($"{nameAndId}+{material}", out var named, out var fault))
            signer = new(named, key);
        else
            key.Dispose();

        return fault;
    }
}
