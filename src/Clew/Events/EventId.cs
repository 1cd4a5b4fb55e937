namespace Clew.Events;

/// <summary>Makes event ids.</summary>
internal static class EventId
{
    /// <summary>A new id, RFC 9562 version 7: later ids sort after earlier ones, which keeps the index of ids quick.</summary>
#pragma warning disable RS0030 // The one place that makes ids; a caller who needs them to be repeatable brings his own.
    public static Guid New() => Guid.CreateVersion7();
#pragma warning restore RS0030
}
