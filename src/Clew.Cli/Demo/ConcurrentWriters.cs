using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>Several writers pay into few accounts, each under the version that it has seen.</summary>
internal static class ConcurrentWriters
{
    private const int Writers = 8;
    private const int PaymentsEach = 25;

    private static readonly StreamName[] Accounts = ["account-ann", "account-bob"];

    public static DemoStep Step { get; } = new(
        "writers",
        "Many writers, few streams",
        "Each append names the version it rests on: nobody overwrites the unseen.",
        RunAsync);

    private static async Task<DemoFinding> RunAsync(string folder, CancellationToken cancellation)
    {
        await using var store = await SegmentEventStore.OpenAsync(folder, null, cancellation);
        var conflicts = await Task.WhenAll(Enumerable.Range(0, Writers).Select(
            writer => Task.Run(() => PayAsync(store, Accounts[writer % Accounts.Length], cancellation), cancellation)));

        var total = 0L;
        var events = 0L;
        foreach (var account in Accounts)
        {
            var (balance, version) = await Account.LoadAsync(store, account, AsOf.Now);
            total += balance;
            events += version.Value;
        }

        var expected = Writers * PaymentsEach * (PaymentsEach + 1L) / 2;
        return new(
            total == expected && events == Writers * PaymentsEach,
            Invariant($"{Writers} writers made {Writers * PaymentsEach} payments into {Accounts.Length} accounts;")
                + Invariant($" {conflicts.Sum():N0} conflicts, tried again."),
            Invariant($"Paid in: {expected:N0}. In the accounts: {total:N0}, in {events:N0} events."));
    }

    private static async Task<long> PayAsync(SegmentEventStore store, StreamName account, CancellationToken cancellation)
    {
        var conflicts = 0L;
        for (var amount = 1; amount <= PaymentsEach;)
        {
            var (_, version) = await Account.LoadAsync(store, account, AsOf.Now);
            var batch = new AppendBatch([Account.Paid(account, amount)], new AppendCondition.StreamAtVersion(account, version));
            if (await store.AppendAsync(batch, cancellation) is AppendResult.Appended)
                amount++;
            else
                conflicts++;
        }

        return conflicts;
    }
}
