namespace Clew.Integrity;

/// <summary>Signs texts with one key. <c>Clew.Ed25519</c> has one that keeps its key in a file; others may ask a device or a service.</summary>
public interface INoteSigner
{
    /// <summary>The key by which its signatures are checked.</summary>
    NoteKey Key { get; }

    /// <summary>Signs a message.</summary>
    /// <param name="message">The bytes to sign.</param>
    /// <returns>The signature alone, without the key's id.</returns>
    byte[] Sign(ReadOnlySpan<byte> message);
}
