using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Sweep.Commands;

/// <summary>
/// A writer to be killed: appends batches from a number on, erases some of them where it is told to, and prints a line for each answer.
/// What batch n holds follows from n, so whoever reads the store later knows what should be there.
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
        var eraser = arguments.Number("--erase", 0) is var seed and > 0 ? new ChildEraser(seed, Say) : null;
        var store = await SegmentEventStore.OpenAsync(folder, OptionsOf(arguments));
        Say("opened");
        var next = first;
        var erasing = eraser?.RunAsync(store);
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => LaneAsync()));
        eraser?.Stop();
        await (erasing ?? Task.CompletedTask);
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
                    eraser?.Tell(answer.Last);
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

/// <summary>Erases among the child's appends: before each erasure it says which root the log has, and after it what is gone.</summary>
internal sealed class ChildEraser(int seed, Action<string> say)
{
    private readonly Random random = new(seed);

    // As fast as it can; of what is acknowledged meanwhile, the latest counts.
    private readonly Channel<GlobalPosition> acknowledged =
        Channel.CreateBounded<GlobalPosition>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    public void Tell(GlobalPosition position) => acknowledged.Writer.TryWrite(position);

    public void Stop() => acknowledged.Writer.Complete();

    public async Task RunAsync(SegmentEventStore store)
    {
        await foreach (var last in acknowledged.Reader.ReadAllAsync())
        {
            try
            {
                var root = await store.TreeHeadAsync();
                say($"root {root.Size} {root.Root}");
                await EraseAsync(store, last.Value, root.Size);
            }
            catch (StoreException exception)
            {
                say($"failed erasing {exception.GetType().Name} {exception.Message}");
            }
        }
    }

    // Old ones and new ones, and those of a portion or two now and then; most events are to be left.
    private async ValueTask EraseAsync(SegmentEventStore store, long last, long head)
    {
        var (stream, upTo) = random.Next(12) == 0 ? (ChildBatch.StreamOf(random.Next(2)), head) : (default, 0);
        var position = random.Next(2) == 0 ? last : 1 + random.NextInt64(last);
        EraseTarget target = upTo > 0 ? new EraseTarget.OfStream(stream) : new EraseTarget.Position(new(position));
        var answer = await store.EraseAsync(new EraseRequest(target) { Reason = "a trial", By = "the child" });
        if (answer is EraseResult.Erased)
            say(upTo > 0 ? $"erased stream {stream.Value} {upTo}" : $"erased position {position}");
    }
}

/// <summary>What the child's batches hold.</summary>
internal static class ChildBatch
{
    private const int MarkerDigits = 9;

    private static ReadOnlySpan<byte> MarkerStart => "<event "u8;

    public static StreamName StreamOf(int number) => new(string.Create(CultureInfo.InvariantCulture, $"stream-{number % 7}"));

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
        var isSame = recorded.Stream == sent.Stream && recorded.Type == sent.Type && recorded.Tags.SequenceEqual(sent.Tags)
            && recorded.Data.Span.SequenceEqual(recorded.IsErased ? [] : sent.Data.Span);
        return isSame ? (number, index) : null;
    }

    /// <summary>Finds in bytes of any file which events' data lies there, or a part of it.</summary>
    public static void AddMarked(ReadOnlySpan<byte> bytes, HashSet<(int Number, int Index)> found)
    {
        for (var at = bytes.IndexOf(MarkerStart); at >= 0; at = bytes.IndexOf(MarkerStart))
        {
            bytes = bytes[(at + MarkerStart.Length)..];
            if (bytes.Length > MarkerDigits && int.TryParse(bytes[..MarkerDigits], NumberStyles.None, CultureInfo.InvariantCulture, out var marked))
                found.Add((marked / 10, marked % 10));
        }
    }

    private static EventData Event(int number, int index)
    {
        var bytes = new byte[20 + (number * 37 % 1_400)];
        new Random(number).NextBytes(bytes);

        // At its beginning and at its end, so that who has overwritten a part of it is found out.
        var marker = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<event {(number * 10) + index:D9}>"));
        marker.CopyTo(bytes, 0);
        if (bytes.Length >= 2 * marker.Length)
            marker.CopyTo(bytes, bytes.Length - marker.Length);
        return new EventData(StreamOf(number), $"type-{index}", bytes)
        {
            Id = Id(number, index),
            Tags = [new Tag("batch", (number % 11).ToString(CultureInfo.InvariantCulture))],
        };
    }
}
