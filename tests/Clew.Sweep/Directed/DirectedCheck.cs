namespace Clew.Sweep.Directed;

/// <summary>One exact state of a disk, or one exact interleaving, that chance hardly ever makes, and what must come of it.</summary>
/// <param name="Run">Throws where something else does.</param>
internal sealed record DirectedCheck(Action Run)
{
    public string Name { get; } = Run.Method.Name.Replace('_', ' ');
}
