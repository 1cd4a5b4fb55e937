using System.Text.Unicode;

namespace Clew.Cli.Import;

/// <summary>The lines of a text in UTF-8, as bytes, numbered from 1. Lines of white space are left out.</summary>
internal static class LineReader
{
    /// <summary>Longer lines are refused: an event takes far less.</summary>
    public const int LineBytesMax = 64 * 1024 * 1024;

    /// <returns>Each line stays valid only until the next one is asked for.</returns>
    public static IEnumerable<(long Number, ReadOnlyMemory<byte> Text)> Read(Stream content)
    {
        var buffer = new byte[1 << 16];
        var start = 0;
        var end = 0;
        var searched = 0;
        for (var number = 1L; ; number++)
        {
            int feed;
            while ((feed = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n')) < 0)
            {
                searched = end;
                (buffer, start, end, searched) = MakeRoom(buffer, start, end, searched, number);
                var read = content.Read(buffer, end, buffer.Length - end);
                if (read == 0)
                {
                    if (Trim(buffer, start, end, number) is { IsEmpty: false } last)
                        yield return (number, last);
                    yield break;
                }

                end += read;
            }

            var lineEnd = searched + feed;
            if (Trim(buffer, start, lineEnd, number) is { IsEmpty: false } line)
                yield return (number, line);

            start = searched = lineEnd + 1;
        }
    }

    private static (byte[] Buffer, int Start, int End, int Searched) MakeRoom(
        byte[] buffer, int start, int end, int searched, long number)
    {
        if (end < buffer.Length)
            return (buffer, start, end, searched);
        if (start == 0 && buffer.Length >= LineBytesMax)
            throw InputException.AtLine(number, $"it is longer than {LineBytesMax:N0} bytes.");

        var target = start > 0 ? buffer : new byte[buffer.Length * 2];
        buffer.AsSpan(start, end - start).CopyTo(target);
        return (target, 0, end - start, searched - start);
    }

    private static ReadOnlyMemory<byte> Trim(byte[] buffer, int start, int end, long number)
    {
        var line = buffer.AsMemory(start, end - start);
        if (number == 1 && line.Span.StartsWith("\uFEFF"u8))
            line = line[3..];

        return Utf8.IsValid(line.Span)
            ? line.Trim(" \t\r"u8)
            : throw InputException.AtLine(number, "it is not UTF-8; convert the file.");
    }
}
