namespace Clew.Integrity;

/// <summary>Checks signatures of one key.</summary>
public interface INoteVerifier
{
    /// <summary>The key.</summary>
    NoteKey Key { get; }

    /// <summary>Whether this is the key's signature of a message.</summary>
    /// <param name="message">The bytes that were signed.</param>
    /// <param name="signature">Of any length, and by anybody: it comes from outside. A wrong one is an answer, not an exception.</param>
    bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
