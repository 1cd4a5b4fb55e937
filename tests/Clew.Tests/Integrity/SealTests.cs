using System.Text;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class SealTests
{
    // The example of c2sp.org/tlog-cosignature: a checkpoint that its log signed and a witness cosigned.
    private const string Example =
        """
        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
        — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==

        """;

    private const string Root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    private const string Line = "— a AAAAAAA=\n";

    private static readonly Gen<TreeHead> Head = Gen.Select(
        Gen.OneOf(Gen.Long[0, 20], Gen.Long[0, long.MaxValue]), Gen.Byte.Array[Digest.Bytes], (size, root) => new TreeHead(size, Digest.From(root)));

    private static readonly Gen<string> Origin = Gen.OneOf(
        Gen.Select(Gen.Guid, Gen.Int[1, int.MaxValue], SealOrigin.Of),
        Gen.String[Gen.Char["ab/.+ é東"], 1, 20]);

    internal static readonly Gen<Seal> Any = Gen.Select(Origin, Head, Gen.Bool, (origin, head, isCountersigned) =>
    {
        var seal = Seal.Sign(origin, head, TestKeys.Log);
        return isCountersigned ? seal.SignedBy(TestKeys.Stranger) : seal;
    });

    [Fact]
    public void The_example_of_the_specification_is_read_and_written()
    {
        var seal = Parsed(Example);

        Assert.Equal("example.com/behind-the-sofa", seal.Origin);
        Assert.Equal(20_852_163, seal.Head.Size);
        Assert.Equal("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62", seal.Head.Root.ToString());
        Assert.Empty(seal.Extensions);
        Assert.Equal(["example.com/behind-the-sofa", "witness.example.com/w1"], seal.Note.Signatures.Select(signature => signature.KeyName));
        Assert.Equal(Example.ReplaceLineEndings("\n"), seal.ToString());
        Assert.Equal(new NoteCheck.ByNobodyKnown(), seal.Check(TestKeys.Log.Verifier()));
    }

    [Fact]
    public void A_seal_reads_back_as_it_was_signed() =>
        Any.Sample(seal =>
        {
            var again = Parsed(seal.ToString());
            return again == seal && again.Head == seal.Head && again.Origin == seal.Origin && again.GetHashCode() == seal.GetHashCode()
                && again.Check(TestKeys.Log.Verifier()) == new NoteCheck.SignedBy([TestKeys.Log.Key]);
        });

    [Fact]
    public void A_seal_with_one_byte_changed_is_never_signed_with_another_meaning() =>
        Any.SelectMany(seal => Gen.Select(Gen.Const(seal), Mutation.Of(Encoding.UTF8.GetBytes(seal.ToString())))).Sample((seal, bytes) =>
            !Seal.TryParse(bytes, out var changed, out _)
            || changed.Check(TestKeys.Log.Verifier()) is not NoteCheck.SignedBy
            || changed.Note.Text == seal.Note.Text);

    [Fact]
    public void Its_text_can_be_signed_elsewhere()
    {
        var head = new TreeHead(5, Digest.Of("root"u8));
        var elsewhere = SignedNote.Sign(Seal.Unsigned(TestKeys.Origin, head), TestKeys.Log);

        Assert.Equal(Seal.Sign(TestKeys.Origin, head, TestKeys.Log), Parsed(elsewhere.ToString()));
    }

    [Fact]
    public void A_countersignature_is_one_more_line_and_changes_nothing_else()
    {
        var seal = Seal.Sign(TestKeys.Origin, new TreeHead(5, Digest.Of("root"u8)), TestKeys.Log);
        var countersigned = seal.SignedBy(TestKeys.Witness);

        Assert.Equal(seal + countersigned.Note.Signatures[1].ToString() + "\n", countersigned.ToString());
        Assert.Equal(countersigned, seal.WithSignature(countersigned.Note.Signatures[1]));
        Assert.Equal(
            new NoteCheck.SignedBy([TestKeys.Log.Key, TestKeys.Witness.Key]),
            countersigned.Check(TestKeys.Log.Verifier(), TestKeys.Witness.Verifier()));
    }

    [Fact]
    public void Lines_that_others_add_are_kept_and_signed()
    {
        var seal = Parsed($"example.com/log\n0\n{Root}\nTimestamp: 7\nmore\n\n{Line}");

        Assert.Equal(["Timestamp: 7", "more"], seal.Extensions);
        Assert.Equal($"example.com/log\n0\n{Root}\nTimestamp: 7\nmore\n\n{Line}", seal.ToString());
        Assert.Equal(seal.Extensions, seal.SignedBy(TestKeys.Witness).Extensions);
    }

    [Theory]
    [InlineData($"\n0\n{Root}\n\n{Line}", "the seal's origin is none: it is empty")]
    [InlineData($"clew/key-rotation/v1\n0\n{Root}\n\n{Line}", "the seal's origin is none: it is the first line of a key rotation")]
    [InlineData($"a\n\n{Line}", "the text ends before the size")]
    [InlineData($"a\n\n{Root}\n\n{Line}", "line 2 is no size of a log: a decimal number without leading zeros")]
    [InlineData($"a\n01\n{Root}\n\n{Line}", "line 2 is no size of a log: a decimal number without leading zeros")]
    [InlineData($"a\n+1\n{Root}\n\n{Line}", "line 2 is no size of a log: a decimal number without leading zeros")]
    [InlineData($"a\n-1\n{Root}\n\n{Line}", "line 2 is no size of a log: a decimal number without leading zeros")]
    [InlineData($"a\n1 \n{Root}\n\n{Line}", "line 2 is no size of a log: a decimal number without leading zeros")]
    [InlineData($"a\n9223372036854775808\n{Root}\n\n{Line}", "line 2 is no size of a log: a decimal number without leading zeros")]
    [InlineData($"a\n1\n\n{Line}", "the text ends before the root")]
    [InlineData($"a\n1\n{Root} \n\n{Line}", "line 3 is no root: 32 bytes in base64")]
    [InlineData($"a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n\n{Line}", "line 3 is no root: 32 bytes in base64")]
    [InlineData($"a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n\n{Line}", "line 3 is no root: 32 bytes in base64")]
    [InlineData($"a\n1\n{Root}\n\nmore\n\n{Line}", "line 4 of the seal is empty")]
    [InlineData($"a\n1\n{Root}\n\n— a AAAA", "the note ends in the middle of a signature line")]
    public void What_is_wrong_with_a_seal_is_named(string text, string expected)
    {
        Assert.False(Seal.TryParse(Encoding.UTF8.GetBytes(text), out var seal, out var fault));
        Assert.Null(seal);
        Assert.Equal(expected, fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    [InlineData("clew/key-rotation/v1")]
    public void An_origin_is_one_line_that_says_something(string origin) =>
        Assert.Throws<ArgumentException>(() => Seal.Unsigned(origin, new TreeHead(0, default)));

    [Fact]
    public void A_log_of_less_than_nothing_is_not_sealed() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Seal.Unsigned("a", new TreeHead(-1, default)));

    internal static Seal Parsed(string text)
    {
        Assert.True(Seal.TryParse(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n")), out var seal, out var fault), fault);
        return seal;
    }
}
