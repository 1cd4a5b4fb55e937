using Clew.Events;

namespace Clew.Cli.Import;

/// <summary>An event as a file tells it.</summary>
/// <param name="Data">The event.</param>
/// <param name="BringsId">Whether the file gives its id; otherwise its content does.</param>
/// <param name="Line">Where it is in the file, from 1.</param>
/// <param name="Version">The version of its stream at which the file says it is.</param>
internal readonly record struct SourceEvent(EventData Data, bool BringsId, long Line, long? Version = null);
