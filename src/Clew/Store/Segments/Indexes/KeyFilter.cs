namespace Clew.Store.Segments.Indexes;

/// <summary>
/// A blocked Bloom filter (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007): the high bits of a hash choose
/// a line of 512 bits, six others must be set in it. Lines ascend with hashes, so the filter of sorted keys is written in one pass.
/// </summary>
internal static class KeyFilter
{
    public const int LineBytes = 64;
    public const int LinesPerBlock = IndexBlocks.ContentBytes / LineBytes;
    private const int KeysPerLine = 48;
    private const int BitsPerKey = 6;

    public static int LinesFor(long keys) => (int)Math.Max(1, (keys + KeysPerLine - 1) / KeysPerLine);

    public static int LineOf(ulong hash, int lines) => (int)Math.BigMul(hash, (ulong)lines, out _);

    public static void Add(Span<byte> line, ulong hash)
    {
        var bits = Spread(hash);
        for (var bit = 0; bit < BitsPerKey; bit++, bits >>= 9)
            line[(int)(bits & 511) >> 3] |= (byte)(1 << (int)(bits & 7));
    }

    public static bool MayHave(ReadOnlySpan<byte> line, ulong hash)
    {
        var bits = Spread(hash);
        for (var bit = 0; bit < BitsPerKey; bit++, bits >>= 9)
        {
            if ((line[(int)(bits & 511) >> 3] & (1 << (int)(bits & 7))) == 0)
                return false;
        }

        return true;
    }

    private static ulong Spread(ulong hash) => (hash * 0x9E3779B97F4A7C15) ^ (hash >> 29);
}
