using System.Globalization;
using System.Text;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Sweep.Commands;

/// <summary>
/// A writer to be killed: appends batches from a number on, and prints a line for each answer. What batch n holds follows from n,
/// so whoever reads the store later knows what should be there.
/// </summary>
internal static class ChildCommand
{
    public static int Run(Arguments arguments) => RunAsync(arguments).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(Arguments arguments)
    {
        var folder = arguments.Words[0];
        var first = arguments.Number("--from", 0);
        var count = arguments.Number("--count", int.MaxValue);
        var lanes = arguments.Number("--lanes", 1);
        var store = await SegmentEventStore.OpenAsync(folder, OptionsOf(arguments));
        Say("opened");
        var next = first;
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => LaneAsync()));
        await store.DisposeAsync();
        Say("closed");
        return 0;

        async Task LaneAsync()
        {
            for (var number = Interlocked.Increment(ref next) - 1; number < first + (long)count; number = Interlocked.Increment(ref next) - 1)
            {
                try
                {
                    var answer = (AppendResult.Appended)await store.AppendAsync(new AppendBatch(ChildBatch.Events(number)));
                    Say($"ack {number} {answer.First} {answer.Last}");
                }
                catch (StoreException exception)
                {
                    Say($"failed {number} {exception.GetType().Name} {exception.Message}");
                }
            }
        }
    }

    /// <summary>The same for the child and for who checks it.</summary>
    public static SegmentStoreOptions OptionsOf(Arguments arguments) => new()
    {
        SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin,
        Durability = arguments.Text("--durability") == "strict" ? Durability.Strict : Durability.Flushed,
    };

    // One write for one line: a child that dies in the middle leaves no half of a line that could be taken for another.
    private static void Say(string line)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(line + "\n"));
        output.Flush();
    }
}

/// <summary>What the child's batches hold.</summary>
internal static class ChildBatch
{
    public static IReadOnlyList<EventData> Events(int number) =>
        [.. Enumerable.Range(0, 1 + (number % 3)).Select(index => Event(number, index))];

    public static Guid Id(int number, int index) => new(number, (short)index, 0x7abc, 0x80, 1, 2, 3, 4, 5, 6, 7);

    /// <returns>Which batch an event is of, and which of its events; none where it is not what the child appends.</returns>
    public static (int Number, int Index)? Parse(RecordedEvent recorded)
    {
        Span<byte> bytes = stackalloc byte[16];
        recorded.Id.TryWriteBytes(bytes);
        var (number, index) = (BitConverter.ToInt32(bytes), BitConverter.ToInt16(bytes[4..]));
        if (number < 0 || index < 0 || index > number % 3 || recorded.Id != Id(number, index))
            return null;

        var sent = Event(number, index);
        var isSame = recorded.Stream == sent.Stream && recorded.Type == sent.Type
            && recorded.Data.Span.SequenceEqual(sent.Data.Span) && recorded.Tags.SequenceEqual(sent.Tags);
        return isSame ? (number, index) : null;
    }

    private static EventData Event(int number, int index)
    {
        var bytes = new byte[20 + (number * 37 % 1_400)];
        new Random(number).NextBytes(bytes);
        return new EventData(
            new StreamName(string.Create(CultureInfo.InvariantCulture, $"stream-{number % 7}")), $"type-{index}", bytes)
        {
            Id = Id(number, index),
            Tags = [new Tag("batch", (number % 11).ToString(CultureInfo.InvariantCulture))],
        };
    }
}
