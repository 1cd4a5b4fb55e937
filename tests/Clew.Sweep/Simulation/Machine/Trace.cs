using System.Globalization;

namespace Clew.Sweep.Simulation.Machine;

/// <summary>What happened in a run, in order: a digest always, and words when somebody reads along.</summary>
internal sealed class Trace(bool isRead)
{
    private const int LinesMax = 20_000;

    private readonly Queue<string> lines = new();

    /// <summary>Two runs of one seed end with the same digest, or something in them was not of the seed.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    public IEnumerable<string> Lines => lines;

    public void Add(ulong value) => Digest = (Digest ^ value) * 1099511628211;

    public void Add(string text)
    {
        foreach (var single in text)
            Add(single);
    }

    public bool IsRead => isRead;

    public void Say(long now, string actor, string text)
    {
        if (!isRead)
            return;

        lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{now / 1000.0,12:0.000} ms  {actor,-12} {text}"));
        if (lines.Count > LinesMax)
            lines.Dequeue();
    }
}
