using System.Buffers.Binary;
using System.Text;
using Clew.Integrity;
using Clew.Store.Segments;
using Clew.Zstandard;
using CsCheck;

namespace Clew.Tests.Archives;

/// <summary>Stubs and tables of frames, byte for byte as docs/reference/format.md has them.</summary>
public sealed class ArchiveFormatTests
{
    private static readonly SegmentHeader Header = new(3, 200_000, new Guid("0193a5f0-2b1c-7000-8000-5d1f0c9be001"), 42, 7, default, 9, 11);

    private static readonly ArchiveStub Stub = new(
        Header, new LogPoint(3, 150_000, 12, 99, 0, ChainValue.Of(Enumerable.Repeat((byte)5, 32).ToArray())), Digest.From(Enumerable.Repeat((byte)6, 32).ToArray()), "/archive/ä");

    [Fact]
    public void A_stub_has_the_bytes_of_the_page()
    {
        var bytes = Stub.ToBytes();
        var span = bytes.AsSpan();

        Assert.Equal(8_192, bytes.Length);
        Assert.Equal(Header.ToBytes(), bytes[..4_096]);
        Assert.Equal("CLEWARC1", Encoding.ASCII.GetString(span.Slice(4_096, 8)));
        Assert.Equal((150_000, 0), (BinaryPrimitives.ReadInt32LittleEndian(span[4_104..]), BinaryPrimitives.ReadInt32LittleEndian(span[4_108..])));
        Assert.Equal((12, 99), (BinaryPrimitives.ReadInt64LittleEndian(span[4_112..]), BinaryPrimitives.ReadInt64LittleEndian(span[4_120..])));
        Assert.Equal(Enumerable.Repeat((byte)5, 32), bytes[4_128..4_160]);
        Assert.Equal(Enumerable.Repeat((byte)6, 32), bytes[4_160..4_192]);
        Assert.Equal(11, BinaryPrimitives.ReadInt32LittleEndian(span[4_192..]));
        Assert.Equal("/archive/ä", Encoding.UTF8.GetString(span.Slice(4_196, 11)));
        Assert.DoesNotContain(bytes[4_207..8_188], one => one != 0);
        Assert.Equal("00000003-00000000000000000042.stub", Stub.FileName);
        Assert.True(ArchiveStub.TryRead(bytes, out var read));
        Assert.Equal(Stub, read);
    }

    [Fact]
    public void A_table_of_frames_has_the_bytes_of_the_page() =>
        Assert.Equal(
            "5E2A4D18" + "19000000" + "0A000000" + "00000100" + "0B000000" + "01000000" + "02000000" + "00" + "B1EA928F",
            Convert.ToHexString(SeekTable.ToBytes([10, 11], 65_537)));

    [Fact]
    public void A_table_with_any_bit_turned_is_no_table_of_this_file_and_segment() =>
        Gen.Int[1, 70_000].Array[1, 20].Select(Gen.Int[1, SeekTable.FrameBytes], Gen.Int[0, int.MaxValue]).Sample((lengths, last, turned) =>
        {
            var content = ((lengths.Length - 1) * SeekTable.FrameBytes) + last;
            var bytes = SeekTable.ToBytes(lengths, content);
            var file = lengths.Sum() + bytes.Length;
            var table = SeekTable.TryRead(bytes, file, content)!;
            Assert.Equal(lengths, Enumerable.Range(0, table.Frames).Select(table.LengthOf));
            Assert.Equal(content, Enumerable.Range(0, table.Frames).Sum(table.ContentOf));

            turned %= bytes.Length * 8;
            bytes[turned / 8] ^= (byte)(1 << (turned % 8));
            Assert.Null(SeekTable.TryRead(bytes, file, content));
        });

    [Fact]
    public void Frames_give_back_what_was_packed_and_nothing_that_was_not()
    {
        var codec = new ZstandardCodec();
        Gen.Byte.Array[1, 5_000].Select(Gen.Int[0, int.MaxValue]).Sample((content, turned) =>
        {
            var frame = codec.Compress(content);
            var back = new byte[content.Length];
            Assert.True(codec.TryDecompress(frame, back));
            Assert.Equal(content, back);
            Assert.False(codec.TryDecompress(frame, new byte[content.Length + 1]));
            Assert.False(codec.TryDecompress(frame.AsSpan(..^1), new byte[content.Length]));

            turned %= frame.Length * 8;
            frame[turned / 8] ^= (byte)(1 << (turned % 8));
            Assert.True(!codec.TryDecompress(frame, back) || content.AsSpan().SequenceEqual(back));
        });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ZstandardCodec(0));
    }
}
