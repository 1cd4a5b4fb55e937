using Clew.Events;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Clew.Store.Segments;

// The file ERASING: events whose content is being overwritten. It gets its name, flushed, before their erasure is recorded, and is gone only
// when they are overwritten on the device. So who finds one of them half overwritten finds it named here, or finds it done when he reads
// again. Integers are little-endian.
//
//   offset  size  field
//        0     8  magic             "CLEWERA1"
//        8     4  checksum          CRC-32C of all bytes from 12 on
//       12     4  events            1 to 1,000
//       16    16  log id            RFC 9562 byte order
//       32    16  event id          of the event that records the erasure
//       48  40 ×  for each event, ascending: its position (8), and SHA-256 of its salt, data and metadata (32)
internal sealed record ErasureJournal(Guid LogId, Guid RecordId, IReadOnlyList<ErasedEvent> Events)
{
    public const string FileName = "ERASING";

    private const string UnfinishedName = FileName + ".tmp";
    private const int HeaderBytes = 48;
    private const int EventBytes = sizeof(long) + EventRecord.DigestBytes;
    private const int BytesMax = HeaderBytes + (ErasureRecord.EventsMax * EventBytes);

    private static ReadOnlySpan<byte> Magic => "CLEWERA1"u8;

    /// <summary>The journal in a folder; null where there is none, or none that is sound and of this log.</summary>
    public static async ValueTask<ErasureJournal?> ReadAsync(IDisk disk, Guid logId) =>
        await BytesAsync(disk) is { } bytes ? Parse(bytes, logId) : null;

    /// <summary>What the file holds; null where there is none.</summary>
    public static async ValueTask<byte[]?> BytesAsync(IDisk disk)
    {
        try
        {
            using var file = await disk.OpenAsync(FileName, FileUse.Read);
            var bytes = new byte[Math.Min(BytesMax, await file.LengthAsync())];
            return bytes[..await file.ReadAsync(bytes, 0)];
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            return null;
        }
    }

    /// <returns>Null where it is not sound, or of another log.</returns>
    public static ErasureJournal? Parse(ReadOnlySpan<byte> bytes, Guid logId)
    {
        if (bytes.Length < HeaderBytes || !bytes.StartsWith(Magic) || ReadUInt32LittleEndian(bytes[8..]) != Crc32C.Of(bytes[12..])
            || ReadInt32LittleEndian(bytes[12..]) is not (>= 1 and <= ErasureRecord.EventsMax and var count)
            || bytes.Length != HeaderBytes + (count * EventBytes)
            || new Guid(bytes.Slice(16, 16), bigEndian: true) != logId)
        {
            return null;
        }

        var events = new ErasedEvent[count];
        for (var index = 0; index < count; index++)
        {
            var entry = bytes.Slice(HeaderBytes + (index * EventBytes), EventBytes);
            events[index] = new(ReadInt64LittleEndian(entry), entry[sizeof(long)..].ToArray());
        }

        return ErasureRecord.CanBe(events, before: long.MaxValue) ? new(logId, new(bytes.Slice(32, 16), bigEndian: true), events) : null;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderBytes + (Events.Count * EventBytes)];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        WriteInt32LittleEndian(span[12..], Events.Count);
        LogId.TryWriteBytes(span[16..], bigEndian: true, out _);
        RecordId.TryWriteBytes(span[32..], bigEndian: true, out _);
        for (var index = 0; index < Events.Count; index++)
        {
            var entry = span.Slice(HeaderBytes + (index * EventBytes), EventBytes);
            WriteInt64LittleEndian(entry, Events[index].Position);
            Events[index].Digest.CopyTo(entry[sizeof(long)..]);
        }

        WriteUInt32LittleEndian(span[8..], Crc32C.Of(span[12..]));
        return bytes;
    }

    /// <summary>Writes it under another name, flushed. Where that fails, the journal is not there.</summary>
    public async ValueTask PrepareAsync(IDisk disk)
    {
        using var file = await disk.OpenAsync(UnfinishedName, FileUse.Create);
        await file.WriteAsync(ToBytes(), 0);
        await file.SyncAsync();
    }

    /// <summary>Gives it its name, durably.</summary>
    public static async ValueTask BeginAsync(IDisk disk)
    {
        await disk.RenameAsync(UnfinishedName, FileName);
        await disk.SyncFolderAsync();
    }

    /// <summary>Removes it, durably.</summary>
    public static async ValueTask EndAsync(IDisk disk)
    {
        await disk.DeleteAsync(FileName);
        await disk.SyncFolderAsync();
    }

    /// <summary>Makes a record that is being overwritten the one that it will be.</summary>
    /// <param name="record">Measured. Of its content any part may be old or new; the rest must be as it was written.</param>
    /// <param name="seed">Of its segment.</param>
    /// <remarks>One that is not named here, or that is not sound even so, is left as it is.</remarks>
    public void Finish(Span<byte> record, uint seed)
    {
        var position = EventRecord.Position(record);
        if (EventRecord.IsSound(record, seed) || Events.FirstOrDefault(erased => erased.Position == position) is not { Digest: { } digest })
            return;

        var finished = record.ToArray();
        EventRecord.Erase(finished, digest);
        if (EventRecord.IsSound(finished, seed))
            finished.CopyTo(record);
    }
}
