namespace Clew.Sweep.Simulation.Disk;

/// <summary>What can go wrong in a run; each one that really happened is counted.</summary>
internal enum FaultKind
{
    Kill,
    PowerLoss,
    ReaderKill,
    CleanClose,
    ReopenInProcess,
    RivalWriter,
    LostWrite,
    TornWrite,
    LostName,
    InterruptedCall,
    HalfWriteSeen,
    WriteError,
    SyncError,
    SyncErrorOfAnother,
    FolderSyncError,
    ReadError,
    FullOnWrite,
    FullOnCreate,
    FullOnSync,
    Misdirected,
    Rot,
    CacheEvicted,
    Stall,
    ClockJump,
    ClockJumpRefused,
    ClientGaveUp,
    DoubledRequest,
    IdReused,
    UnknownOutcome,
    DamageDetected,
    TailLostToRot,
    ErasureUnknown,
    ErasureCutShort,
}

internal sealed class FaultCounts
{
    private readonly long[] counts = new long[Enum.GetValues<FaultKind>().Length];

    public long this[FaultKind kind] => counts[(int)kind];

    public void Add(FaultKind kind, long times = 1) => counts[(int)kind] += times;

    public void Add(FaultCounts other)
    {
        for (var kind = 0; kind < counts.Length; kind++)
            counts[kind] += other.counts[kind];
    }
}
