namespace Clew.Cli.Import;

/// <summary>How far an import has come.</summary>
/// <param name="Imported">Events that it appended, durably.</param>
/// <param name="AlreadyThere">Events that an earlier import had.</param>
/// <param name="Streams">Streams that they belong to.</param>
internal readonly record struct ImportTally(long Imported, long AlreadyThere, long Streams);
