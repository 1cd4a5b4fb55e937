using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Clew.Integrity;

/// <summary>32 bytes of SHA-256 (FIPS 180-4). The default value is 32 zeros, which is the digest of nothing known.</summary>
[InlineArray(Bytes)]
public struct Digest : IEquatable<Digest>
{
    /// <summary>How many bytes it has.</summary>
    public const int Bytes = 32;

    private byte first;

    /// <summary>The digest of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        var digest = default(Digest);
        SHA256.HashData(content, digest);
        return digest;
    }

    /// <summary>Takes the bytes of a digest.</summary>
    /// <param name="bytes">Exactly 32.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public static Digest From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
            throw new ArgumentException($"A digest has {Bytes} bytes, and these are {bytes.Length}.", nameof(bytes));

        var digest = default(Digest);
        bytes.CopyTo(digest);
        return digest;
    }

    /// <summary>Copies its bytes.</summary>
    /// <param name="target">At least 32 bytes long.</param>
    public readonly void CopyTo(Span<byte> target) => ((ReadOnlySpan<byte>)this).CopyTo(target);

    /// <summary>Its bytes as 64 hexadecimal digits in lower case.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);

    /// <inheritdoc/>
    public readonly bool Equals(Digest other) => ((ReadOnlySpan<byte>)this).SequenceEqual(other);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => BitConverter.ToInt32(this);

    /// <summary>Whether two digests have the same bytes.</summary>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Whether two digests differ.</summary>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);
}
