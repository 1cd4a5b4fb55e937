using System.Text;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class ConsistencyProofFileTests
{
    private const int SizeMax = 40;

    private static readonly Gen<ConsistencyProofFile> Any =
        Gen.Int[0, SizeMax].SelectMany(newer => Gen.Select(Gen.Const(newer), Gen.Int[0, newer])).Select((newer, older) => Proof(older, newer));

    [Fact]
    public void A_proof_reads_back_and_holds_for_who_knows_the_public_key() =>
        Any.Sample(proof =>
        {
            var again = Parsed(proof.ToString());
            Assert.Equal((proof.Older, proof.Newer, proof.Consistency), (again.Older, again.Newer, again.Consistency));
            Assert.Equal(proof.ToString(), again.ToString());
            Assert.Equal(new ProofCheck.Valid(proof.Newer, [TestKeys.Log.Key]), again.Check([TestKeys.Log.Verifier()], TestKeys.Origin));
        });

    [Fact]
    public void A_proof_with_one_byte_changed_never_holds() =>
        Any.SelectMany(proof => Mutation.Of(Encoding.UTF8.GetBytes(proof.ToString()))).Sample(bytes =>
            !ConsistencyProofFile.TryParse(bytes, out var changed, out _) || changed.Check([TestKeys.Log.Verifier()]) is ProofCheck.Invalid);

    [Fact]
    public void Whatever_parses_is_written_as_it_was() =>
        Any.SelectMany(proof => Mutation.Of(Encoding.UTF8.GetBytes(proof.ToString()))).Sample(bytes =>
            !ConsistencyProofFile.TryParse(bytes, out var changed, out _) || Encoding.UTF8.GetBytes(changed.ToString()).AsSpan().SequenceEqual(bytes));

    [Fact]
    public void It_is_the_hashes_and_both_seals()
    {
        var proof = Proof(3, 7);

        Assert.Equal(
            $"clew/consistency-proof/v1\n{string.Concat(TestTree.Of(7).Consistency(3).Path.Select(hash => Convert.ToBase64String(hash) + "\n"))}\n{proof.Older}\n{proof.Newer}",
            proof.ToString());
    }

    [Fact]
    public void Each_seal_may_have_another_known_key_after_a_rotation()
    {
        var proof = new ConsistencyProofFile(SealAt(3), SealAt(7, TestKeys.NextLog), TestTree.Of(7).Consistency(3).Path);

        Assert.Equal(new ProofCheck.Valid(proof.Newer, [TestKeys.NextLog.Key]), proof.Check([TestKeys.Log.Verifier(), TestKeys.NextLog.Verifier()]));
        AssertInvalid(proof, ProofFault.NoKnownSignature, $"No known key has signed the newer seal; it has a signature in the name of \"{TestKeys.Origin}\".");
    }

    [Fact]
    public void Both_seals_must_be_signed()
    {
        AssertInvalid(
            new(SealAt(3, TestKeys.Stranger), SealAt(7), TestTree.Of(7).Consistency(3).Path),
            ProofFault.NoKnownSignature,
            "No known key has signed the older seal; it has a signature in the name of \"stranger.example\".");
        AssertInvalid(
            new(SealAt(3), SealOf(SealAt(7), new TreeHead(8, default)), TestTree.Of(7).Consistency(3).Path),
            ProofFault.WrongSignature,
            $"The newer seal's signature in the name of the key \"{TestKeys.Origin}\" is wrong: the seal was changed, or somebody else signed it.");
    }

    [Fact]
    public void Both_seals_must_be_of_the_log_that_was_asked_for()
    {
        var other = Seal.Sign("example.com/log", TestTree.Of(7).Head, TestKeys.Log);

        AssertInvalid(
            new(SealAt(3), other, TestTree.Of(7).Consistency(3).Path),
            ProofFault.AnotherLog,
            $"The newer seal is of the log \"example.com/log\", and \"{TestKeys.Origin}\" was asked for.");
        Assert.Equal(
            new ProofCheck.Invalid(ProofFault.AnotherLog, $"The older seal is of the log \"{TestKeys.Origin}\", and \"example.com/log\" was asked for."),
            Proof(3, 7).Check([TestKeys.Log.Verifier()], "example.com/log"));
    }

    [Fact]
    public void A_log_does_not_shrink() =>
        AssertInvalid(new(SealAt(7), SealAt(3), []), ProofFault.WrongPosition, "The older seal covers 7 events, and the newer one only 3.");

    [Fact]
    public void One_hash_too_few_or_too_many_is_named()
    {
        var path = TestTree.Of(7).Consistency(3).Path;

        AssertInvalid(
            new(SealAt(3), SealAt(7), [.. path.Skip(1)]), ProofFault.PathTooShort, "The proof has 3 hashes, and from 3 to 7 events it needs 4: some are missing.");
        AssertInvalid(
            new(SealAt(3), SealAt(7), [.. path, default]), ProofFault.PathTooLong, "The proof has 5 hashes, and from 3 to 7 events it needs 4: some are too many.");
    }

    [Fact]
    public void Two_histories_do_not_continue_each_other() => AssertInvalid(
        new(SealAt(3), Seal.Sign(TestKeys.Origin, TestTree.With(7, 1, default).Head, TestKeys.Log), TestTree.Of(7).Consistency(3).Path),
        ProofFault.WrongRoot,
        "The hashes do not lead from the older root to the newer one: one of them is wrong, or the log was changed.");

    [Fact]
    public void Two_seals_of_one_size_with_different_roots_contradict_each_other() => AssertInvalid(
        new(SealAt(7), Seal.Sign(TestKeys.Origin, TestTree.With(7, 1, default).Head, TestKeys.Log), []),
        ProofFault.WrongRoot,
        "The hashes do not lead from the older root to the newer one: one of them is wrong, or the log was changed.");

    [Theory]
    [InlineData("", "the first line of the proof is not clew/consistency-proof/v1")]
    [InlineData("clew/consistency-proof/v2\n\n", "the first line of the proof is not clew/consistency-proof/v1")]
    [InlineData("clew/consistency-proof/v1\n", "the proof ends before the empty line behind its hashes")]
    [InlineData("clew/consistency-proof/v1\nx\n", "line 2 of the proof is no hash: 32 bytes in base64")]
    [InlineData("clew/consistency-proof/v1\n\n", "the proof has no two seals with an empty line between them")]
    [InlineData("clew/consistency-proof/v1\n\na\n\n— a AAAAAAA=\n", "the proof has no two seals with an empty line between them")]
    [InlineData("clew/consistency-proof/v1\n\na\n\n— a AAAAAAA=\n\nb\n", "its older seal is none: the text ends before the size")]
    public void What_is_wrong_with_a_proof_is_named(string text, string expected) => AssertFault(text, expected);

    [Fact]
    public void A_newer_seal_that_is_none_is_named() =>
        AssertFault($"clew/consistency-proof/v1\n\n{SealAt(3)}\nb\n", "its newer seal is none: the note has no empty line, which would divide its text from its signatures");

    private static ConsistencyProofFile Proof(int older, int newer) => new(SealAt(older), SealAt(newer), TestTree.Of(newer).Consistency(older).Path);

    private static Seal SealAt(int size) => SealAt(size, TestKeys.Log);

    private static Seal SealAt(int size, INoteSigner signer) => Seal.Sign(TestKeys.Origin, TestTree.Of(size).Head, signer);

    // A seal with another's signature.
    private static Seal SealOf(Seal signed, TreeHead head) =>
        SealTests.Parsed($"{Seal.Unsigned(signed.Origin, head)}\n{signed.Note.Signatures[0]}\n");

    private static ConsistencyProofFile Parsed(string text)
    {
        Assert.True(ConsistencyProofFile.TryParse(Encoding.UTF8.GetBytes(text), out var proof, out var fault), fault);
        return proof;
    }

    private static void AssertInvalid(ConsistencyProofFile proof, ProofFault fault, string why) =>
        Assert.Equal(new ProofCheck.Invalid(fault, why), proof.Check([TestKeys.Log.Verifier()]));

    private static void AssertFault(string text, string expected)
    {
        Assert.False(ConsistencyProofFile.TryParse(Encoding.UTF8.GetBytes(text), out var proof, out var fault));
        Assert.Null(proof);
        Assert.Equal(expected, fault);
    }
}
