using System.Text.Json;
using static System.FormattableString;

namespace Clew.Cli;

/// <summary>What is wrong with a text that should be JSON, without the words of the library that found it.</summary>
internal static class JsonFault
{
    private const string AdviceToProgrammers = " Change the reader options.";

    /// <returns>The place and the fault: <c>at byte 5: 'x' is ….</c>, or <c>at line 2, byte 5: …</c>.</returns>
    public static string Text(JsonException fault)
    {
        var end = fault.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        var what = (end < 0 ? fault.Message : fault.Message[..end]).Replace(AdviceToProgrammers, "", StringComparison.Ordinal);
        var line = fault.LineNumber > 0 ? Invariant($"line {fault.LineNumber + 1}, ") : "";
        return Invariant($"at {line}byte {(fault.BytePositionInLine ?? 0) + 1}: {what}");
    }
}
