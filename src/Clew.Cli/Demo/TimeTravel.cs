using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>One account, as of three moments.</summary>
internal static class TimeTravel
{
    private static readonly StreamName Subject = "account-eve";
    private static readonly long[] Payments = [100, 50, -30, 500, -20];

    public static DemoStep Step { get; } = new(
        "time-travel",
        "One account, as of three moments",
        "State is a fold over events, so every past state is one read away.",
        RunAsync);

    private static async Task<DemoFinding> RunAsync(string folder, CancellationToken cancellation)
    {
        await using var store = await SegmentEventStore.OpenAsync(folder, null, cancellation);
        var positions = new List<GlobalPosition>();
        foreach (var payment in Payments)
        {
            if (await store.AppendAsync(new AppendBatch([Account.Paid(Subject, payment)]), cancellation) is AppendResult.Appended appended)
                positions.Add(appended.Last);
        }

        var times = new List<DateTimeOffset>();
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.Stream(Subject), cancellation))
            times.Add(recorded.RecordedAt);

        var atPosition = await BalanceAsync(store, new AsOf.Position(positions[0]));
        var atTime = await BalanceAsync(store, new AsOf.RecordedTime(times[2]));
        var now = await BalanceAsync(store, AsOf.Now);
        return new(
            (atPosition, atTime, now) == (Payments[0], Payments[..3].Sum(), Payments.Sum()),
            Invariant($"As of position {positions[0]} its balance is {atPosition:N0}."),
            Invariant($"As of {IsoTime.Text(times[2])} it is {atTime:N0}; now it is {now:N0}."));
    }

    private static async Task<long> BalanceAsync(SegmentEventStore store, AsOf moment) =>
        (await Account.LoadAsync(store, Subject, moment)).Balance;
}
