using System.Buffers.Binary;
using Clew.Events;
using CsCheck;

namespace Clew.Tests.Events;

public sealed class EventIdTests
{
    private const int Many = 20_000;

    [Fact]
    public void An_id_is_of_version_7_with_the_time_in_front()
    {
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var bytes = EventId.New().ToByteArray(bigEndian: true);

        Assert.Equal(7, bytes[6] >> 4);
        Assert.Equal(0b10, bytes[8] >> 6);
        // The counter may have run ahead of the clock where very many were made in one millisecond.
        Assert.InRange((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16) - before, 0, 60_000);
    }

    [Fact]
    public void Each_id_is_higher_than_those_that_its_process_made_before()
    {
        var ids = Made();

        Assert.All(ids.Zip(ids[1..]), pair => Assert.True(pair.First < pair.Second));
    }

    [Fact]
    public void Ids_made_on_several_threads_are_all_different_and_ascend_on_each()
    {
        var made = new Guid[4][];
        var threads = made.Select((_, index) => new Thread(() => made[index] = Made())).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();

        Assert.Equal(4 * Many, made.SelectMany(ids => ids).Distinct().Count());
        Assert.All(made, ids => Assert.Equal(ids.Order(), ids));
    }

    [Fact]
    public void Ids_are_ordered_as_their_bytes_are_in_the_log() => Gen.Select(Gen.Guid, Gen.Guid).Sample((left, right) =>
        Math.Sign(left.CompareTo(right)) == Math.Sign(left.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(right.ToByteArray(bigEndian: true))));

    [Fact]
    public void Random_bits_are_different_each_time() =>
        Assert.Equal(Many, Made().Select(id => BinaryPrimitives.ReadUInt64BigEndian(id.ToByteArray(bigEndian: true).AsSpan(8))).Distinct().Count());

    private static Guid[] Made() => [.. Enumerable.Range(0, Many).Select(_ => EventId.New())];
}
