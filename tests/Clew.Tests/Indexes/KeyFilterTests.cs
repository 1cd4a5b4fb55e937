using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class KeyFilterTests
{
    private const double FalsePositivesMax = 0.02;

    [Fact]
    public void It_never_says_no_to_a_key_that_is_there() => Gen.ULong.Array[1, 1_000].Sample(hashes =>
    {
        var lines = Filled(hashes);

        return hashes.All(hash => MayHave(lines, hash));
    });

    [Theory]
    [InlineData(48)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void It_says_yes_to_few_keys_that_are_not_there(int keys)
    {
        var lines = Filled([.. Enumerable.Range(0, keys).Select(HashOf)]);

        var wrong = Enumerable.Range(keys, 100_000).Count(number => MayHave(lines, HashOf(number)));

        Assert.InRange(wrong / 100_000.0, 0, FalsePositivesMax);
    }

    [Fact]
    public void Lines_ascend_with_hashes_and_all_are_used() => Gen.Select(Gen.ULong.Array[2, 100], Gen.Int[1, 1_000]).Sample((hashes, lines) =>
    {
        var used = hashes.Order().Select(hash => KeyFilter.LineOf(hash, lines)).ToArray();

        Assert.Equal(used.Order(), used);
        Assert.All(used, line => Assert.InRange(line, 0, lines - 1));
        Assert.Equal((0, lines - 1), (KeyFilter.LineOf(0, lines), KeyFilter.LineOf(ulong.MaxValue, lines)));
    });

    private static ulong HashOf(int number) => IndexedLog.Hasher.Of(BitConverter.GetBytes(number));

    private static byte[][] Filled(ulong[] hashes)
    {
        var lines = new byte[KeyFilter.LinesFor(hashes.Length)][];
        for (var line = 0; line < lines.Length; line++)
            lines[line] = new byte[KeyFilter.LineBytes];
        foreach (var hash in hashes)
            KeyFilter.Add(lines[KeyFilter.LineOf(hash, lines.Length)], hash);
        return lines;
    }

    private static bool MayHave(byte[][] lines, ulong hash) => KeyFilter.MayHave(lines[KeyFilter.LineOf(hash, lines.Length)], hash);
}
