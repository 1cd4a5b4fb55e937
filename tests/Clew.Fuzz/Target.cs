namespace Clew.Fuzz;

/// <summary>Something that reads bytes from outside.</summary>
/// <param name="Seeds">Sound bytes to begin with.</param>
/// <param name="Try">Reads some; an exception that is not of those that are documented is a find.</param>
internal sealed record Target(Func<IEnumerable<byte[]>> Seeds, Action<byte[]> Try);
