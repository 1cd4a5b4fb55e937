namespace Clew.Cli.Bench;

/// <summary>One thing that was measured.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Key">The same for scripts.</param>
/// <param name="Unit">What was counted.</param>
/// <param name="Count">How many.</param>
/// <param name="Elapsed">In which time.</param>
internal sealed record Measurement(string Name, string Key, string Unit, long Count, TimeSpan Elapsed)
{
    public double PerSecond => Count / Elapsed.TotalSeconds;
}
