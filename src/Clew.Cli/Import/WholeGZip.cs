using System.IO.Compression;

namespace Clew.Cli.Import;

/// <summary>Unpacks gzip, and notices where the file is cut short: <see cref="GZipStream"/> alone then just ends.</summary>
/// <remarks>
/// Behind the file it lets follow a small gzip member of its own. Members of a whole file unpack to their contents, one after the
/// other; where the file ends in the middle of one, the mark does not come out at the end. What is no member ends the unpacking before the file
/// ends.
/// </remarks>
internal sealed class WholeGZip : Stream
{
    private static readonly byte[] Mark = "this gzip file is whole, as said"u8.ToArray();
    private static readonly byte[] PackedMark = Pack(Mark);

    private readonly Followed packed;
    private readonly GZipStream unpacked;
    private ReadOnlyMemory<byte>? rest;

    public WholeGZip(Stream packed)
    {
        this.packed = new(packed, PackedMark);
        unpacked = new(this.packed, CompressionMode.Decompress);
    }

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
        if (rest is not { } ending)
        {
            var read = Unpack(buffer);
            if (read == 0 && !buffer.IsEmpty && !packed.HasEnded)
                throw CutShort(null);
            if (!packed.HasEnded)
                return read;

            ending = Ending(buffer[..read]);
        }

        var taken = Math.Min(buffer.Length, ending.Length);
        ending.Span[..taken].CopyTo(buffer);
        rest = ending[taken..];
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

    /// <summary>What unpacks once the mark has been handed in: nobody may see it before it is known to be no nonsense.</summary>
    private ReadOnlyMemory<byte> Ending(ReadOnlySpan<byte> begun)
    {
        using var ending = new MemoryStream();
        ending.Write(begun);
        var buffer = new byte[1 << 12];
        while (Unpack(buffer) is > 0 and var read)
            ending.Write(buffer, 0, read);

        var bytes = ending.ToArray();
        return bytes.AsSpan().EndsWith(Mark) ? bytes.AsMemory(0, bytes.Length - Mark.Length) : throw CutShort(null);
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

        /// <summary>Whether the first stream has been read to its end.</summary>
        public bool HasEnded { get; private set; }

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

            HasEnded = true;
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
