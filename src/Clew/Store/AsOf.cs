using Clew.Events;

namespace Clew.Store;

/// <summary>Up to which moment of the log's past a read goes, that moment included. The family is closed.</summary>
public abstract record AsOf
{
    private AsOf()
    {
    }

    /// <summary>Up to the head, as it is when the read begins.</summary>
    public static AsOf Now { get; } = new Head();

    /// <summary>Up to an event of the log. A position beyond the head reads up to the head.</summary>
    /// <param name="Last">The last position that counts, from 0.</param>
    public sealed record Position(GlobalPosition Last) : AsOf;

    /// <summary>Up to what the log had recorded by a time. A time to come reads up to the head.</summary>
    /// <param name="Last">The last moment that counts; the log keeps microseconds.</param>
    public sealed record RecordedTime(DateTimeOffset Last) : AsOf;

    /// <summary>Up to a version of a stream; only for reading one stream. A version to come reads up to the head, and version 0 nothing.</summary>
    /// <param name="Last">The last version that counts, from 0.</param>
    public sealed record Version(StreamVersion Last) : AsOf;

    private sealed record Head : AsOf;
}
