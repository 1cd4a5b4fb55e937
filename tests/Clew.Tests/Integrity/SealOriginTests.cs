using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class SealOriginTests
{
    [Fact]
    public void The_digits_of_a_log_id_are_in_the_order_of_its_bytes()
    {
        var id = new Guid([0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF], bigEndian: true);

        Assert.Equal("clew/00112233445566778899aabbccddeeff/7", SealOrigin.Of(id, 7));
    }

    [Fact]
    public void An_origin_reads_back() =>
        Gen.Select(Gen.Guid, Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, int.MaxValue])).Sample((id, epoch) =>
            SealOrigin.TryParse(SealOrigin.Of(id, epoch), out var readId, out var readEpoch) && readId == id && readEpoch == epoch);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("clew/")]
    [InlineData("clew/00112233445566778899aabbccddeeff")]
    [InlineData("clew/00112233445566778899aabbccddeeff/")]
    [InlineData("clew/00112233445566778899aabbccddeeff/0")]
    [InlineData("clew/00112233445566778899aabbccddeeff/01")]
    [InlineData("clew/00112233445566778899aabbccddeeff/2147483648")]
    [InlineData("clew/00112233445566778899aabbccddeeff/99999999999999999999")]
    [InlineData("clew/00112233445566778899AABBCCDDEEFF/1")]
    [InlineData("clew/00112233-4455-6677-8899-aabbccddeeff/1")]
    [InlineData("Clew/00112233445566778899aabbccddeeff/1")]
    [InlineData("clew/00112233445566778899aabbccddeeff/1/2")]
    [InlineData("example.com/log")]
    public void Another_line_is_no_origin_of_a_clew_log(string? origin) => Assert.False(SealOrigin.TryParse(origin, out _, out _));

    [Fact]
    public void Epochs_begin_at_one() => Assert.Throws<ArgumentOutOfRangeException>(() => SealOrigin.Of(Guid.Empty, 0));
}
