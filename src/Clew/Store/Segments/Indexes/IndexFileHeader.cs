using System.Globalization;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments.Indexes;

// Block 0 of an index file, which covers a stretch of the log. Integers are little-endian; entry tables begin at whole blocks.
//
//   offset  size  field
//        0     8  magic             "CLEWIDX1"
//        8     8  nonce             64 random bits, repeated in every block
//       16    16  log id            RFC 9562 byte order
//       32     8  first position
//       40     8  last position
//       48     4  segment number    } where the group after the last position begins,
//       52     4  offset            }
//       56     8  group number      } and what recovery needs to read on from there
//       64     8  recorded at       }
//       72    32  chain             }
//      104    16  lowest event id   RFC 9562 byte order
//      120    16  highest event id
//      136     4  blocks            of the whole file
//      140     4  first block of the offsets: for each event 4 bytes, where its record begins in its segment
//      144   4x28 for streams, tags, types and ids:
//               0     4  first block of the keys      16 bytes each, ascending by hash:
//                                                     hash 8, events 4, and 4: the one event, or where its events begin in the list
//               4     4  first block of the filter    64 bytes a line, 63 lines a block
//               8     4  first block of the list      4 bytes an event: its place in this stretch, from 0
//              12     8  keys
//              20     4  lines of the filter
//              24     4  entries of the list
internal sealed record IndexFileHeader(
    Guid LogId, ulong Nonce, long First, LogPoint End, Guid LowestId, Guid HighestId, int Blocks, int OffsetsBlock, IndexSection[] Sections)
{
    private static ReadOnlySpan<byte> Magic => "CLEWIDX1"u8;

    public long Last => End.Position;

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{First:D20}-{Last:D20}.idx");

    /// <returns>Null where the name is not an index file's.</returns>
    public static (long First, long Last)? ParseName(string name) =>
        name.Length == 45 && name.EndsWith(".idx", StringComparison.Ordinal) && name[20] == '-'
        && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && long.TryParse(name.AsSpan(21, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
        && first > 0 && last >= first
            ? (first, last)
            : null;

    public byte[] ToBlock()
    {
        var block = new byte[IndexBlocks.Bytes];
        var span = block.AsSpan();
        Magic.CopyTo(span);
        WriteUInt64LittleEndian(span[8..], Nonce);
        LogId.TryWriteBytes(span[16..], bigEndian: true, out _);
        WriteInt64LittleEndian(span[32..], First);
        WriteInt64LittleEndian(span[40..], Last);
        WriteInt32LittleEndian(span[48..], End.Segment);
        WriteInt32LittleEndian(span[52..], End.Offset);
        WriteInt64LittleEndian(span[56..], End.Group);
        WriteInt64LittleEndian(span[64..], End.RecordedAt);
        End.Chain.Write(span[72..]);
        LowestId.TryWriteBytes(span[104..], bigEndian: true, out _);
        HighestId.TryWriteBytes(span[120..], bigEndian: true, out _);
        WriteInt32LittleEndian(span[136..], Blocks);
        WriteInt32LittleEndian(span[140..], OffsetsBlock);
        for (var index = 0; index < Sections.Length; index++)
            Sections[index].Write(span[(144 + (index * IndexSection.Bytes))..]);

        IndexBlocks.Seal(block, Nonce, 0);
        return block;
    }

    /// <returns>Null where these are not the bytes of a sound header, or what it counts does not fit where it says that it lies.</returns>
    public static IndexFileHeader? Read(ReadOnlySpan<byte> block)
    {
        if (block.Length < IndexBlocks.Bytes || !block.StartsWith(Magic) || !IndexBlocks.IsSound(block, ReadUInt64LittleEndian(block[8..]), 0))
            return null;

        var sections = new IndexSection[4];
        for (var index = 0; index < sections.Length; index++)
            sections[index] = IndexSection.Read(block[(144 + (index * IndexSection.Bytes))..]);

        var header = new IndexFileHeader(
            new(block.Slice(16, 16), bigEndian: true),
            ReadUInt64LittleEndian(block[8..]),
            ReadInt64LittleEndian(block[32..]),
            new(
                ReadInt32LittleEndian(block[48..]),
                ReadInt32LittleEndian(block[52..]),
                ReadInt64LittleEndian(block[56..]),
                ReadInt64LittleEndian(block[40..]),
                ReadInt64LittleEndian(block[64..]),
                ChainValue.Of(block[72..])),
            new(block.Slice(104, 16), bigEndian: true),
            new(block.Slice(120, 16), bigEndian: true),
            ReadInt32LittleEndian(block[136..]),
            ReadInt32LittleEndian(block[140..]),
            sections);
        return header.AddsUp() ? header : null;
    }

    // A checksum vouches for the bytes, not for whoever wrote them: nothing may lie outside of the file.
    private bool AddsUp()
    {
        if (!End.CanBe || First < 1 || Last < First || Last - First >= (long)Blocks * IndexSection.ListEntriesPerBlock || OffsetsBlock != 1)
            return false;

        var next = OffsetsBlock + IndexBlocks.CountFor(Last - First + 1, sizeof(uint));
        foreach (var section in Sections)
        {
            var fits = section.Keys >= 0 && section.Keys <= (long)Blocks * IndexSection.KeysPerBlock;
            if (!fits || section != IndexSection.At(next, section.Keys, section.ListEntries))
                return false;
            next = section.EndBlock;
        }

        return next == Blocks;
    }
}

/// <summary>Where one kind of key lies in an index file.</summary>
internal readonly record struct IndexSection(int KeysBlock, int FilterBlock, int ListBlock, long Keys, int FilterLines, uint ListEntries)
{
    public const int Bytes = 28;
    public const int KeyBytes = 16;
    public const int KeysPerBlock = IndexBlocks.ContentBytes / KeyBytes;
    public const int ListEntriesPerBlock = IndexBlocks.ContentBytes / sizeof(uint);

    /// <summary>The first block behind it.</summary>
    public int EndBlock => ListBlock + IndexBlocks.CountFor(ListEntries, sizeof(uint));

    /// <summary>A section that begins at a block: its keys, its filter and its list follow one another.</summary>
    public static IndexSection At(int block, long keys, uint listEntries)
    {
        var lines = KeyFilter.LinesFor(keys);
        var filter = block + IndexBlocks.CountFor(keys, KeyBytes);
        return new(block, filter, filter + IndexBlocks.CountFor(lines, KeyFilter.LineBytes), keys, lines, listEntries);
    }

    public void Write(Span<byte> target)
    {
        WriteInt32LittleEndian(target, KeysBlock);
        WriteInt32LittleEndian(target[4..], FilterBlock);
        WriteInt32LittleEndian(target[8..], ListBlock);
        WriteInt64LittleEndian(target[12..], Keys);
        WriteInt32LittleEndian(target[20..], FilterLines);
        WriteUInt32LittleEndian(target[24..], ListEntries);
    }

    public static IndexSection Read(ReadOnlySpan<byte> bytes) => new(
        ReadInt32LittleEndian(bytes),
        ReadInt32LittleEndian(bytes[4..]),
        ReadInt32LittleEndian(bytes[8..]),
        ReadInt64LittleEndian(bytes[12..]),
        ReadInt32LittleEndian(bytes[20..]),
        ReadUInt32LittleEndian(bytes[24..]));
}
