using Clew.Events;
using CsCheck;

namespace Clew.Tests.Events;

public sealed class Crc32CTests
{
    private const uint Polynomial = 0x82F63B78;

    /// <summary>RFC 3720, appendix B.4, which shows the checksums with their lowest byte first.</summary>
    public static TheoryData<string, uint> Vectors => new()
    {
        { string.Concat(Enumerable.Repeat("00", 32)), 0x8A9136AA },
        { string.Concat(Enumerable.Repeat("FF", 32)), 0x62A8AB43 },
        { Convert.ToHexString([.. Enumerable.Range(0, 32).Select(value => (byte)value)]), 0x46DD794E },
        { Convert.ToHexString([.. Enumerable.Range(0, 32).Select(value => (byte)(31 - value))]), 0x113FDB5C },
        { "01C000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000", 0xD9963A56 },
        { "", 0 },
        { Convert.ToHexString("123456789"u8), 0xE3069283 },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_vectors_of_the_standard_hold(string bytes, uint checksum) =>
        Assert.Equal(checksum, Crc32C.Of(Convert.FromHexString(bytes)));

    [Fact]
    public void It_is_what_the_definition_says_bit_by_bit() => Gen.Byte.Array[0, 100].Sample(bytes => Crc32C.Of(bytes) == Defined(bytes));

    [Fact]
    public void A_checksum_can_be_continued_anywhere() => Gen.Select(Gen.Byte.Array[0, 50], Gen.Byte.Array[0, 50], Gen.UInt).Sample((first, second, seed) =>
        Crc32C.Of([.. first, .. second], seed) == Crc32C.Of(second, Crc32C.Of(first, seed)));

    private static uint Defined(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var single in bytes)
        {
            crc ^= single;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
        }

        return ~crc;
    }
}
