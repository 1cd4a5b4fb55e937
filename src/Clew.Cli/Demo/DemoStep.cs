namespace Clew.Cli.Demo;

/// <summary>One promise of a store, put to the test.</summary>
/// <param name="Key">Its name for scripts.</param>
/// <param name="Title">What is tried.</param>
/// <param name="Why">Why it matters.</param>
/// <param name="RunAsync">Tries it on the store in a folder.</param>
internal sealed record DemoStep(string Key, string Title, string Why, Func<string, CancellationToken, Task<DemoFinding>> RunAsync);

/// <summary>What came of it.</summary>
/// <param name="Held">Whether the promise held.</param>
/// <param name="Lines">What was seen.</param>
internal sealed record DemoFinding(bool Held, params IReadOnlyList<string> Lines);
