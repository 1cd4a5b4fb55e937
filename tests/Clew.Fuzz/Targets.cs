using System.Buffers.Binary;
using System.Text;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Store.Segments.Indexes;
using Clew.Sweep.Commands;
using Clew.Sweep.Directed;
using Clew.Zstandard;

namespace Clew.Fuzz;

/// <summary>Everything that reads bytes which somebody else may have written.</summary>
/// <remarks>
/// Where a checksum guards the bytes it is made right first: it keeps accidents out, not people, and a fuzzer would get no further than to it.
/// </remarks>
internal static class Targets
{
    private static readonly Lazy<MemoryDisk> Store = new(() =>
    {
        var disk = KilledStore.With(batches: 12);
        KilledStore.Close(disk);
        return disk;
    });

    private static readonly ZstandardCodec Codec = new();
    private static readonly Lazy<MemoryDisk> Indexed = new(KilledStore.WithIndexes);

    public static IReadOnlyDictionary<string, Target> All { get; } = new Dictionary<string, Target>
    {
        ["record"] = new(RecordSeeds, TryRecord),
        ["group"] = new(() => [Groups()], TryGroup),
        ["segment"] = new(() => [Segment()], TrySegment),
        ["index"] = new(() => [Indexed.Value[IndexName()]], TryIndex),
        ["head"] = new(() => [Store.Value[Watermark.FileName]], bytes => TryOpen(Watermark.FileName, bytes)),
        ["tree"] = new(() => [Tree()], TryTree),
        ["replica"] = new(() => [new ReplicaMark(new(Guid.Empty, 1), "/orders", "/orders").ToBytes()], TryReplica),
        ["erasing"] = new(() => [Journal()], TryErasing),
        ["stub"] = new(() => [Stub().ToBytes()], TryStub),
        ["archive"] = new(() => [Packed()], TryArchive),
        ["note"] = new(NoteSeeds, TryNote),
        ["proof"] = new(ProofSeeds, TryProof),
    };

    private static IEnumerable<byte[]> RecordSeeds()
    {
        for (var number = 0; number < 4; number++)
        {
            var data = ChildBatch.Events(number)[0] with { OccurredAt = number % 2 == 0 ? null : DateTimeOffset.UnixEpoch, CorrelationId = number > 1 ? Guid.Empty : null };
            var record = new byte[EventRecord.BytesOf(data)];
            EventRecord.Write(record, data, 0, 1, new byte[EventRecord.SaltBytes]);
            EventRecord.Place(record, 1, 1, 0, seed: 0);
            yield return record;
        }
    }

    private static void TryRecord(byte[] bytes)
    {
        if (!Resealed(bytes, seed: 0, out var length) || !EventRecord.IsSound(bytes.AsSpan(0, length), 0))
            return;

        var recorded = new RecordedEvent(bytes, 0, length);
        _ = recorded.ToString();
        _ = (recorded.Tags.Count, recorded.Data.Length, recorded.Metadata.Length, recorded.ContentType, recorded.OccurredAt, recorded.RecordedAt);
        _ = (recorded.CorrelationId, recorded.CausationId, recorded.SchemaVersion, EventProof.LeafOf(recorded));
    }

    // Gives a record right checksums, where it is one.
    private static bool Resealed(Span<byte> bytes, uint seed, out int length)
    {
        if (!EventRecord.TryMeasure(bytes, out length) || length > bytes.Length)
            return false;

        var record = bytes[..length];
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Of(EventRecord.Envelope(record), seed));
        var (start, payload) = EventRecord.PayloadPlace(record);
        var checksum = Crc32C.Of(record.Slice(8, 4), Crc32C.Of(record.Slice(EventRecord.HeaderBytes + 56, 16)));
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Crc32C.Of(record.Slice(start, payload), checksum));
        return true;
    }

    private static string SegmentName() => LogOnDisk.Of(Store.Value).Last.FileName;

    private static byte[] Groups()
    {
        var groups = LogOnDisk.Of(Store.Value).Groups;
        return Store.Value[SegmentName()][SegmentHeader.Bytes..groups[2].After.Offset];
    }

    // The groups of a segment, with right checksums of all that looks like a group and its records.
    private static void TryGroup(byte[] bytes)
    {
        var whole = Store.Value[SegmentName()];
        var room = whole.AsSpan(SegmentHeader.Bytes);
        bytes = bytes.AsSpan(0, Math.Min(bytes.Length, room.Length)).ToArray();
        var seed = LogOnDisk.Of(Store.Value).Last.Seed;
        for (var rest = bytes.AsSpan(); rest.Length > GroupHeader.Bytes;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
            if (length <= GroupHeader.Bytes || length > rest.Length)
                break;

            var checksum = seed;
            for (var records = rest[GroupHeader.Bytes..length]; Resealed(records, seed, out var record); records = records[record..])
                checksum = Crc32C.Of(records[..sizeof(uint)], checksum);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[32..], checksum);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], Crc32C.Of(rest[8..GroupHeader.Bytes], seed));
            rest = rest[length..];
        }

        room.Clear();
        bytes.CopyTo(room);
        TryOpen(SegmentName(), whole);
    }

    private static byte[] Segment() => Store.Value[SegmentName()][..(SegmentHeader.Bytes + 512)];

    private static void TrySegment(byte[] bytes)
    {
        const int checkedBytes = 104;
        if (bytes.Length > SegmentHeader.Bytes)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(checkedBytes), Crc32C.Of(bytes.AsSpan(0, checkedBytes)));
        TryOpen(SegmentName(), bytes);
    }

    private static string IndexName() => Indexed.Value.Names.First(name => name.EndsWith(".idx", StringComparison.Ordinal));

    private static void TryIndex(byte[] bytes)
    {
        for (var block = 0; (block + 1) * IndexBlocks.Bytes <= bytes.Length; block++)
        {
            var place = bytes.AsSpan(block * IndexBlocks.Bytes, IndexBlocks.Bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(place[^4..], Crc32C.Of(place[..^4]));
        }

        var disk = Indexed.Value.Copy();
        disk[IndexName()] = bytes;
        Open(disk);
    }

    private static byte[] Tree()
    {
        var disk = Store.Value.Copy();
        var logId = StoreHeader.Read(disk[StoreHeader.FileName], "").Lineage.LogId;
        using var file = TreeFile.CreateAsync(disk, logId).AsTask().GetAwaiter().GetResult();
        file.WriteAsync(0, [Digest.Of([1]), Digest.Of([2])]).AsTask().GetAwaiter().GetResult();
        return disk[TreeFile.FileName];
    }

    private static void TryTree(byte[] bytes)
    {
        var disk = Store.Value.Copy();
        disk[TreeFile.FileName] = bytes;
        Laboratory.With(disk, async store => await store.TreeHeadAsync());
    }

    private static void TryReplica(byte[] bytes)
    {
        if (bytes.Length > sizeof(uint))
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - sizeof(uint)), Crc32C.Of(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        if (ReplicaMark.Read(bytes) is { } mark)
            _ = mark.ToString();
        TryOpen(ReplicaMark.FileName, bytes);
    }

    private static byte[] Journal()
    {
        var logId = StoreHeader.Read(Store.Value[StoreHeader.FileName], "").Lineage.LogId;
        return new ErasureJournal(logId, Guid.Empty, [new(1, new byte[EventRecord.DigestBytes]), new(2, new byte[EventRecord.DigestBytes])]).ToBytes();
    }

    private static void TryErasing(byte[] bytes)
    {
        const int checkedFrom = 12;
        if (bytes.Length > checkedFrom)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Crc32C.Of(bytes.AsSpan(checkedFrom)));
        TryOpen(ErasureJournal.FileName, bytes);
    }

    private static void TryOpen(string name, byte[] bytes)
    {
        var disk = Store.Value.Copy();
        foreach (var index in disk.Names.Where(other => other.EndsWith(".idx", StringComparison.Ordinal)).ToList())
            disk.Remove(index);
        disk[name] = bytes;
        Open(disk);
    }

    private static void Open(MemoryDisk disk)
    {
        try
        {
            Laboratory.With(disk, async store =>
            {
                var events = 0;
                await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All))
                    events += recorded.ToString().Length + recorded.Tags.Count;
                await foreach (var recorded in store.ReadEventsAsync(ReadRequest.Matching(Query.Types("type-1"))))
                    events += recorded.ToString().Length;
                return events;
            });
        }
        catch (StoreException)
        {
            // What is wrong with it was said.
        }

        try
        {
            _ = Expect.Verified(disk);
        }
        catch (ArchiveNotAttachedException)
        {
            // Only a stub can say so.
        }
    }

    private static ArchiveStub Stub()
    {
        var header = LogOnDisk.Of(Store.Value).Last;
        return new(header, LogOnDisk.Of(Store.Value).End, Digest.Of([1]), "/archive");
    }

    private static void TryStub(byte[] bytes)
    {
        const int checkedBytes = ArchiveStub.Bytes - sizeof(uint);
        if (bytes.Length >= ArchiveStub.Bytes)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(checkedBytes), Crc32C.Of(bytes.AsSpan(0, checkedBytes)));
        var disk = Store.Value.Copy();
        disk.Remove(SegmentName());
        disk[ArchiveStub.NameOf(SegmentName())] = bytes;
        Open(disk);
    }

    // A small segment, so that its one frame is what is tried most.
    private static SegmentHeader Small() => LogOnDisk.Of(Store.Value).Last with { FileBytes = 8192 };

    private static byte[] Packed()
    {
        var frame = Codec.Compress([.. Small().ToBytes(), .. Store.Value[SegmentName()].AsSpan(SegmentHeader.Bytes, 4096)]);
        return [.. frame, .. SeekTable.ToBytes([frame.Length], 8192)];
    }

    private static void TryArchive(byte[] bytes)
    {
        var disk = new MemoryDisk { ["packed"] = bytes };
        try
        {
            using var packed = PackedSegment.OpenAsync(disk, "packed", Small(), Codec).AsTask().GetAwaiter().GetResult();
            packed.ReadAsync(new byte[9000], 0).AsTask().GetAwaiter().GetResult();
        }
        catch (StoreCorruptedException)
        {
            // What is wrong with it was said.
        }
    }

    private static IEnumerable<byte[]> NoteSeeds()
    {
        using var signer = new FixedSigner();
        var seal = Seal.Sign(SealOrigin.Of(Guid.Empty, 1), new(7, Digest.Of([1])), signer);
        yield return Encoding.UTF8.GetBytes(seal.ToString());
        yield return Encoding.UTF8.GetBytes(SealBook.EntryOf(seal) + SealBook.EntryOf(seal.SignedBy(signer)));
        yield return Encoding.UTF8.GetBytes(signer.Key.ToString());
    }

    private static void TryNote(byte[] bytes)
    {
        using var signer = new FixedSigner();
        if (SignedNote.TryParse(bytes, out var note, out _))
            _ = (note.Check([signer]), note.ToString());
        if (Seal.TryParse(bytes, out var seal, out _))
            _ = (seal.Check([signer]), SealOrigin.TryParse(seal.Origin, out _, out _));
        if (SealBook.TryParse(bytes, out var book, out _))
            _ = book.KeysFrom(signer.Key, SealOrigin.Of(Guid.Empty, 1), _ => signer).Terms.Count;
        _ = KeyRotation.TryParse(bytes, out _, out _);
        _ = NoteKey.TryParse(Encoding.UTF8.GetString(bytes), out _, out _);
    }

    private static IEnumerable<byte[]> ProofSeeds()
    {
        using var signer = new FixedSigner();
        var record = RecordSeeds().First();
        var recorded = new RecordedEvent(record, 0, record.Length);
        var leaf = EventProof.LeafOf(recorded);
        var (one, two) = (Seal.Sign("log", new(1, leaf), signer), Seal.Sign("log", new(2, Merkle.Node(leaf, leaf)), signer));
        yield return Encoding.UTF8.GetBytes(new EventProof(recorded, [leaf], two).ToString());
        yield return Encoding.UTF8.GetBytes(new EventProof(recorded, [], one).WithoutItsContent().ToString());
        yield return Encoding.UTF8.GetBytes(new ConsistencyProofFile(one, two, [leaf]).ToString());
    }

    private static void TryProof(byte[] bytes)
    {
        using var signer = new FixedSigner();
        if (EventProof.TryParse(bytes, out var proof, out _))
            _ = (proof.Check([signer]), proof.Event.ToString(), proof.Event.Tags, proof.WithoutItsContent().ToString());
        if (ConsistencyProofFile.TryParse(bytes, out var grown, out _))
            _ = (grown.Check([signer]), grown.ToString());
    }
}
