namespace Clew.Store.Segments;

/// <summary>How an embedded store behaves. Every default is made for use.</summary>
public sealed record SegmentStoreOptions
{
    /// <summary>The size to which segment files grow: 64 KiB to 1 GiB. The first one is 1 MiB, each next twice as large. Default: 32 MiB.</summary>
    public int SegmentBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>How long to wait for another writer to let go of the folder before it is refused. Default: not at all.</summary>
    public TimeSpan LockWait { get; init; }

    /// <summary>What an acknowledged append can be sure of.</summary>
    public Durability Durability { get; init; }

    /// <summary>Most memory that blocks of index files may take: from 1 MiB. Default: 32 MiB.</summary>
    public int IndexCacheBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>Most memory that events read one by one may take, as those of a stream are that lie far apart: from 0, which keeps none. Default: 64 MiB.</summary>
    public int EventCacheBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>How often a reader looks for what another process has appended. Default: 10 ms.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How far the clock may jump before appends are refused.</summary>
    public ClockBounds Clock { get; init; } = new();

    /// <summary>When the store seals itself while it is open for writing, and at its close. Default: never.</summary>
    public Sealing? Sealing { get; init; }

    /// <summary>How archived segments are packed and read, and where they are now. Default: none are read.</summary>
    public ArchiveOptions? Archive { get; init; }

    /// <summary>Where time comes from. Default: the system's clock.</summary>
#pragma warning disable RS0030 // The one default.
    public TimeProvider Time { get; init; } = TimeProvider.System;
#pragma warning restore RS0030

    internal const int SegmentBytesMin = 64 * 1024;

    /// <summary>The idempotence window, which only tests make smaller.</summary>
    internal int WindowEvents { get; init; } = Events.EventLimits.IdempotenceWindowEvents;

    /// <summary>Whether the Merkle tree is filed behind the appends, which only a measurement does without.</summary>
    internal bool BuildsTree { get; init; } = true;

    /// <summary>How many events are read aside at a time, which only tests make smaller.</summary>
    internal int PortionEvents { get; init; } = 1024;

    /// <summary>After how many bytes an index file that is being written is flushed: few where appends wait for the device too.</summary>
    internal int IndexFlushBytes { get; init; } = 128 * 1024;

    internal void Check()
    {
        if (SegmentBytesMax is < SegmentBytesMin or > 1 << 30)
            throw new ArgumentException($"SegmentBytesMax is {SegmentBytesMax:N0}; it takes {SegmentBytesMin:N0} to {1 << 30:N0}.");
        if (IndexCacheBytesMax < 1 << 20)
            throw new ArgumentException($"IndexCacheBytesMax is {IndexCacheBytesMax:N0}; it takes at least {1 << 20:N0}.");
        if (EventCacheBytesMax < 0)
            throw new ArgumentException($"EventCacheBytesMax is {EventCacheBytesMax:N0}; it takes 0 or more.");
        Sealing?.Check();
        Archive?.Check();
        if (LockWait < TimeSpan.Zero || PollInterval <= TimeSpan.Zero)
            throw new ArgumentException("LockWait must not be negative, and PollInterval must be positive.");
    }
}

/// <summary>What an acknowledged append can be sure of, beyond being on the device.</summary>
public enum Durability
{
    /// <summary>
    /// The batch is flushed to the device before the answer; the mark by which recovery tells a torn tail from a rotten one
    /// follows within milliseconds.
    /// </summary>
    Flushed,

    /// <summary>The mark is flushed before the answer too: a second flush for each group, against rot of the very last one.</summary>
    Strict,
}
