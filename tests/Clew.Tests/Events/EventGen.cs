using System.Text;
using Clew.Events;
using CsCheck;

namespace Clew.Tests.Events;

/// <summary>Events of every shape that a store takes, and often at the limits of what it takes.</summary>
internal static class EventGen
{
    // One, two, three and four bytes of UTF-8.
    private static readonly string[] Letters = ["a", "é", "東", "😀"];

    /// <summary>How many bytes a name has: few, many, and often as many as it may.</summary>
    private static readonly Gen<int> NameBytes = Gen.Frequency((6, Gen.Int[1, 20]), (2, Gen.Int[21, 511]), (1, Gen.Const(Names.BytesMax)));

    public static readonly Gen<string> Name = Gen.Select(Gen.OneOf(Letters), NameBytes, Filled);

    private static readonly Gen<byte[]> Content = Gen.Byte.Array[Gen.Frequency((2, Gen.Const(0)), (3, Gen.Int[0, 40]), (2, Gen.Int[41, 3_000]))];

    private static readonly Gen<int> TagCount = Gen.Frequency((3, Gen.Const(0)), (6, Gen.Int[1, 4]), (1, Gen.Const(EventLimits.TagsMax)));

    private static readonly Gen<IReadOnlyList<Tag>> Tags = Gen.Select(TagCount, Name, (count, name) =>
        (IReadOnlyList<Tag>)[.. Enumerable.Range(0, count).Select(number => Numbered(number, name))]);

    private static readonly Gen<string> ContentType = Gen.Frequency(
        (3, Gen.Const(EventLimits.ContentTypeDefault)),
        (2, Gen.Char[' ', '~'].Array[1, EventLimits.ContentTypeBytesMax].Select(letters => new string(letters))),
        (1, Gen.Const(new string('x', EventLimits.ContentTypeBytesMax))));

    /// <summary>Whole microseconds from the year 1 to 9999.</summary>
    public static readonly Gen<long> Microseconds = Gen.Frequency(
        (4, Gen.Long[UnixMicroseconds.From(DateTimeOffset.MinValue), UnixMicroseconds.From(DateTimeOffset.MaxValue)]),
        (1, Gen.OneOf(UnixMicroseconds.From(DateTimeOffset.MinValue), -1, 0, 1, UnixMicroseconds.From(DateTimeOffset.MaxValue))));

    private static readonly Gen<Guid?> MaybeId = Gen.Guid.Nullable(0.5);

    public static readonly Gen<EventData> Data = Gen.Select(
        Gen.Select(Name, Name, Content, Content, Tags),
        Gen.Select(Gen.Guid, Gen.Int[1, EventLimits.SchemaVersionMax], ContentType, Microseconds.Nullable(0.5), Gen.Select(MaybeId, MaybeId)),
        (named, rest) => new EventData(named.Item1, named.Item2, named.Item3)
        {
            Metadata = named.Item4,
            Tags = named.Item5,
            Id = rest.Item1,
            SchemaVersion = rest.Item2,
            ContentType = rest.Item3,
            OccurredAt = rest.Item4 is { } at ? UnixMicroseconds.ToTime(at) : null,
            CorrelationId = rest.Item5.Item1,
            CausationId = rest.Item5.Item2,
        });

    /// <summary>An event with the place that a log gave it.</summary>
    public static readonly Gen<PlacedEvent> Placed = Gen.Select(
        Data,
        Gen.Int[1, EventLimits.BatchEventsMax].SelectMany(count => Gen.Int[0, count - 1].Select(index => (Index: index, Count: count))),
        Gen.Long[1, long.MaxValue], Gen.Long[1, long.MaxValue], Microseconds, Gen.Select(Gen.UInt, Gen.Byte.Array[EventRecord.SaltBytes]),
        (data, batch, position, version, recordedAt, chance) =>
            new PlacedEvent(data, batch.Index, batch.Count, position, version, recordedAt, chance.Item1, chance.Item2));

    private static string Filled(string letter, int bytes)
    {
        var letterBytes = Encoding.UTF8.GetByteCount(letter);
        return new StringBuilder().Insert(0, letter, bytes / letterBytes).Append('z', bytes % letterBytes).ToString();
    }

    // As long as the name allows, and each different from the others.
    private static Tag Numbered(int number, string name)
    {
        var key = $"{number}:";
        var runes = name.EnumerateRunes().ToList();
        while (runes.Sum(rune => rune.Utf8SequenceLength) + key.Length > Names.BytesMax)
            runes.RemoveAt(runes.Count - 1);
        return new(key + string.Concat(runes));
    }
}

/// <summary>An event and all that goes into its record beside it.</summary>
internal sealed record PlacedEvent(
    EventData Data, int Index, int Count, long Position, long Version, long RecordedAt, uint Seed, byte[] Salt)
{
    public byte[] Record()
    {
        var record = new byte[EventRecord.BytesOf(Data)];
        // What lies in a buffer before must not show.
        record.AsSpan().Fill(0xA5);
        EventRecord.Write(record, Data, Index, Count, Salt);
        EventRecord.Place(record, Position, Version, RecordedAt, Seed);
        return record;
    }
}
