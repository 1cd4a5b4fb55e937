using System.Runtime.CompilerServices;

namespace Clew.Store.Segments;

/// <summary>What must be true, also in release: a stopped store can be opened again, a wrong one cannot be mended.</summary>
internal static class Invariant
{
    public static void Holds(bool condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        if (!condition)
            throw new InvalidOperationException($"Clew stopped because this did not hold: {what}. It is a fault of Clew; please report it.");
    }
}
