namespace Clew.Events;

/// <summary>A mark on an event by which it can be found across streams, such as <c>customer:42</c>.</summary>
/// <remarks>
/// <c>key:value</c>, split at the first colon; key and value are not empty. As a whole it follows the rule of names: 1 to 512 bytes
/// of UTF-8 in normalization form C, without control characters, compared by ordinal; a leading <c>$</c> is kept for Clew's own.
/// The <c>default</c> value is the empty tag, which every store refuses.
/// </remarks>
public readonly record struct Tag
{
    private readonly string? value;

    /// <summary>Takes a tag written as <c>key:value</c>.</summary>
    /// <exception cref="ArgumentException">It is none; the message says why.</exception>
    public Tag(string tag)
    {
        value = Names.Checked(tag, "tag");
        if (tag.IndexOf(':', StringComparison.Ordinal) is var colon && (colon <= 0 || colon == tag.Length - 1))
            throw new ArgumentException($"{Names.Shown(tag)} is no tag: write it as key:value, such as customer:42.", nameof(tag));
    }

    /// <summary>Makes a tag of its two halves.</summary>
    /// <param name="key">Not empty, and without a colon.</param>
    /// <param name="value">Not empty.</param>
    /// <exception cref="ArgumentException">They make no tag; the message says why.</exception>
    public Tag(string key, string value)
        : this($"{key}:{value}")
    {
        if (key.Contains(':', StringComparison.Ordinal))
            throw new ArgumentException($"{Names.Shown(key)} cannot be the key of a tag: it holds a colon.", nameof(key));
    }

    private Tag(string tag, bool _) => value = tag;

    /// <summary>The whole tag: <c>key:value</c>.</summary>
    public string Text => value ?? "";

    /// <summary>What stands before the first colon.</summary>
    public string Key => value is null ? "" : value[..value.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>What stands after the first colon.</summary>
    public string Value => value is null ? "" : value[(value.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>Takes a tag written as <c>key:value</c>.</summary>
    /// <exception cref="ArgumentException">It is none; the message says why.</exception>
    public static implicit operator Tag(string tag) => new(tag);

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static Tag FromLog(string tag) => new(tag, true);
}
