using System.IO.Compression;

namespace Clew.Cli.Import;

/// <summary>Unpacks gzip, and notices where the file is cut short: <see cref="GZipStream"/> alone then just ends.</summary>
/// <remarks>
/// Behind the file it lets follow a small gzip member of its own. Members of a whole file unpack to their contents, one after the
/// other; where the file ends in the middle of one, the mark does not come out at the end.
/// </remarks>
internal sealed class WholeGZip : Stream
{
    private static readonly byte[] Mark = "this gzip file is whole, as said"u8.ToArray();
    private static readonly byte[] PackedMark = Pack(Mark);

    private readonly GZipStream unpacked;
    private readonly byte[] window = new byte[(1 << 16) + Mark.Length];
    private int start;
    private int end;

    public WholeGZip(Stream packed) => unpacked = new(new Followed(packed, PackedMark), CompressionMode.Decompress);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        // The last bytes are held back: they may be the mark.
        while (end - start <= Mark.Length)
        {
            if (!Fill())
                return 0;
        }

        var taken = Math.Min(buffer.Length, end - start - Mark.Length);
        window.AsSpan(start, taken).CopyTo(buffer);
        start += taken;
        return taken;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            unpacked.Dispose();
        base.Dispose(disposing);
    }

    private bool Fill()
    {
        window.AsSpan(start, end - start).CopyTo(window);
        end -= start;
        start = 0;
        var read = Unpack(window.AsSpan(end));
        end += read;
        if (read > 0)
            return true;

        return window.AsSpan(0, end).SequenceEqual(Mark) ? false : throw CutShort(null);
    }

    private int Unpack(Span<byte> target)
    {
        try
        {
            return unpacked.Read(target);
        }
        catch (InvalidDataException fault)
        {
            throw CutShort(fault);
        }
    }

    private static InputException CutShort(Exception? cause) =>
        new("the gzip file is cut short or damaged; fetch it again.", cause);

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var packing = new GZipStream(packed, CompressionLevel.Fastest))
            packing.Write(bytes);

        return packed.ToArray();
    }

    private sealed class Followed(Stream first, byte[] then) : Stream
    {
        private int thenAt;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            if (first.Read(buffer) is > 0 and var read)
                return read;

            var taken = Math.Min(buffer.Length, then.Length - thenAt);
            then.AsSpan(thenAt, taken).CopyTo(buffer);
            thenAt += taken;
            return taken;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
