using System.Globalization;
using System.Text;

namespace Clew.Cli.Output;

/// <summary>Makes text safe to show: what is stored may try to drive the terminal, or to hide in it.</summary>
internal static class Printable
{
    /// <summary>The text with control, formatting and broken characters shown as <c>\u001b</c>; tab and line feed too.</summary>
    public static string Text(string text)
    {
        var first = 0;
        while (first < text.Length && IsHarmless(text, first))
            first++;
        if (first == text.Length)
            return text;

        var shown = new StringBuilder(text.Length + 16).Append(text, 0, first);
        for (var index = first; index < text.Length; index++)
        {
            if (IsHarmless(text, index))
                shown.Append(text[index]);
            else
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[index]:x4}");
        }

        return shown.ToString();
    }

    /// <summary>The same for a text of several lines, which stay lines.</summary>
    public static string Lines(string text) => string.Join('\n', text.Split('\n').Select(line => Text(line)));

    /// <summary>The same, cut to a length with an ellipsis.</summary>
    public static string Text(string text, int charactersMax)
    {
        if (text.Length <= charactersMax)
            return Text(text);

        var end = char.IsHighSurrogate(text[charactersMax - 1]) ? charactersMax - 1 : charactersMax;
        return Text(text[..end]) + "…";
    }

    /// <summary>A text that is too long without its middle: its beginning says what it is, and its end what to do.</summary>
    public static string Middle(string text, int charactersMax)
    {
        if (text.Length <= charactersMax)
            return text;

        var half = charactersMax / 2;
        var first = char.IsHighSurrogate(text[half - 1]) ? half - 1 : half;
        var last = char.IsLowSurrogate(text[^half]) ? half - 1 : half;
        return $"{text[..first]}…{text[^last..]}";
    }

    // Format characters hold the marks that turn the direction of what follows.
    private static bool IsHarmless(string text, int index) => char.GetUnicodeCategory(text[index]) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format => false,
        UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.Surrogate => IsPaired(text, index),
        _ => true,
    };

    private static bool IsPaired(string text, int index) => char.IsHighSurrogate(text[index])
        ? index + 1 < text.Length && char.IsLowSurrogate(text[index + 1])
        : index > 0 && char.IsHighSurrogate(text[index - 1]);
}
