namespace Clew.Store.Segments;

/// <summary>All that an engine takes from the world; a simulated run brings its own, and replays from one seed.</summary>
internal sealed record Surroundings(IDisk Disk, TimeProvider Time, IWorkers Workers, Entropy Entropy);

/// <summary>Fills bytes with chance: log ids, salts, seeds of checksums.</summary>
internal delegate void Entropy(Span<byte> target);

/// <summary>Where the engine's own work runs.</summary>
internal interface IWorkers
{
    /// <summary>Runs a loop; all that it awaits continues on the same worker, one step at a time.</summary>
    /// <returns>Ends with the loop.</returns>
    Task Start(string name, Func<Task> loop);

    /// <summary>Does a short piece of work beside the caller.</summary>
    Task<T> Aside<T>(Func<Task<T>> work);
}
