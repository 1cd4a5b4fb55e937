namespace Clew.Cli;

/// <summary>What a script learns from a command.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>The answer is no: a conflict, damage, nothing found.</summary>
    No = 1,

    /// <summary>It could not be done: bad usage, bad input, the disk, the store.</summary>
    CouldNot = 2,
}
