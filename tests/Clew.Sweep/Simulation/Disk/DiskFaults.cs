namespace Clew.Sweep.Simulation.Disk;

/// <summary>How the disk misbehaves for now. The default is a healthy one.</summary>
internal sealed record DiskFaults
{
    public double WriteError { get; init; }

    public double SyncError { get; init; }

    public double ReadError { get; init; }

    /// <summary>Writes that land elsewhere, in all.</summary>
    public int MisdirectedMax { get; init; }

    public double Misdirected { get; init; }

    /// <summary>A write is seen in two parts by who reads meanwhile.</summary>
    public double HalfWrite { get; init; }

    public double Stall { get; init; }

    public long StallMicroseconds { get; init; } = 200_000;

    public double LatencyMean { get; init; } = 40;

    public double SyncLatencyMean { get; init; } = 300;

    /// <summary>With no space left, also overwriting fails: the file system copies on write.</summary>
    public bool CopiesOnWrite { get; init; }

    /// <summary>Power that fails in a sector leaves its first bytes new and the others old.</summary>
    public bool TearsInsideSectors { get; init; }

    /// <summary>The file system can make files longer without writing.</summary>
    public bool Allocates { get; init; }

    /// <summary>The same speed and nothing else wrong.</summary>
    public DiskFaults Healed() => new() { LatencyMean = LatencyMean, SyncLatencyMean = SyncLatencyMean, Allocates = Allocates };
}
