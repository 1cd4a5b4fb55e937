namespace Clew.Bench.Measuring;

/// <summary>Who takes part in a scenario, and how it is measured once.</summary>
internal sealed record Contestant(string Who, Func<Task<Sample>> MeasureAsync);

/// <summary>
/// Contestants who take turns, several times over. A shared machine is fast and slow by the minute, so only neighbours are
/// compared: a ratio is the median of the rounds' own ratios.
/// </summary>
internal sealed class Rounds
{
    private readonly Dictionary<string, List<Sample>> samples = [];

    private Rounds()
    {
    }

    public IEnumerable<string> Who => samples.Keys;

    public static async Task<Rounds> RunAsync(int count, IReadOnlyList<Contestant> contestants)
    {
        var rounds = new Rounds();
        foreach (var contestant in contestants)
            rounds.samples[contestant.Who] = [];

        for (var round = 0; round < count; round++)
        {
            for (var turn = 0; turn < contestants.Count; turn++)
            {
                var contestant = contestants[(turn + round) % contestants.Count];
                rounds.samples[contestant.Who].Add(await contestant.MeasureAsync());
            }
        }

        return rounds;
    }

    public Sample Median(string who) => Sample.MedianOf(samples[who]);

    /// <summary>How many times the other's value this one's is; not a number where one of them did not take part.</summary>
    public double Ratio(string who, string other, Func<Sample, double> value) =>
        samples.TryGetValue(who, out var mine) && samples.TryGetValue(other, out var others)
            ? Sample.Median(mine.Zip(others, (left, right) => value(left) / value(right)))
            : double.NaN;
}
