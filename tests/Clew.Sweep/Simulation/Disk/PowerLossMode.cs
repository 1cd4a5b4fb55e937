namespace Clew.Sweep.Simulation.Disk;

/// <summary>What of the unsynced writes had reached the device when the power went.</summary>
internal enum PowerLossMode
{
    Nothing,
    Everything,

    /// <summary>All up to some write, and of that one only some sectors.</summary>
    Prefix,

    /// <summary>Each sector for itself, whatever the order of the writes.</summary>
    AnySectors,
}
