using System.Globalization;
using System.Text.Json;

namespace Clew.Cli;

/// <summary>Times as they are read and shown: ISO 8601, in UTC where they do not say otherwise.</summary>
internal static class IsoTime
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd' 'HH:mmK",
        "yyyy-MM-dd",
    ];

    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);

    public static DateTimeOffset Parse(string text, string option, string kind = "a time") => TryParse(text, out var time)
        ? time
        : throw new CommandException(Failure.Usage($"{option} takes {kind} such as 2026-11-24T05:00:00Z or 2026-11-24, not \"{text}\"."));

    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Writes a member that holds a time, or null.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
            json.WriteString(name, Text(known));
        else
            json.WriteNull(name);
    }
}
