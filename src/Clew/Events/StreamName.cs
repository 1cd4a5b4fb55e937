namespace Clew.Events;

/// <summary>The name of a stream: the events of one subject, such as <c>order-7</c>.</summary>
/// <remarks>
/// 1 to 512 bytes of UTF-8 in normalization form C, without control characters, compared by ordinal. A leading
/// <c>$</c> is kept for Clew's own. The <c>default</c> value is the empty name, which every store refuses.
/// </remarks>
public readonly record struct StreamName
{
    private readonly string? value;

    /// <summary>Takes a name that follows the rule.</summary>
    /// <exception cref="ArgumentException">It does not; the message says why.</exception>
    public StreamName(string name) => value = Names.Checked(name, "stream name");

    private StreamName(string name, bool _) => value = name;

    /// <summary>The name.</summary>
    public string Value => value ?? "";

    /// <summary>Takes a name that follows the rule.</summary>
    /// <exception cref="ArgumentException">It does not; the message says why.</exception>
    public static implicit operator StreamName(string name) => new(name);

    /// <inheritdoc/>
    public override string ToString() => Value;

    internal static StreamName FromLog(string name) => new(name, true);
}
