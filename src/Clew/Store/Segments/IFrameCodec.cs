namespace Clew.Store.Segments;

/// <summary>Packs bytes into Zstandard frames (RFC 8878), each of which can be unpacked without the others. Called by several threads at once.</summary>
/// <remarks>The package <c>Clew.Zstandard</c> has one; the engine itself needs no other package.</remarks>
public interface IFrameCodec
{
    /// <summary>Packs bytes into one whole frame, with a checksum of the content in it.</summary>
    /// <param name="content">1 byte to 64 KiB.</param>
    byte[] Compress(ReadOnlySpan<byte> content);

    /// <summary>Unpacks one whole frame.</summary>
    /// <param name="frame">What somebody says is a frame.</param>
    /// <param name="content">Exactly as long as its content is.</param>
    /// <returns>False where it is no sound frame, or has content of another length; <paramref name="content"/> may hold anything then.</returns>
    bool TryDecompress(ReadOnlySpan<byte> frame, Span<byte> content);
}
