using System.Text;
using Clew.Ed25519;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class KeyRotationTests
{
    private const string Start = "clew/key-rotation/v1\na\n";
    private const string Old = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string New = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string Head = "7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    private const string Line = "— a AAAAAAA=\n";

    private static readonly TreeHead Last = new(12, Digest.Of("root"u8));

    [Fact]
    public void It_says_who_follows_whom_and_where_and_both_sign()
    {
        var rotation = KeyRotation.Sign(TestKeys.Origin, Last, TestKeys.Log, TestKeys.NextLog);

        Assert.Equal(
            $"clew/key-rotation/v1\n{TestKeys.Origin}\n{TestKeys.Log.Key}\n{TestKeys.NextLog.Key}\n12\n{Canonical.TextOf(Last.Root)}\n",
            rotation.Note.Text);
        Assert.Equal(
            [TestKeys.Log.Key.Id, TestKeys.NextLog.Key.Id], rotation.Note.Signatures.Select(signature => signature.KeyId));
        Assert.True(rotation.IsSignedByBoth(Ed25519Verifier.TryOf));
    }

    [Fact]
    public void It_reads_back_as_it_was_signed()
    {
        var rotation = KeyRotation.Sign(TestKeys.Origin, Last, TestKeys.Log, TestKeys.NextLog);

        Assert.True(KeyRotation.TryParse(Encoding.UTF8.GetBytes(rotation.ToString()), out var again, out _));
        Assert.Equal(rotation, again);
        Assert.Equal(
            (rotation.Origin, rotation.OldKey, rotation.NewKey, rotation.Last), (again.Origin, again.OldKey, again.NewKey, again.Last));
    }

    [Fact]
    public void With_one_byte_changed_it_is_not_signed_by_both()
    {
        var rotation = KeyRotation.Sign(TestKeys.Origin, Last, TestKeys.Log, TestKeys.NextLog);

        Mutation.Of(Encoding.UTF8.GetBytes(rotation.ToString())).Sample(bytes =>
            !KeyRotation.TryParse(bytes, out var changed, out _) || !changed.IsSignedByBoth(Ed25519Verifier.TryOf));
    }

    [Fact]
    public void One_signature_is_not_enough()
    {
        var text = KeyRotation.Sign(TestKeys.Origin, Last, TestKeys.Log, TestKeys.NextLog).Note.Text;
        foreach (var signer in (Ed25519Signer[])[TestKeys.Log, TestKeys.NextLog])
        {
            Assert.True(KeyRotation.TryParse(Encoding.UTF8.GetBytes(SignedNote.Sign(text, signer).ToString()), out var half, out _));
            Assert.False(half.IsSignedByBoth(Ed25519Verifier.TryOf));
        }
    }

    [Fact]
    public void Signatures_of_a_type_that_nobody_here_can_check_count_for_nothing()
    {
        var rotation = KeyRotation.Sign(TestKeys.Origin, Last, TestKeys.Log, TestKeys.NextLog);

        Assert.False(rotation.IsSignedByBoth(key => key == TestKeys.Log.Key ? TestKeys.Log.Verifier() : null));
    }

    [Fact]
    public void A_rotation_is_no_seal()
    {
        var rotation = KeyRotation.Sign(TestKeys.Origin, Last, TestKeys.Log, TestKeys.NextLog);

        Assert.False(Seal.TryParse(Encoding.UTF8.GetBytes(rotation.ToString()), out _, out var fault));
        Assert.Equal("the seal's origin is none: it is the first line of a key rotation", fault);
    }

    [Fact]
    public void A_key_does_not_follow_itself() =>
        Assert.Throws<ArgumentException>(() => KeyRotation.Sign(TestKeys.Origin, Last, TestKeys.Log, TestKeys.Log));

    [Theory]
    [InlineData($"a\n7\n\n{Line}", "the first line of the note is not clew/key-rotation/v1")]
    [InlineData($"clew/key-rotation/v1\n\n{Line}", "the rotation's origin is none: it is empty")]
    [InlineData($"{Start}\n{Line}", "the old key is none: the note ends before it")]
    [InlineData($"{Start}x\n\n{Line}", "the old key is none: it is not written as name+id+key")]
    [InlineData($"{Start}{Old}\n\n{Line}", "the new key is none: the note ends before it")]
    [InlineData($"{Start}{Old}\nx\n\n{Line}", "the new key is none: it is not written as name+id+key")]
    [InlineData($"{Start}{Old}\n{Old}\n{Head}\n{Line}", "the new key is the old one")]
    [InlineData($"{Start}{Old}\n{New}\n\n{Line}", "the text ends before the size")]
    [InlineData($"{Start}{Old}\n{New}\n7\n\n{Line}", "the text ends before the root")]
    [InlineData($"{Start}{Old}\n{New}\n07\n\n{Line}", "line 5 is no size of a log: a decimal number without leading zeros")]
    [InlineData($"{Start}{Old}\n{New}\n7\nx\n\n{Line}", "line 6 is no root: 32 bytes in base64")]
    [InlineData($"{Start}{Old}\n{New}\n{Head}more\n\n{Line}", "line 7 is one too many")]
    [InlineData("clew/key-rotation/v1\n", "the note has no empty line, which would divide its text from its signatures")]
    public void What_is_wrong_with_a_rotation_is_named(string text, string expected)
    {
        Assert.False(KeyRotation.TryParse(Encoding.UTF8.GetBytes(text), out var rotation, out var fault));
        Assert.Null(rotation);
        Assert.Equal(expected, fault);
    }
}
