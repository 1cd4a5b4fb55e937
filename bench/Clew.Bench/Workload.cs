using System.Text;

namespace Clew.Bench;

/// <summary>An event to append, and the version that its stream must have before it.</summary>
internal readonly record struct Draft(string Stream, long Version, string Type, string Tag, ReadOnlyMemory<byte> Data);

/// <summary>What every contestant is given to store; all of it made beforehand, so that nobody pays for making it.</summary>
internal static class Workload
{
    public const int Streams = 10_000;
    public const int PayloadBytes = 256;

    private const int TagCount = 1_000;
    private const int TypeCount = 10;
    private const int PayloadCount = 1_024;

    private static readonly string[] StreamNames = [.. Enumerable.Range(0, Streams).Select(n => $"order-{n}")];
    private static readonly string[] Tags = [.. Enumerable.Range(0, TagCount).Select(n => $"customer:{n}")];
    private static readonly string[] Types = [.. Enumerable.Range(0, TypeCount).Select(n => $"order-changed-{n}")];
    private static readonly byte[][] Payloads = [.. Enumerable.Range(0, PayloadCount).Select(n => Json(n, PayloadBytes))];

    public static string Stream(int number) => StreamNames[number];

    /// <summary>Number n has tag n modulo 1,000 and type n modulo 10, so one event in 1,000 has a given tag, and its type with it.</summary>
    public static Draft Event(long number, string stream, long version) =>
        new(stream, version, Type(number), Tags[number % TagCount], Payloads[number % PayloadCount]);

    public static string Type(long number) => Types[number % TypeCount];

    public static string Tag(long number) => Tags[number % TagCount];

    public static byte[] Json(int number, int bytes)
    {
        var json = new StringBuilder($$"""{"number":{{number}},"customer":"c-{{number * 7919 % 100_003}}","note":""" + "\"");
        var chance = new Random(number);
        while (json.Length < bytes - 2)
            json.Append((char)chance.Next('a', 'z' + 1));

        return Encoding.UTF8.GetBytes(json.Append("\"}").ToString());
    }
}
