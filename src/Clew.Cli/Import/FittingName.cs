using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Clew.Events;

namespace Clew.Cli.Import;

/// <summary>Makes a text from elsewhere fit the rule of names.</summary>
internal static class FittingName
{
    private const int MarkCharacters = 9;

    /// <summary>
    /// The text in normalization form C. Where a control character or a leading <c>$</c> had to become an underscore, or the text
    /// had to be cut, it ends in <c>~</c> and 8 digits of its SHA-256, so that two texts do not become one name.
    /// </summary>
    /// <param name="text">Not empty.</param>
    public static string Of(string text)
    {
        if (text.Length <= EventLimits.NameBytesMax && text[0] != '$' && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;

        var name = Normalized(text);
        var fitting = new StringBuilder(name.Length);
        foreach (var letter in name)
            fitting.Append(char.IsControl(letter) ? '_' : letter);
        if (fitting[0] == '$')
            fitting[0] = '_';

        var whole = fitting.ToString();
        if (Encoding.UTF8.GetByteCount(whole) <= EventLimits.NameBytesMax && whole == name)
            return name;

        return Cut(whole, EventLimits.NameBytesMax - MarkCharacters) + "~" + Digits(text);
    }

    private static string Normalized(string text)
    {
        // Half of a surrogate pair cannot be normalized, nor be in a name.
        var sound = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        return sound.Normalize();
    }

    private static string Cut(string text, int bytesMax)
    {
        var bytes = 0;
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > bytesMax)
                break;
            bytes += rune.Utf8SequenceLength;
            end += rune.Utf16SequenceLength;
        }

        return text[..end].Normalize();
    }

    private static string Digits(string text) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4)).ToLower(CultureInfo.InvariantCulture);
}
