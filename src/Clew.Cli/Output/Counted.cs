using static System.FormattableString;

namespace Clew.Cli.Output;

/// <summary>A number of things in words: <c>1 event</c>, <c>2,000 events</c>.</summary>
internal static class Counted
{
    public static string Text(long count, string one) => Invariant($"{count:N0} {one}{(count == 1 ? "" : "s")}");
}
