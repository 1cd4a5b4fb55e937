using System.Buffers.Binary;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Tests.Events;
using CsCheck;

namespace Clew.Tests.Segments;

public sealed class HeaderTests
{
    private static readonly Gen<ChainValue> Chain = Gen.Byte.Array[ChainValue.Bytes].Select(bytes => ChainValue.Of(bytes));

    private static readonly Gen<int> Offset = Gen.Int[SegmentHeader.Bytes, int.MaxValue];
    private static readonly Gen<int> Number = Gen.Int[1, int.MaxValue];
    private static readonly Gen<long> Place = Gen.Long[1, long.MaxValue];

    private static readonly Gen<LogPoint> Point = Gen.Select(Number, Offset, Place, Place, EventGen.Microseconds, Chain, (segment, offset, group, position, at, chain) =>
        new LogPoint(segment, offset, group, position, at, chain));

    private static readonly Gen<GroupHeader> Group = Gen.Select(Gen.Int[13, 1 << 27], Gen.Int[1, int.MaxValue], Gen.Long, Gen.Long, Gen.UInt, Gen.Guid, Chain, (eighths, records, number, position, sum, log, chain) =>
        new GroupHeader(eighths * 8, records, number, position, sum, log, chain));

    private static readonly Gen<SegmentHeader> Segment = Gen.Select(Number, Offset, Gen.Guid, Place, Place, Chain, Gen.Select(Gen.ULong, Gen.ULong, Gen.Long), (number, bytes, log, position, group, chain, rest) =>
        new SegmentHeader(number, bytes, log, position, group, chain, new UInt128(rest.Item1, rest.Item2), rest.Item3));

    private static readonly Gen<Watermark> Mark = Gen.Select(Gen.Guid, Gen.Int, Point, Gen.Bool, Gen.Long, (log, epoch, point, isClean, write) =>
        new Watermark(new(log, epoch), point, isClean, write));

    private static readonly Gen<ErasureJournal> Journal = Gen.Select(Gen.Guid, Gen.Guid, Gen.Select(Gen.Int[1, 1_000], Gen.Byte.Array[EventRecord.DigestBytes]).Array[1, 9], (log, record, steps) =>
        new ErasureJournal(log, record, [.. steps.Select((step, index) => new ErasedEvent(steps[..(index + 1)].Sum(one => (long)one.Item1), step.Item2))]));

    private static readonly Gen<StoreHeader> Store = Gen.Select(Gen.Guid, Gen.Int[1, int.MaxValue], Gen.ULong, Gen.ULong, Gen.Long, (log, epoch, high, low, at) =>
        new StoreHeader(new(log, epoch), new UInt128(high, low), at));

    private static readonly Gen<ReplicaMark> Replica = Gen.Select(Gen.Guid, Gen.Int, EventGen.Name, Gen.OneOf(Gen.Const(""), EventGen.Name), (log, epoch, source, original) =>
        new ReplicaMark(new(log, epoch), source, original));

    [Fact]
    public void The_header_of_a_group_comes_back_and_any_bit_that_turns_over_shows() => Gen.Select(Group, Gen.UInt).Sample((header, seed) =>
    {
        var bytes = new byte[GroupHeader.Bytes];
        header.Write(bytes, seed);

        Assert.True(GroupHeader.TryRead(bytes, seed, out var again));
        Assert.Equal(header, again);
        Assert.False(GroupHeader.TryRead(bytes, seed + 1, out _));
        NoFlipPasses(bytes, flipped => GroupHeader.TryRead(flipped, seed, out _));
    }, iter: 20);

    [Fact]
    public void The_header_of_a_segment_comes_back_and_any_bit_that_turns_over_shows() => Segment.Sample(header =>
    {
        var bytes = header.ToBytes();

        Assert.Equal(SegmentHeader.Bytes, bytes.Length);
        Assert.True(SegmentHeader.TryRead(bytes, out var again));
        Assert.Equal(header, again);
        NoFlipPasses(bytes, flipped => SegmentHeader.TryRead(flipped, out _));
    }, iter: 2);

    [Fact]
    public void A_journal_of_an_erasure_comes_back_and_any_bit_that_turns_over_shows() => Journal.Sample(journal =>
    {
        var bytes = journal.ToBytes();

        var again = ErasureJournal.Parse(bytes, journal.LogId)!;
        Assert.Equal((journal.LogId, journal.RecordId), (again.LogId, again.RecordId));
        Assert.Equal(journal.Events.Select(erased => (erased.Position, Convert.ToHexString(erased.Digest))), again.Events.Select(erased => (erased.Position, Convert.ToHexString(erased.Digest))));
        Assert.Null(ErasureJournal.Parse(bytes, Guid.NewGuid()));
        Assert.Null(ErasureJournal.Parse(bytes.AsSpan(0, bytes.Length - 1), journal.LogId));
        NoFlipPasses(bytes, flipped => ErasureJournal.Parse(flipped, journal.LogId) is not null);
    }, iter: 10);

    [Fact]
    public void A_journal_that_cannot_be_is_none_though_its_checksum_is_right()
    {
        var (log, digest) = (Guid.NewGuid(), new byte[EventRecord.DigestBytes]);
        ErasedEvent[][] lies = [[], [new(0, digest)], [new(-1, digest)], [new(2, digest), new(1, digest)], [new(1, digest), new(1, digest)], [.. Enumerable.Range(1, 1_001).Select(at => new ErasedEvent(at, digest))]];

        Assert.All(lies, events => Assert.Null(ErasureJournal.Parse(new ErasureJournal(log, Guid.NewGuid(), events).ToBytes(), log)));
        Assert.NotNull(ErasureJournal.Parse(new ErasureJournal(log, Guid.NewGuid(), [.. lies[^1][1..]]).ToBytes(), log));
    }

    [Fact]
    public void A_mark_comes_back_from_either_slot_and_any_bit_that_turns_over_shows() => Mark.Sample(mark =>
    {
        var bytes = new byte[Watermark.Bytes];
        mark.CopyTo(bytes);

        Assert.Equal((mark, 0), Read([.. bytes, .. new byte[Watermark.FileBytes - Watermark.Bytes]]));
        Assert.Equal((mark, 1), Read([.. new byte[Watermark.SlotBytes], .. bytes]));
        NoFlipPasses(bytes, flipped => Read(flipped) is not null);
    }, iter: 20);

    [Fact]
    public void Of_two_marks_the_one_written_later_counts() => Gen.Select(Mark, Mark).Where((one, other) => one.Write != other.Write).Sample((one, other) =>
    {
        var bytes = new byte[Watermark.FileBytes];
        one.CopyTo(bytes);
        other.CopyTo(bytes.AsSpan(Watermark.SlotBytes));

        Assert.Equal(one.Write > other.Write ? (one, 0) : (other, 1), Read(bytes));
    });

    [Fact]
    public void The_header_of_a_store_comes_back_and_any_bit_that_turns_over_shows() => Store.Sample(header =>
    {
        var bytes = header.ToBytes();

        Assert.Equal(header, StoreHeader.Read(bytes, "here"));
        NoFlipPasses(bytes, IsStore);
        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.False(IsStore(bytes[..length])));
    }, iter: 20);

    [Fact]
    public void The_mark_of_a_replica_comes_back_and_any_bit_that_turns_over_shows() => Replica.Sample(mark =>
    {
        var bytes = mark.ToBytes();

        Assert.Equal(mark, ReplicaMark.Read(bytes));
        NoFlipPasses(bytes, flipped => ReplicaMark.Read(flipped) is not null);
        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.Null(ReplicaMark.Read(bytes.AsSpan(0, length))));
        Assert.Null(ReplicaMark.Read([.. bytes, 0]));
    }, iter: 20);

    [Theory]
    [InlineData(36)]
    [InlineData(47)]
    public void A_group_with_something_where_zeros_belong_is_none(int at)
    {
        var bytes = new byte[GroupHeader.Bytes];
        new GroupHeader(GroupHeader.Bytes + 8, 1, 1, 1, 0, Guid.Empty, default).Write(bytes, seed: 7);
        bytes[at] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Of(bytes.AsSpan(8), 7));

        Assert.False(GroupHeader.TryRead(bytes, seed: 7, out _));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(44)]
    [InlineData(112)]
    [InlineData(127)]
    public void A_mark_with_something_where_zeros_belong_is_none(int at)
    {
        var bytes = new byte[Watermark.Bytes];
        new Watermark(new(Guid.Empty, 1), LogPoint.Start, IsClean: false, 1).CopyTo(bytes);
        bytes[at] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Crc32C.Of(bytes.AsSpan(12)));

        Assert.Null(Read(bytes));
    }

    [Fact]
    public void A_store_with_something_where_zeros_belong_is_damaged()
    {
        var bytes = new StoreHeader(new(Guid.Empty, 1), 0, 0).ToBytes();
        bytes[56] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(60), Crc32C.Of(bytes.AsSpan(0, 60)));

        Assert.Throws<StoreCorruptedException>(() => StoreHeader.Read(bytes, "here"));
    }

    [Theory]
    [InlineData(0, 4096, 1, 1, 0)]
    [InlineData(1, 4095, 1, 1, 0)]
    [InlineData(1, -1, 1, 1, 0)]
    [InlineData(1, 4096, -1, 1, 0)]
    [InlineData(1, 4096, 1, -1, 0)]
    [InlineData(1, 4096, 1, 1, long.MaxValue)]
    public void A_mark_of_a_place_that_cannot_be_is_none(int segment, int offset, long group, long position, long recordedAt)
    {
        var bytes = new byte[Watermark.Bytes];
        new Watermark(new(Guid.Empty, 1), new(segment, offset, group, position, recordedAt, default), IsClean: true, 1).CopyTo(bytes);

        Assert.Null(Read(bytes));
    }

    [Theory]
    [InlineData(0, 65_536, 1, 1)]
    [InlineData(1, 0, 1, 1)]
    [InlineData(1, -4096, 1, 1)]
    [InlineData(1, 65_536, 0, 1)]
    [InlineData(1, 65_536, 1, 0)]
    public void A_segment_that_cannot_be_is_none(int number, int fileBytes, long firstPosition, long firstGroup) =>
        Assert.False(SegmentHeader.TryRead(new SegmentHeader(number, fileBytes, Guid.Empty, firstPosition, firstGroup, default, 1, 0).ToBytes(), out _));

    private static void NoFlipPasses(byte[] bytes, Func<byte[], bool> passes)
    {
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(passes(bytes), $"bit {bit % 8} of byte {bit / 8}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static bool IsStore(byte[] bytes)
    {
        try
        {
            StoreHeader.Read(bytes, "here");
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private static (Watermark, int)? Read(byte[] bytes)
    {
        var disk = new MemoryDisk { [Watermark.FileName] = bytes };
        return Watermark.ReadSlotAsync(disk.OpenAsync(Watermark.FileName, FileUse.Read).AsTask().GetAwaiter().GetResult()).AsTask().GetAwaiter().GetResult();
    }
}
