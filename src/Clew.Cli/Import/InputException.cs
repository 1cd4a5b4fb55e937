namespace Clew.Cli.Import;

/// <summary>A file is not what it should be; the message says where and why.</summary>
internal sealed class InputException(string message, Exception? cause = null) : Exception(message, cause)
{
    public static InputException AtLine(long line, string why, Exception? cause = null) => new($"line {line}: {why}", cause);
}
