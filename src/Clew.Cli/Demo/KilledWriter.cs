using System.Diagnostics;
using System.Globalization;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>A process appends and is killed in the middle; what it was told is durable must be there.</summary>
internal static class KilledWriter
{
    /// <summary>The hidden command that the process runs.</summary>
    public const string Command = "demo-writer";

    private const int AcknowledgedMin = 500;
    private const string Mark = "durable";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public static DemoStep Step { get; } = new(
        "crash",
        "A writer is killed in the middle of its work",
        "An append answers once it is on the disk: no crash takes a promise back.",
        RunAsync);

    /// <summary>What the process prints for each event that was acknowledged.</summary>
    public static string Acknowledged(GlobalPosition position, Guid id) => $"{Mark} {position} {id} {Mark}";

    private static async Task<DemoFinding> RunAsync(string folder, CancellationToken cancellation)
    {
        var (promised, complaint) = await KillAsync(folder, cancellation);
        if (promised.Count < AcknowledgedMin)
            return new(false, $"The writer ended after {promised.Count} events: {complaint}");

        await using var store = await SegmentEventStore.OpenAsync(folder, null, cancellation);
        var found = 0L;
        var unanswered = 0L;
        var after = new GlobalPosition(promised.Keys.Min() - 1);
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All with { After = after }, cancellation))
        {
            if (!promised.TryGetValue(recorded.Position.Value, out var id))
                unanswered++;
            else if (id == recorded.Id)
                found++;
        }

        return new(
            found == promised.Count,
            Invariant($"Killed with SIGKILL after {promised.Count:N0} acknowledged events, and opened again."),
            Invariant($"Of these {promised.Count:N0}, {found:N0} are there, with the same ids;")
                + Invariant($" and {unanswered:N0} that had no answer."));
    }

    private static async Task<(Dictionary<long, Guid> Promised, string Complaint)> KillAsync(
        string folder, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        using var writer = Process.Start(OwnProcess.Start(Command, "--store", folder))
            ?? throw new IOException("The system started no process.");
        var complaint = writer.StandardError.ReadToEndAsync(CancellationToken.None);
        var promised = new Dictionary<long, Guid>();
        try
        {
            // What is still in the pipe when it dies was promised too.
            while (await writer.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (TryParse(line, out var position, out var id))
                    promised[position] = id;
                if (promised.Count == AcknowledgedMin)
                    writer.Kill();
            }
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync(CancellationToken.None);
        }

        return (promised, await complaint);
    }

    // Killed in the middle of a line, it leaves one that does not end as it should.
    private static bool TryParse(string line, out long position, out Guid id)
    {
        position = 0;
        id = default;
        return line.Split(' ') is [Mark, var first, var second, Mark]
            && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out position)
            && Guid.TryParse(second, out id);
    }
}
