using System.Security.Cryptography;

namespace Clew.Events;

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
