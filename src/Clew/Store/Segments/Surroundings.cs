using System.Security.Cryptography;

namespace Clew.Store.Segments;

/// <summary>All that an engine takes from the world; a simulated run brings its own, and replays from one seed.</summary>
internal sealed record Surroundings(IDisk Disk, TimeProvider Time, IWorkers Workers, Entropy Entropy);

/// <summary>Fills bytes with chance: log ids, salts, seeds of checksums.</summary>
internal delegate void Entropy(Span<byte> target);

/// <summary>Where the engine's own loops run.</summary>
internal interface IWorkers
{
    /// <summary>Runs a loop; all that it awaits continues on the same worker, one step at a time.</summary>
    /// <returns>Ends with the loop.</returns>
    Task Start(string name, Func<Task> loop);
}

/// <summary>Chance of the operating system, taken in larger portions: for a salt alone a call costs more than the rest of an append.</summary>
internal static class SystemEntropy
{
    private static readonly Lock Gate = new();
    private static readonly byte[] Portion = new byte[4096];
    private static int used = Portion.Length;

    public static void Fill(Span<byte> target)
    {
#pragma warning disable RS0030 // The one source of chance.
        if (target.Length > Portion.Length)
        {
            RandomNumberGenerator.Fill(target);
            return;
        }

        lock (Gate)
        {
            if (used + target.Length > Portion.Length)
            {
                RandomNumberGenerator.Fill(Portion);
                used = 0;
            }

            var taken = Portion.AsSpan(used, target.Length);
            taken.CopyTo(target);
            taken.Clear();
            used += target.Length;
        }
#pragma warning restore RS0030
    }
}
