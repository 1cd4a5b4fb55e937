using Clew.Cli.Output;
using Clew.Store;
using static System.FormattableString;

namespace Clew.Cli.Commands;

/// <summary>Shows how far a replica is behind: at the beginning, when it has caught up, and now and then while anything happens.</summary>
internal sealed class LagReports(Screen screen) : IProgress<ReplicationProgress>
{
    private static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private ReplicationProgress? latest;
    private ReplicationProgress? shown;

    public void Report(ReplicationProgress value)
    {
        lock (gate)
        {
            latest = value;
            if (shown is null || (Behind(shown) > 0 && Behind(value) == 0))
                Show(Invariant($"#{value.Replica.Position.Value:N0}  {Lag(value)}"));
        }
    }

    /// <summary>Shows what is new every now and then, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(ShowEvery, screen.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                lock (gate)
                {
                    if (latest != shown)
                        Show(Invariant($"#{latest!.Replica.Position.Value:N0}  {Lag(latest)}"));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The last report is to come.
        }
    }

    /// <summary>Shows where both stand when it is over.</summary>
    public void ShowLast(LogHead replica, LogHead source)
    {
        lock (gate)
        {
            if (latest is null)
                return;

            // The last portion may have been taken in part.
            latest = latest with { Replica = replica, Source = source, Events = latest.Events + replica.Position.Value - latest.Replica.Position.Value };
            Show(Invariant($"Stopped at position {replica.Position.Value:N0}, {Lag(latest)}."));
        }
    }

    private static long Behind(ReplicationProgress come) => Math.Max(0, come.Source.Position.Value - come.Replica.Position.Value);

    /// <summary>How much later the source's last event was recorded than the replica's; nothing where the replica has none.</summary>
    private static TimeSpan? TimeBehind(ReplicationProgress come) => Behind(come) == 0 ? TimeSpan.Zero : come.Source.RecordedAt - come.Replica.RecordedAt;

    private static string Lag(ReplicationProgress come) => (Behind(come), TimeBehind(come)) switch
    {
        (0, _) => "up to date",
        (var events, { } time) => Invariant($"{Counted.Text(events, "event")} and {time.TotalSeconds:N1} s behind"),
        (var events, null) => $"{Counted.Text(events, "event")} behind",
    };

    private void Show(string text)
    {
        shown = latest;
        if (screen.IsJson)
            ShowJson(latest!);
        else
            screen.Line(text);

        screen.Flush();
    }

    private void ShowJson(ReplicationProgress come) => screen.Json(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("position", come.Replica.Position.Value);
        json.WriteTime("recordedAt", come.Replica.RecordedAt);
        json.WriteNumber("eventsBehind", Behind(come));
        if (TimeBehind(come) is { } time)
            json.WriteNumber("secondsBehind", Math.Round(time.TotalSeconds, 6));
        else
            json.WriteNull("secondsBehind");
        json.WriteNumber("copied", come.Events);
        json.WriteEndObject();
    });
}
