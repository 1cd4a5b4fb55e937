namespace Clew.Bench.Measuring;

/// <summary>One contestant in one round.</summary>
/// <param name="Rate">Units (events, streams) a second.</param>
/// <param name="P50">Half of the calls took at most so long, in microseconds.</param>
/// <param name="P99">99 in 100 calls took at most so long, in microseconds.</param>
/// <param name="AllocatedBytes">Managed memory that the process allocated, for each unit.</param>
/// <param name="CpuMicroseconds">Processor time that the process took, for each unit.</param>
internal readonly record struct Sample(double Rate, double P50, double P99, double AllocatedBytes = 0, double CpuMicroseconds = 0)
{
    public static Sample MedianOf(IReadOnlyList<Sample> samples) => new(
        Median(samples.Select(sample => sample.Rate)),
        Median(samples.Select(sample => sample.P50)),
        Median(samples.Select(sample => sample.P99)),
        Median(samples.Select(sample => sample.AllocatedBytes)),
        Median(samples.Select(sample => sample.CpuMicroseconds)));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }

    /// <param name="sorted">In ascending order.</param>
    /// <param name="share">From 0 to 1.</param>
    public static double Percentile(IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
}
