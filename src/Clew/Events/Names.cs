using System.Globalization;
using System.Text;

namespace Clew.Events;

/// <summary>The one rule for every name that goes into a log: of streams, of event types, and tags.</summary>
internal static class Names
{
    public const int BytesMax = 512;

    private const int ShownMax = 40;

    /// <exception cref="ArgumentException">The name breaks the rule; the message says how.</exception>
    public static string Checked(string? name, string kind)
    {
        ArgumentNullException.ThrowIfNull(name, kind);
        if (Fault(name) is { } fault)
            throw new ArgumentException($"{Shown(name)} is no {kind}: {fault}", kind);

        return name;
    }

    private static string? Fault(string name)
    {
        if (name.Length == 0)
            return "it is empty; give it 1 to 512 bytes of UTF-8.";
        if (name.Length > BytesMax)
            return $"it has {name.Length:N0} characters, and a name may have at most {BytesMax} bytes of UTF-8.";
        if (!name.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return null;

        foreach (var letter in name)
        {
            if (char.IsControl(letter))
                return $"it holds the control character U+{(int)letter:X4}.";
        }

        if (!IsWellFormed(name))
            return "it holds half of a surrogate pair, which UTF-8 cannot carry.";
        if (Encoding.UTF8.GetByteCount(name) is var bytes && bytes > BytesMax)
            return $"it takes {bytes:N0} bytes of UTF-8, and a name may have at most {BytesMax}.";
        if (!name.IsNormalized(NormalizationForm.FormC))
            return "it is not in Unicode normalization form C; normalize it first (string.Normalize).";

        return null;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> name)
    {
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(name, out _, out var taken) != System.Buffers.OperationStatus.Done)
                return false;
            name = name[taken..];
        }

        return true;
    }

    /// <summary>A name as a message may show it: not too long, and without what would do something to a terminal or a log.</summary>
    public static string Shown(string name)
    {
        var shown = new StringBuilder("\"");
        foreach (var rune in name.AsSpan(0, Math.Min(name.Length, ShownMax)).EnumerateRunes())
        {
            if (Rune.IsControl(rune))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                shown.Append(rune);
        }

        return shown.Append(name.Length > ShownMax ? "…\"" : "\"").ToString();
    }
}
