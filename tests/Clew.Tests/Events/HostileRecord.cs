using System.Buffers.Binary;
using Clew.Events;
using CsCheck;

namespace Clew.Tests.Events;

/// <summary>Records whose checksums are right and whose content lies, as who knows the format can write them.</summary>
internal static class HostileRecord
{
    private const int Envelope = EventRecord.HeaderBytes;
    private const int PayloadBytesMin = 32;
    private const int FixedBytes = 72;

    // Where the lengths of stream name, event type and content type are, in the envelope.
    private static readonly int[] Lengths = [20, 22, 24];

    private static readonly Gen<Action<byte[]>> Lie = Gen.OneOf(
        LieOf(Gen.Select(Gen.Int[0, FixedBytes - 1], Gen.Byte), (record, one) => record[Envelope + one.Item1] = one.Item2),
        LieOf(Gen.Select(Gen.Int[FixedBytes, 400], Gen.Byte), (record, one) => record[Math.Min(record.Length - 1, Envelope + one.Item1)] = one.Item2),
        LieOf(Gen.Select(Gen.OneOf(Lengths), Gen.OneOf(Lengths), Gen.Int[1, 40]), (record, one) => Move(record, one.Item1, one.Item2, one.Item3)),
        LieOf(Gen.Select(Gen.OneOf(1, 2, 4), Gen.OneOf(Lengths)), (record, one) => Toggle(record, one.Item1, one.Item2)),
        LieOf(Gen.Select(Gen.OneOf(32, 40, 48, FixedBytes), Gen.Long), (record, one) => Put(record, one.Item1, one.Item2)),
        LieOf(Gen.Select(Gen.OneOf(26, 8, 10), Gen.Int[-2, 2]), (record, one) => Add(record, one.Item1, one.Item2)));

    /// <summary>A record that one to four lies were told in, each of which may make up for another, and its seed.</summary>
    public static readonly Gen<(byte[] Record, uint Seed)> Any =
        Gen.Select(EventGen.Placed.Where(placed => EventRecord.BytesOf(placed.Data) < 4_000), Lie.Array[1, 4], (placed, lies) =>
        {
            var record = placed.Record();
            foreach (var lie in lies)
                lie(record);

            // As long as it says it is, where it may be that long at all.
            if (EventRecord.TryMeasure(record, out var length))
                Array.Resize(ref record, length);
            Seal(record, placed.Seed);
            return (record, placed.Seed);
        });

    /// <summary>Gives a record the checksums that its bytes should have.</summary>
    public static void Seal(Span<byte> record, uint seed)
    {
        var envelope = BinaryPrimitives.ReadInt32LittleEndian(record[Envelope..]);
        if (envelope < FixedBytes || envelope > record.Length - Envelope - PayloadBytesMin)
            return;

        var data = (long)BinaryPrimitives.ReadInt32LittleEndian(record[(Envelope + 12)..]);
        var metadata = BinaryPrimitives.ReadInt32LittleEndian(record[(Envelope + 16)..]);
        var payload = (int)Math.Clamp(EventRecord.SaltBytes + data + metadata, PayloadBytesMin, record.Length - Envelope - envelope);
        var begun = Crc32C.Of(record.Slice(8, 4), Crc32C.Of(record.Slice(Envelope + 56, 16)));
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Of(record.Slice(Envelope, envelope), seed));
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Crc32C.Of(record.Slice(Envelope + envelope, payload), begun));
    }

    private static Gen<Action<byte[]>> LieOf<T>(Gen<T> chosen, Action<byte[], T> tell) =>
        chosen.Select<T, Action<byte[]>>(one => record => tell(record, one));

    private static void Put(byte[] record, int at, long value) =>
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(Envelope + at), value);

    private static void Move(byte[] record, int from, int to, int bytes)
    {
        Add(record, from, -bytes);
        Add(record, to, bytes);
    }

    // An optional field more or less, at the expense of a name.
    private static void Toggle(byte[] record, int flag, int length)
    {
        var bytes = flag == 1 ? 8 : 16;
        record[Envelope + 5] ^= (byte)flag;
        Add(record, length, (record[Envelope + 5] & flag) == 0 ? bytes : -bytes);
    }

    private static void Add(byte[] record, int at, int by)
    {
        var field = record.AsSpan(Envelope + at);
        BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(field) + by));
    }
}
