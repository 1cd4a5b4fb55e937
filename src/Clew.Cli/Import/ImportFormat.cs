using System.Text.Json;

namespace Clew.Cli.Import;

/// <summary>The formats that can be imported.</summary>
internal enum ImportFormat
{
    /// <summary>IEEE 1849, the format of event logs in process mining.</summary>
    Xes,

    /// <summary>One event a line, as <c>clew read --json</c> writes it.</summary>
    JsonLines,

    /// <summary>One run of an agent a line, with its whole conversation.</summary>
    AgentRuns,
}

/// <summary>Finds out which format a file has.</summary>
internal static class ImportFormats
{
    private const int PeekBytesMax = 1 << 20;

    public static string Name(ImportFormat format) => format switch
    {
        ImportFormat.Xes => "xes",
        ImportFormat.JsonLines => "jsonl",
        ImportFormat.AgentRuns => "agent-runs",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    public static ImportFormat? ByName(string name) =>
        Enum.GetValues<ImportFormat>().Where(format => Name(format) == name).Select(format => (ImportFormat?)format).FirstOrDefault();

    /// <exception cref="InputException">It is none that is known.</exception>
    public static ImportFormat Guess(Stream content)
    {
        var bytes = new byte[PeekBytesMax];
        var length = content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var text = bytes.AsSpan(0, length);
        if (text.StartsWith("\uFEFF"u8))
            text = text[3..];

        text = text.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
            throw new InputException("it is empty.");
        if (text[0] == '<' || text.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe, (byte)'<', 0]) || text.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff, 0, (byte)'<']))
            return ImportFormat.Xes;
        if (text[0] == '{' && GuessJson(text) is { } format)
            return format;

        throw new InputException(
            "it is neither XES nor JSON lines in UTF-8 with \"stream\" and \"type\" in the first, or \"traj\" for runs of agents; "
            + "convert it, or name its format with --format.");
    }

    private static ImportFormat? GuessJson(ReadOnlySpan<byte> text)
    {
        var json = new Utf8JsonReader(text, isFinalBlock: false, default);
        try
        {
            while (json.Read() && !(json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == 0))
            {
                if (json.TokenType != JsonTokenType.PropertyName || json.CurrentDepth != 1)
                    continue;
                if (json.ValueTextEquals("traj"u8))
                    return ImportFormat.AgentRuns;
                if (json.ValueTextEquals("stream"u8) || json.ValueTextEquals("type"u8))
                    return ImportFormat.JsonLines;
            }
        }
        catch (JsonException fault)
        {
            throw InputException.AtLine((fault.LineNumber ?? 0) + 1, $"invalid JSON {JsonFault.Text(fault)}", fault);
        }

        return null;
    }
}
