using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Clew.Bench.Measuring;

/// <summary>An aim, and what was measured.</summary>
/// <param name="Scenario">Of which scenario.</param>
/// <param name="What">What is compared, in words.</param>
/// <param name="Measured">The value; not a number where it could not be measured.</param>
/// <param name="Bound">The value aimed at.</param>
/// <param name="IsCeiling">Whether less is better.</param>
internal sealed record Aim(string Scenario, string What, double Measured, double Bound, bool IsCeiling = false)
{
    public string Verdict => double.IsNaN(Measured) ? "not measured"
        : (IsCeiling ? Measured <= Bound : Measured >= Bound) ? "reached"
        : "MISSED";
}

/// <summary>Tables as they come, and all of it as JSON in the end.</summary>
internal sealed class Report(TextWriter output)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly List<object> rows = [];
    private readonly List<Aim> aims = [];

    /// <summary>Prints a table of who did how well; the last column is the first contestant's rate over each one's.</summary>
    public void Add(string scenario, string unit, Rounds rounds, params Aim[] reached)
    {
        var first = rounds.Who.First();
        Line($"\n## {scenario}\n");
        Line($"| {"who",-34} | {unit + "/s",14} | {"p50 µs",10} | {"p99 µs",10} | {"alloc B",9} | {"cpu µs",9} | {first + " ÷ it",12} |");
        Line($"|{new string('-', 36)}|{new string('-', 15)}:|{new string('-', 11)}:|{new string('-', 11)}:|{new string('-', 10)}:|{new string('-', 10)}:|{new string('-', 13)}:|");
        foreach (var who in rounds.Who)
        {
            var it = rounds.Median(who);
            var ratio = rounds.Ratio(first, who, sample => sample.Rate);
            Line($"| {who,-34} | {it.Rate,14:N0} | {it.P50,10:N1} | {it.P99,10:N1} | {it.AllocatedBytes,9:N0} | {it.CpuMicroseconds,9:N2} | {ratio,12:N2} |");
            rows.Add(new { scenario, who, unit, it.Rate, it.P50, it.P99, it.AllocatedBytes, it.CpuMicroseconds, ratio });
        }

        Line("");
        Add(reached);
    }

    public void Add(params Aim[] reached)
    {
        foreach (var aim in reached)
        {
            var sign = aim.IsCeiling ? '≤' : '≥';
            Line($"- {aim.What}: {aim.Measured:N2}, aim {sign} {aim.Bound:N2}: {aim.Verdict}");
            aims.Add(aim);
        }
    }

    public void Note(string text) => Line(text);

    public void WriteJson(string file) => File.WriteAllText(
        file, JsonSerializer.Serialize(new { rows, aims }, Json));

    private void Line(FormattableString text) => Line(text.ToString(CultureInfo.InvariantCulture));

    private void Line(string text) => output.WriteLine(text);
}
