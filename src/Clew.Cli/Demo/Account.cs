using System.Text;
using System.Text.Json;
using Clew.Events;
using Clew.Store;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>An account whose state is nothing but a fold over its events.</summary>
internal static class Account
{
    public static EventData Paid(StreamName account, long amount) =>
        new(account, amount < 0 ? "paid-out" : "paid-in", Encoding.UTF8.GetBytes(Invariant($"{{\"amount\":{Math.Abs(amount)}}}")));

    /// <summary>What was paid in; less than nothing where it was paid out.</summary>
    public static long AmountOf(RecordedEvent recorded)
    {
        using var data = JsonDocument.Parse(recorded.Data);
        var amount = data.RootElement.GetProperty("amount").GetInt64();
        return recorded.Type == "paid-out" ? -amount : amount;
    }

    public static async Task<(long Balance, StreamVersion Version)> LoadAsync(IEventReader store, StreamName account, AsOf asOf)
    {
        var balance = 0L;
        var version = StreamVersion.None;
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.Stream(account) with { AsOf = asOf }))
        {
            balance += AmountOf(recorded);
            version = recorded.Version;
        }

        return (balance, version);
    }
}
