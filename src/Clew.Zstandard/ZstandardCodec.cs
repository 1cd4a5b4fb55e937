using System.Collections.Concurrent;
using Clew.Store.Segments;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Clew.Zstandard;

/// <summary>Packs the segments of archives into Zstandard frames (RFC 8878) with a checksum, and unpacks them. Any thread may use it.</summary>
public sealed class ZstandardCodec : IFrameCodec
{
    /// <summary>The level that archives are packed with unless another one is asked for.</summary>
    public const int DefaultLevel = 3;

    private readonly ConcurrentBag<Compressor> compressors = [];
    private readonly ConcurrentBag<Decompressor> decompressors = [];
    private readonly int level;

    /// <summary>A codec.</summary>
    /// <param name="level">How hard it packs: 1, quick, to 19, small. Frames of every level are unpacked equally fast.</param>
    public ZstandardCodec(int level = DefaultLevel)
    {
        if (level is < 1 or > 19)
            throw new ArgumentOutOfRangeException(nameof(level), level, "Zstandard packs with levels from 1 to 19.");

        this.level = level;
    }

    /// <inheritdoc/>
    public byte[] Compress(ReadOnlySpan<byte> content)
    {
        if (!compressors.TryTake(out var compressor))
        {
            compressor = new(level);
            compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        }

        var frame = compressor.Wrap(content).ToArray();
        compressors.Add(compressor);
        return frame;
    }

    /// <inheritdoc/>
    public bool TryDecompress(ReadOnlySpan<byte> frame, Span<byte> content)
    {
        if (!decompressors.TryTake(out var decompressor))
            decompressor = new();

        try
        {
            return decompressor.TryUnwrap(frame, content, out var written) && written == content.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
        finally
        {
            decompressors.Add(decompressor);
        }
    }
}
