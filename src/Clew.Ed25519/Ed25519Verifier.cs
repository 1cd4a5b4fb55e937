using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Clew.Integrity;
using NSec.Cryptography;

namespace Clew.Ed25519;

/// <summary>Checks Ed25519 signatures (RFC 8032) by a public key. Any thread may use it.</summary>
/// <remarks>
/// It knows the two types of c2sp.org/signed-note that are made with Ed25519: 0x01, plain signatures, and 0x04, the cosignatures of witnesses,
/// which hold a time (c2sp.org/tlog-cosignature).
/// </remarks>
public sealed class Ed25519Verifier : INoteVerifier
{
    private const byte CosignatureType = 0x04;

    private readonly PublicKey publicKey;

    private Ed25519Verifier(NoteKey key, PublicKey publicKey)
    {
        Key = key;
        this.publicKey = publicKey;
    }

    /// <summary>A verifier of a key.</summary>
    /// <param name="key">An Ed25519 key.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public Ed25519Verifier(NoteKey key)
    {
        Key = key;
        publicKey = Imported(key) ?? throw new ArgumentException(
            $"{key} is no Ed25519 key: it has the signature type {key.SignatureType} and {key.PublicKey.Length} bytes.", nameof(key));
    }

    /// <inheritdoc/>
    public NoteKey Key { get; }

    /// <summary>A verifier of a key.</summary>
    /// <returns>Null where the key is no Ed25519 key.</returns>
    public static Ed25519Verifier? TryOf(NoteKey key) => Imported(key) is { } publicKey ? new(key, publicKey) : null;

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => Key.SignatureType == CosignatureType
        ? VerifyCosignature(message, signature)
        : SignatureAlgorithm.Ed25519.Verify(publicKey, message, signature);

    private static PublicKey? Imported(NoteKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.SignatureType is NoteKey.Ed25519Type or CosignatureType
            && PublicKey.TryImport(SignatureAlgorithm.Ed25519, key.PublicKey.Span, KeyBlobFormat.RawPublicKey, out var imported)
            ? imported
            : null;
    }

    // A witness signs the time and the note's text, and sends both the time and the signature.
    private bool VerifyCosignature(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length < sizeof(long) || BinaryPrimitives.ReadInt64BigEndian(signature) is var seconds && seconds < 0)
            return false;

        var header = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n"));
        return SignatureAlgorithm.Ed25519.Verify(publicKey, [.. header, .. message], signature[sizeof(long)..]);
    }
}
