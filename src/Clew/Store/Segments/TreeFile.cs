using Clew.Events;
using Clew.Integrity;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// The file TREE: roots of full subtrees of the log's Merkle tree, in the order in which they become full. Derived and never flushed: an entry
// whose checksum is wrong is not there, and is computed from the events. Level 1 has a node for each 256 leaves, level 2 one for each 256
// nodes of level 1, and so on; a node of a higher level follows the last node below it. Integers are little-endian.
//
//   offset  size  field
//        0     8  magic             "CLEWTREE"
//        8     4  version           1
//       12     4  zero
//       16    16  log id            RFC 9562 byte order
//       32    28  zero
//       60     4  checksum          CRC-32C of the 60 bytes before
//   64+36n    32  node of entry n
//   96+36n     4  checksum          CRC-32C of the node, from the CRC-32C of the log id and n (8 bytes)
internal sealed class TreeFile(IDiskFile file, Guid logId) : IDisposable
{
    public const string FileName = "TREE";

    /// <summary>How many nodes of one level make one of the next.</summary>
    public const int TileNodes = 256;

    public const int TileHeight = 8;

    private const int HeaderBytes = 64;
    private const int EntryBytes = Digest.Bytes + sizeof(uint);
    private const int FormatVersion = 1;

    private readonly uint seed = SeedOf(logId);

    private static ReadOnlySpan<byte> Magic => "CLEWTREE"u8;

    /// <returns>Null where there is no such file of this log.</returns>
    public static async ValueTask<TreeFile?> TryOpenAsync(IDisk disk, Guid logId, FileUse use)
    {
        IDiskFile file;
        try
        {
            file = await disk.OpenAsync(FileName, use);
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            return null;
        }

        var header = new byte[HeaderBytes];
        if (await file.ReadAsync(header, 0) == HeaderBytes && header.AsSpan().SequenceEqual(HeaderOf(logId)))
            return new(file, logId);

        file.Dispose();
        return null;
    }

    public static async ValueTask<TreeFile> CreateAsync(IDisk disk, Guid logId)
    {
        var file = await disk.OpenAsync(FileName, FileUse.Create);
        await file.WriteAsync(HeaderOf(logId), 0);
        return new(file, logId);
    }

    /// <summary>The number of the entry that holds a node.</summary>
    /// <param name="level">From 1.</param>
    /// <param name="index">The node's number in its level, from 0.</param>
    public static long EntryOf(int level, long index)
    {
        // The last node of level 1 below it, and the higher ones before that.
        var last = ((index + 1) << (TileHeight * (level - 1))) - 1;
        var entry = last + level - 1;
        for (var above = last >> TileHeight; above > 0; above >>= TileHeight)
            entry += above;

        return entry;
    }

    /// <summary>Where an entry lies in the file.</summary>
    public static long OffsetOf(long entry) => HeaderBytes + (entry * EntryBytes);

    /// <summary>How many entries the file has room for as it is; not all of them need be sound.</summary>
    public async ValueTask<long> EntriesAsync() => Math.Max(0, await file.LengthAsync() - HeaderBytes) / EntryBytes;

    /// <summary>Reads entries that follow each other.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="nodes">As many as are wanted; null where an entry is not there or not sound.</param>
    public async ValueTask ReadAsync(long first, Memory<Digest?> nodes)
    {
        var bytes = new byte[nodes.Length * EntryBytes];
        var read = await file.ReadAsync(bytes, OffsetOf(first));
        for (var index = 0; index < nodes.Length; index++)
        {
            var entry = bytes.AsSpan(index * EntryBytes, EntryBytes);
            var isSound = (index + 1) * EntryBytes <= read
                && ReadUInt32LittleEndian(entry[Digest.Bytes..]) == ChecksumOf(entry[..Digest.Bytes], first + index);
            nodes.Span[index] = isSound ? Digest.From(entry[..Digest.Bytes]) : null;
        }
    }

    /// <summary>Writes entries that follow each other.</summary>
    public ValueTask WriteAsync(long first, IReadOnlyList<Digest> nodes)
    {
        var bytes = new byte[nodes.Count * EntryBytes];
        for (var index = 0; index < nodes.Count; index++)
        {
            var entry = bytes.AsSpan(index * EntryBytes, EntryBytes);
            nodes[index].CopyTo(entry);
            WriteUInt32LittleEndian(entry[Digest.Bytes..], ChecksumOf(entry[..Digest.Bytes], first + index));
        }

        return file.WriteAsync(bytes, OffsetOf(first));
    }

    public void Dispose() => file.Dispose();

    private static byte[] HeaderOf(Guid logId)
    {
        var bytes = new byte[HeaderBytes];
        Magic.CopyTo(bytes);
        WriteInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        logId.TryWriteBytes(bytes.AsSpan(16), bigEndian: true, out _);
        WriteUInt32LittleEndian(bytes.AsSpan(60), Crc32C.Of(bytes.AsSpan(0, 60)));
        return bytes;
    }

    private static uint SeedOf(Guid logId)
    {
        Span<byte> bytes = stackalloc byte[16];
        logId.TryWriteBytes(bytes, bigEndian: true, out _);
        return Crc32C.Of(bytes);
    }

    private uint ChecksumOf(ReadOnlySpan<byte> node, long entry)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        WriteInt64LittleEndian(number, entry);
        return Crc32C.Of(node, Crc32C.Of(number, seed));
    }
}
