using CsCheck;

namespace Clew.Tests.Integrity;

/// <summary>One byte of a text, changed, taken away or added.</summary>
internal static class Mutation
{
    private enum Kind
    {
        Change,
        Remove,
        Add,
    }

    public static Gen<byte[]> Of(byte[] text) =>
        Gen.Select(Gen.Enum<Kind>(), Gen.Int[0, text.Length - 1], Gen.Frequency((3, Gen.Byte), (2, Gen.Byte[(byte)'+', (byte)'z']), (1, Gen.Const((byte)'\n'))))
            .Select((kind, at, value) => Of(text, kind, at, value))
            .Where(mutated => !mutated.AsSpan().SequenceEqual(text));

    private static byte[] Of(byte[] text, Kind kind, int at, byte value) => kind switch
    {
        Kind.Change => [.. text[..at], value, .. text[(at + 1)..]],
        Kind.Remove => [.. text[..at], .. text[(at + 1)..]],
        _ => [.. text[..at], value, .. text[at..]],
    };
}
