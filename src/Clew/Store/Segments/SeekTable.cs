using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// A packed segment is a file of Zstandard frames (RFC 8878), each of 64 KiB of the segment, the last of what is left, and behind them a table of their
// lengths in a frame that Zstandard skips: version 0.1.0 of the Zstandard seekable format. So "zstd -d" makes the segment of it again, and a single
// event is read by unpacking one frame. The table, little-endian:
//
//   offset  size  field
//        0     4  0x184D2A5E
//        4     4  bytes that follow
//        8   8 ×  for each frame: its length (4), and that of its content (4)
//        …     4  frames
//        …     1  0               no checksums here: the frames have them
//        …     4  0x8F92EAB1
internal sealed class SeekTable
{
    public const int FrameBytes = 64 * 1024;
    public const int FooterBytes = 9;

    private const int BeforeBytes = 8;
    private const int EntryBytes = 8;
    private const uint SkippableMagic = 0x184D2A5E;
    private const uint SeekableMagic = 0x8F92EAB1;

    private readonly long[] starts;
    private readonly int contentBytes;

    private SeekTable(long[] starts, int contentBytes) => (this.starts, this.contentBytes) = (starts, contentBytes);

    /// <summary>How many frames there are.</summary>
    public int Frames => starts.Length - 1;

    /// <summary>How many frames so many bytes take.</summary>
    public static int FramesOf(int contentBytes) => (contentBytes + FrameBytes - 1) / FrameBytes;

    /// <summary>How long the table of so many frames is.</summary>
    public static int BytesOf(int frames) => BeforeBytes + (frames * EntryBytes) + FooterBytes;

    /// <summary>Where a frame begins in the file.</summary>
    public long StartOf(int frame) => starts[frame];

    /// <summary>How long a frame is.</summary>
    public int LengthOf(int frame) => (int)(starts[frame + 1] - starts[frame]);

    /// <summary>How long the content of a frame is.</summary>
    public int ContentOf(int frame) => ContentOf(frame, contentBytes);

    public static byte[] ToBytes(IReadOnlyList<int> lengths, int contentBytes)
    {
        var bytes = new byte[BytesOf(lengths.Count)];
        var span = bytes.AsSpan();
        WriteUInt32LittleEndian(span, SkippableMagic);
        WriteInt32LittleEndian(span[4..], bytes.Length - BeforeBytes);
        for (var frame = 0; frame < lengths.Count; frame++)
        {
            WriteInt32LittleEndian(span[(BeforeBytes + (frame * EntryBytes))..], lengths[frame]);
            WriteInt32LittleEndian(span[(BeforeBytes + (frame * EntryBytes) + 4)..], ContentOf(frame, contentBytes));
        }

        WriteInt32LittleEndian(span[^9..], lengths.Count);
        WriteUInt32LittleEndian(span[^4..], SeekableMagic);
        return bytes;
    }

    /// <summary>Reads the table of a segment.</summary>
    /// <param name="bytes">The last bytes of the file, as many as the table of the segment's frames takes.</param>
    /// <param name="fileBytes">How long the file is.</param>
    /// <param name="contentBytes">How long the segment is.</param>
    /// <returns>Null where it is no such table, or one of another segment or file.</returns>
    public static SeekTable? TryRead(ReadOnlySpan<byte> bytes, long fileBytes, int contentBytes)
    {
        var frames = FramesOf(contentBytes);
        if (bytes.Length != BytesOf(frames) || ReadUInt32LittleEndian(bytes) != SkippableMagic || ReadInt32LittleEndian(bytes[4..]) != bytes.Length - BeforeBytes
            || ReadInt32LittleEndian(bytes[^9..]) != frames || bytes[^5] != 0 || ReadUInt32LittleEndian(bytes[^4..]) != SeekableMagic)
        {
            return null;
        }

        var starts = new long[frames + 1];
        for (var frame = 0; frame < frames; frame++)
        {
            var entry = bytes[(BeforeBytes + (frame * EntryBytes))..];
            if (ReadInt32LittleEndian(entry) is not (> 0 and <= 2 * FrameBytes and var length) || ReadInt32LittleEndian(entry[4..]) != ContentOf(frame, contentBytes))
                return null;

            starts[frame + 1] = starts[frame] + length;
        }

        return starts[^1] + bytes.Length == fileBytes ? new(starts, contentBytes) : null;
    }

    private static int ContentOf(int frame, int contentBytes) => Math.Min(FrameBytes, contentBytes - (frame * FrameBytes));
}
