namespace Clew.Events;

/// <summary>The name under which an event is kept in the log, such as <c>order-placed</c>; independent of any C# type.</summary>
/// <remarks>
/// 1 to 512 bytes of UTF-8 in normalization form C, without control characters, compared by ordinal. A leading
/// <c>$</c> is kept for Clew's own. The <c>default</c> value is the empty name, which every store refuses.
/// </remarks>
public readonly record struct EventType
{
    private readonly string? value;

    /// <summary>Takes a name that follows the rule.</summary>
    /// <exception cref="ArgumentException">It does not; the message says why.</exception>
    public EventType(string name) => value = Names.Checked(name, "event type");

    private EventType(string name, bool _) => value = name;

    /// <summary>The name.</summary>
    public string Value => value ?? "";

    /// <summary>Takes a name that follows the rule.</summary>
    /// <exception cref="ArgumentException">It does not; the message says why.</exception>
    public static implicit operator EventType(string name) => new(name);

    /// <inheritdoc/>
    public override string ToString() => Value;

    internal static EventType FromLog(string name) => new(name, true);
}
