using System.Globalization;
using System.Text;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Sweep.Directed;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Tests.Golden;

/// <summary>The log whose files are kept: what was appended, and surroundings in which it always gives the same bytes.</summary>
internal static class GoldenLog
{
    private const long StepsMax = 100_000;

    public static DateTimeOffset Moment { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static SegmentStoreOptions Options { get; } = new() { SegmentBytesMax = SegmentStoreOptions.SegmentBytesMin, Time = new StandingTime(Moment) };

    /// <summary>One of everything, and then so many that they fill a segment and begin the next.</summary>
    public static IReadOnlyList<AppendBatch> Batches { get; } =
    [
        new([Event(1, "account-1", "account-opened", """{"owner": "Ariadne"}""")]),
        new([Full()]),
        new([Event(3, "東京-😀", "größe", "")]),
        new(
            [
                Event(4, "account-1", "money-withdrawn", """{"amount": 5}""") with { Tags = ["account:1", "transfer:1"] },
                Event(5, "account-2", "money-deposited", """{"amount": 5}""") with { Tags = ["account:2", "transfer:1"] },
                Event(6, "account-1", "transfer-done", "{}") with { Tags = ["transfer:1"] },
            ],
            new AppendCondition.StreamAtVersion("account-1", new(1)),
            new AppendCondition.StreamAtVersion("account-2", StreamVersion.None),
            new AppendCondition.NoEventMatching(Query.Tags("transfer:1"))),
        .. Enumerable.Range(7, 63).Select(number => new AppendBatch([Long(number)])),
    ];

    /// <summary>Writes the log as it was written for keeping.</summary>
    public static MemoryDisk Write()
    {
        var disk = new MemoryDisk();
        Write(disk, WriteAsync);
        disk.Remove(StoreFolder.Lock);
        return disk;
    }

    /// <summary>The same, and then a stream erased, up to where the journal of that is about to go.</summary>
    public static MemoryDisk WriteErasing()
    {
        var disk = new WatchedDisk(new MemoryDisk());
        MemoryDisk? written = null;
        disk.Deleting = name => written ??= name == ErasureJournal.FileName ? disk.Cache.Copy() : null;
        Write(disk, async surroundings =>
        {
            await WriteAsync(surroundings);
            await using var store = await SegmentEventStore.OpenAsync(surroundings, Options);
            return await store.EraseAsync(new(new EraseTarget.OfStream("account-1")) { Reason = "größe: \"2\"", By = "Minos" }) is EraseResult.Erased;
        });
        written!.Remove(StoreFolder.Lock);
        return written;
    }

    private static void Write(IDisk disk, Func<Surroundings, Task<bool>> write)
    {
        var scheduler = new Scheduler(new Chance(1), new Trace(isRead: false));
        var process = new SimulatedProcess(scheduler, "golden");
        var done = process.Call(async () => await write(new(disk, Options.Time, process, new StandingChance().Fill)));
        Assert.True(scheduler.Run(() => done.IsCompleted, StepsMax));
        Assert.True(done.GetAwaiter().GetResult());
    }

    private static async Task<bool> WriteAsync(Surroundings surroundings)
    {
        await using var store = await SegmentEventStore.OpenAsync(surroundings, Options);
        foreach (var batch in Batches)
            Assert.IsType<AppendResult.Appended>(await store.AppendAsync(batch));
        return true;
    }

    private static EventData Event(int number, StreamName stream, EventType type, string data) =>
        new(stream, type, Encoding.UTF8.GetBytes(data)) { Id = Id(number) };

    private static EventData Full() => Event(2, "account-3", "account-opened", "<owner>Theseus</owner>") with
    {
        Metadata = Encoding.UTF8.GetBytes("""{"by": "Minos"}"""),
        Tags = ["account:3", "größe:東京", "url:https://example.org:80/"],
        SchemaVersion = 65_535,
        ContentType = "application/xml",
        OccurredAt = new(1969, 7, 20, 20, 17, 40, TimeSpan.Zero),
        CorrelationId = Id(1_001),
        CausationId = Id(1_002),
    };

    private static EventData Long(int number) =>
        Event(number, $"stream-{number % 5}", $"type-{number % 3}", string.Concat(Enumerable.Repeat($"{{\"number\": {number}}} ", 60))) with
        {
            Tags = [new Tag("remainder", (number % 7).ToString(CultureInfo.InvariantCulture))],
        };

    private static Guid Id(int number) => new(0x0195_5000 + number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>A clock that stands still, with timers that never come: what depends on time is the same each time.</summary>
    private sealed class StandingTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }

    /// <summary>A source for each length: who is asked first, the writer or the index beside it, makes no difference.</summary>
    private sealed class StandingChance
    {
        private readonly Dictionary<int, Chance> sources = [];

        public void Fill(Span<byte> target)
        {
            if (!sources.TryGetValue(target.Length, out var source))
                sources[target.Length] = source = new((ulong)target.Length);
            source.Fill(target);
        }
    }
}
