namespace Clew.Sweep.Mutants;

/// <summary>A bug to plant in a copy of the sources: checks that do not find it prove nothing about the engine.</summary>
internal sealed record Mutant(string Name, params IReadOnlyList<Edit> Edits);

/// <summary>A text that occurs exactly once in a file, and what to put in its place.</summary>
/// <param name="File">From src/Clew/Store/Segments on.</param>
/// <param name="Find">The text.</param>
/// <param name="Replacement">What to put there.</param>
internal sealed record Edit(string File, string Find, string Replacement);
