using System.Buffers.Binary;
using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class KeyHasherTests
{
    [Fact]
    public void A_hash_is_what_the_format_says_at_every_length() => Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 70].SelectMany(length => Gen.Byte.Array[length]))
        .Sample((low, high, bytes) => Assert.Equal(AsDescribed(low, high, bytes), new KeyHasher(new UInt128(high, low)).Of(bytes)));

    // docs/reference/format.md, "Index files", word for word.
    private static ulong AsDescribed(ulong low, ulong high, byte[] bytes)
    {
        var (hash, at) = (low, 0);
        for (; bytes.Length - at > 16; at += 16)
            hash = Fold(Number(bytes, at) ^ 0xA0761D6478BD642F, Number(bytes, at + 8) ^ hash);

        byte[] last = [.. bytes[at..], .. new byte[16]];
        hash = Fold(Number(last, 0) ^ 0xE7037ED1A0B428DB, Number(last, 8) ^ hash);
        return Fold(hash ^ high, (ulong)bytes.Length ^ 0xA0761D6478BD642F);
    }

    private static ulong Number(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    private static ulong Fold(ulong left, ulong right)
    {
        var product = (UInt128)left * right;
        return (ulong)(product >> 64) ^ (ulong)product;
    }
}
