using System.Security.Cryptography;
using Clew.Integrity;

namespace Clew.Fuzz;

/// <summary>Signs with a keyed hash, which a fuzzer needs no library for; the same bytes every time.</summary>
internal sealed class FixedSigner : INoteSigner, INoteVerifier, IDisposable
{
    private readonly HMACSHA256 keyed = new([1, 2, 3]);

    public NoteKey Key { get; } = new("fixed", 0xF0, [7]);

    public byte[] Sign(ReadOnlySpan<byte> message) => keyed.ComputeHash(message.ToArray());

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => signature.SequenceEqual(Sign(message));

    public void Dispose() => keyed.Dispose();
}
