using System.IO.Compression;
using System.Text;
using Clew.Cli.Import;

namespace Clew.Tests.Cli;

public sealed class GZipTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 50_000).Select(number => $"line {number}\n")));

    [Fact]
    public void A_whole_file_unpacks_to_its_content() => Assert.Equal(Content, Unpack(Pack(Content)));

    [Fact]
    public void A_file_of_several_members_unpacks_to_all_of_them() =>
        Assert.Equal([.. Content, .. Content], Unpack([.. Pack(Content), .. Pack(Content)]));

    [Fact]
    public void An_empty_content_is_content() => Assert.Empty(Unpack(Pack([])));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(100)]
    [InlineData(60_000)]
    public void A_file_that_is_cut_short_is_noticed(int bytesCut) =>
        Assert.Contains(
            "cut short or damaged",
            Assert.Throws<InputException>(() => Unpack(Pack(Content)[..^bytesCut])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(3)]
    [InlineData(300_000)]
    public void What_follows_a_file_and_is_no_member_of_it_is_noticed(int bytes) =>
        Assert.Throws<InputException>(() => Unpack([.. Pack(Content), .. Enumerable.Repeat((byte)7, bytes)]));

    [Fact]
    public void What_comes_before_the_cut_is_read_and_nothing_else()
    {
        using var read = new MemoryStream();
        using var whole = new WholeGZip(new MemoryStream(Pack(Content)[..^10_000]));

        Assert.Throws<InputException>(() => whole.CopyTo(read));

        Assert.InRange(read.Length, Content.Length / 2, Content.Length - 1);
        Assert.Equal(Content[..(int)read.Length], read.ToArray());
    }

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);

        return packed.ToArray();
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var unpacked = new MemoryStream();
        using var whole = new WholeGZip(new MemoryStream(packed));
        whole.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
