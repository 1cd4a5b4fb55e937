using Clew.Store.Segments;
using Clew.Sweep.Simulation.Disk;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Runs;

/// <summary>
/// What one seed is about. Each fault is switched on in some seeds only: with all of them on at once, the common ones would end
/// every run before the rare ones meet.
/// </summary>
internal sealed record SwarmOptions
{
    public required int Clients { get; init; }

    public required int RequestsPerClient { get; init; }

    public required int InFlightPerClient { get; init; }

    public required int BatchEventsMax { get; init; }

    public required int PayloadBytesMax { get; init; }

    public required int Streams { get; init; }

    public required int Followers { get; init; }

    public required int OtherProcesses { get; init; }

    public required int SegmentBytesMax { get; init; }

    public required int WindowEvents { get; init; }

    public required Durability Durability { get; init; }

    public required DiskFaults Disk { get; init; }

    /// <summary>Mean time between two things that happen to the machine; 0 for a quiet one.</summary>
    public required long TroubleMeanMicroseconds { get; init; }

    public required int TroublesMax { get; init; }

    public required double PowerLossShare { get; init; }

    public required bool RunsFull { get; init; }

    public required ClockTrouble Clock { get; init; }

    /// <summary>Bits that may turn over. At most one, so that a mark and what it marks are never both gone.</summary>
    public required int RotMax { get; init; }

    public required double GivesUp { get; init; }

    /// <summary>Whether clients erase, too.</summary>
    public required bool Erases { get; init; }

    /// <summary>Rot and misdirected writes change what a successful sync had promised, so then the engine may refuse to go on.</summary>
    public bool MayDamage => RotMax > 0 || Disk.MisdirectedMax > 0;

    public static SwarmOptions Draw(Chance chance)
    {
        var damage = chance.Below(10);
        return new()
        {
            Clients = chance.Between(2, 6),
            RequestsPerClient = chance.Between(8, 45),
            InFlightPerClient = chance.Pick([1, 1, 2, 4]),
            BatchEventsMax = chance.Pick([1, 3, 6, 20]),
            PayloadBytesMax = chance.Pick([0, 100, 800, 3_000, 9_000]),
            Streams = chance.Pick([1, 3, 6, 40]),
            Followers = chance.Between(0, 3),
            OtherProcesses = chance.Between(0, 2),
            SegmentBytesMax = chance.Pick([64, 64, 64, 128]) * 1024,
            WindowEvents = chance.Pick([40, 300, 1_000_000, 1_000_000]),
            Durability = chance.Happens(0.3) ? Durability.Strict : Durability.Flushed,
            Disk = new()
            {
                WriteError = chance.Happens(0.2) ? 0.004 : 0,
                SyncError = chance.Happens(0.3) ? 0.008 : 0,
                ReadError = chance.Happens(0.15) ? 0.004 : 0,
                MisdirectedMax = damage == 0 ? 1 : 0,
                Misdirected = 0.01,
                HalfWrite = chance.Happens(0.4) ? 0.2 : 0,
                Stall = chance.Happens(0.3) ? 0.004 : 0,
                StallMicroseconds = chance.Pick([20_000, 200_000, 5_000_000]),
                LatencyMean = chance.Pick([2, 20, 100]),
                SyncLatencyMean = chance.Pick([5, 100, 1_000]),
                CopiesOnWrite = chance.Happens(0.3),
                TearsInsideSectors = chance.Happens(0.5),
                Allocates = chance.Happens(0.5),
            },
            TroubleMeanMicroseconds = chance.Happens(0.9) ? chance.Pick([4_000, 12_000, 40_000]) : 0,
            TroublesMax = chance.Between(3, 20),
            PowerLossShare = chance.Pick([0.1, 0.5, 0.9]),
            RunsFull = chance.Happens(0.25),
            Clock = chance.Happens(0.3) ? chance.Pick([ClockTrouble.Hours, ClockTrouble.Hours, ClockTrouble.Days]) : ClockTrouble.None,
            RotMax = damage == 1 ? 1 : 0,
            GivesUp = chance.Happens(0.5) ? 0.1 : 0,
            Erases = chance.Happens(0.6),
        };
    }
}

internal enum ClockTrouble
{
    None,

    /// <summary>Jumps that a store believes.</summary>
    Hours,

    /// <summary>Jumps that it refuses.</summary>
    Days,
}
