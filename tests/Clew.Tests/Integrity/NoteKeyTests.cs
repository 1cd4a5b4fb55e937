using System.Text;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class NoteKeyTests
{
    /// <summary>The example of c2sp.org/signed-note.</summary>
    private const string Example = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    private static readonly Gen<string> Name = Gen.String[Gen.Char["ab/.:-é東"], 1, 20];

    [Fact]
    public void The_example_of_the_specification_is_read_and_written()
    {
        Assert.True(NoteKey.TryParse(Example, out var key, out _));

        Assert.Equal("example.com/foo", key.Name);
        Assert.Equal(0x530d903au, key.Id);
        Assert.Equal(NoteKey.Ed25519Type, key.SignatureType);
        Assert.Equal(32, key.PublicKey.Length);
        Assert.Equal(Example, key.ToString());
        Assert.Equal(key, new NoteKey("example.com/foo", NoteKey.Ed25519Type, key.PublicKey.Span));
    }

    [Fact]
    public void A_key_reads_back_as_it_was_written() =>
        Gen.Select(Name, Gen.Byte, Gen.Byte.Array[1, 80]).Sample((name, type, bytes) =>
        {
            var key = new NoteKey(name, type, bytes);
            return NoteKey.TryParse(key.ToString(), out var again, out _) && again == key && again.GetHashCode() == key.GetHashCode();
        });

    // A key of another type may have any id, and nobody checks signatures of this type by it.
    [Fact]
    public void A_text_with_one_letter_changed_is_no_key_of_its_type() =>
        Mutation.Of(Encoding.UTF8.GetBytes(Example)).Sample(mutated =>
            !NoteKey.TryParse(Encoding.UTF8.GetString(mutated), out var key, out _) || key.SignatureType != NoteKey.Ed25519Type);

    [Fact]
    public void Only_keys_whose_ids_have_a_rule_must_follow_it()
    {
        Assert.True(NoteKey.TryParse("example.com/ecdsa+00000001+AgEC", out var key, out _));

        Assert.Equal(1u, key.Id);
        Assert.Equal("example.com/ecdsa+00000001+AgEC", key.ToString());
        Assert.False(NoteKey.TryParse("example.com/witness+00000001+BAEC", out _, out _));
    }

    [Theory]
    [InlineData("", "it is not written as name+id+key")]
    [InlineData("example.com/foo+530d903a", "it is not written as name+id+key")]
    [InlineData("+530d903a+AQEC", "its name is none: it is empty")]
    [InlineData("a b+530d903a+AQEC", "its name is none: it holds the character U+0020, and names have no white space, control characters or +")]
    [InlineData("a\u3000b+530d903a+AQEC", "its name is none: it holds the character U+3000, and names have no white space, control characters or +")]
    [InlineData("a\u0001b+530d903a+AQEC", "its name is none: it holds the character U+0001, and names have no white space, control characters or +")]
    [InlineData("foo+530d903+AQEC", "its id has not 8 hexadecimal digits in lower case")]
    [InlineData("foo+530D903A+AQEC", "its id has not 8 hexadecimal digits in lower case")]
    [InlineData("foo+530d903a+AQE", "its last part is not base64")]
    [InlineData("foo+530d903a+AQE\n", "its last part is not base64")]
    [InlineData("foo+530d903a+AR==", "its last part is not base64")]
    [InlineData("foo+530d903a+é", "its last part is not base64")]
    [InlineData("foo+530d903a+", "its last part is too short for a type and a key")]
    [InlineData("foo+530d903a+AQ==", "its last part is too short for a type and a key")]
    [InlineData("foo+530d903a+AQEC", "its id is not the one that name and key have (750daffa): one of the three was changed")]
    public void A_text_that_is_no_key_is_named(string text, string expected)
    {
        Assert.False(NoteKey.TryParse(text, out var key, out var fault));

        Assert.Null(key);
        Assert.Equal(expected, fault);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_no_name()
    {
        Assert.False(NoteKey.TryParse("a\uD800+530d903a+AQEC", out _, out var fault));
        Assert.Equal("its name is none: it holds half of a surrogate pair, which UTF-8 cannot carry", fault);
    }

    [Fact]
    public void A_text_longer_than_any_note_is_not_looked_at()
    {
        Assert.False(NoteKey.TryParse(new string('+', SignedNote.BytesMax + 1), out _, out var fault));
        Assert.Equal("it is longer than a note may be", fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a+b")]
    [InlineData("a\nb")]
    public void A_key_of_ones_own_needs_a_name_that_can_be_one(string name) =>
        Assert.Throws<ArgumentException>(() => new NoteKey(name, 1, [1]));

    [Fact]
    public void A_key_without_bytes_is_none() => Assert.Throws<ArgumentException>(() => new NoteKey("a", 1, []));
}
