using System.Buffers.Binary;
using System.Text;
using Clew.Events;
using Clew.Integrity;
using Clew.Tests.Events;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class EventProofTests
{
    private const int SizeMax = 40;

    private static readonly Seal AnySeal = Seal.Sign(TestKeys.Origin, TestTree.Of(1).Head, TestKeys.Log);

    private static readonly Gen<EventProof> Any =
        Gen.Select(EventGen.Placed.Where(placed => EventRecord.BytesOf(placed.Data) < 3_000), Gen.Int[1, SizeMax], Gen.Int[0, SizeMax])
            .Select((placed, size, index) => Proof(placed, size, index % size));

    [Fact]
    public void A_proof_reads_back_with_its_event_and_holds_for_who_knows_the_public_key() =>
        Any.Sample(proof =>
        {
            var again = Parsed(proof.ToString());
            Assert.Equal(proof.Event, again.Event);
            Assert.Equal(proof.Inclusion, again.Inclusion);
            Assert.Equal(proof.Seal, again.Seal);
            Assert.Equal(proof.ToString(), again.ToString());
            Assert.Equal(new ProofCheck.Valid(proof.Seal, [TestKeys.Log.Key]), again.Check([TestKeys.Log.Verifier()], TestKeys.Origin));
        });

    [Fact]
    public void A_proof_that_keeps_its_content_back_proves_the_same_event() =>
        Any.Sample(proof =>
        {
            var withheld = Parsed(proof.WithoutItsContent().ToString());
            Assert.True(withheld.Event.IsErased);
            Assert.True(withheld.Event.Data.IsEmpty && withheld.Event.Metadata.IsEmpty);
            Assert.Equal(proof.Event.Tags, withheld.Event.Tags);
            Assert.Equal((proof.Event.Stream, proof.Event.Type, proof.Event.Id), (withheld.Event.Stream, withheld.Event.Type, withheld.Event.Id));
            Assert.Equal(EventProof.LeafOf(proof.Event), EventProof.LeafOf(withheld.Event));
            Assert.IsType<ProofCheck.Valid>(withheld.Check([TestKeys.Log.Verifier()], TestKeys.Origin));
            Assert.Equal(withheld.ToString(), withheld.WithoutItsContent().ToString());
            Assert.DoesNotContain(Convert.ToHexString(Content(proof.Event)), Convert.ToHexString(withheld.Event.Record), StringComparison.Ordinal);
        });

    [Fact]
    public void A_proof_with_one_byte_changed_never_holds() =>
        Any.SelectMany(proof => Mutation.Of(Encoding.UTF8.GetBytes(proof.ToString()))).Sample(bytes =>
            !EventProof.TryParse(bytes, out var changed, out _) || changed.Check([TestKeys.Log.Verifier()]) is ProofCheck.Invalid);

    [Fact]
    public void Whatever_parses_is_written_as_it_was() =>
        Any.SelectMany(proof => Mutation.Of(Encoding.UTF8.GetBytes(proof.ToString()))).Sample(bytes =>
            !EventProof.TryParse(bytes, out var changed, out _) || Encoding.UTF8.GetBytes(changed.ToString()).AsSpan().SequenceEqual(bytes));

    [Fact]
    public void Nothing_that_somebody_sends_makes_the_parser_or_the_event_fail()
    {
        var parsed = 0;
        Gen.Select(HostileRecord.Any, Gen.Byte[1, 2], Gen.Frequency((6, Gen.Const(0)), (1, Gen.Int[-2, 2]))).Sample((hostile, kind, lie) =>
        {
            var (envelope, content) = Divided(hostile.Record);
            byte[] extra = [kind, 0, 0, 0, 0, .. envelope, .. kind == 1 ? content : content[..Math.Min(32, content.Length)]];
            BinaryPrimitives.WriteInt32LittleEndian(extra.AsSpan(1), envelope.Length + lie);
            if (!EventProof.TryParse(Encoding.UTF8.GetBytes(TextOf(extra)), out var proof, out _))
                return;

            Interlocked.Increment(ref parsed);
            HostileRecordTests.ReadEverything(proof.Event);
        }, iter: 4_000);

        Assert.True(parsed > 400, $"only {parsed} lies were plausible");
    }

    [Fact]
    public void An_event_with_a_byte_more_or_less_than_its_envelope_says_is_none()
    {
        foreach (var proof in (EventProof[])[Proof(Placed(), 1, 0), Proof(Placed(), 1, 0).WithoutItsContent()])
        {
            var extra = ExtraOf(proof);
            Parsed(TextOf(extra));
            AssertFault(TextOf([.. extra, 0]), "what follows \"extra \" is no event of a Clew log");
            AssertFault(TextOf(extra[..^1]), "what follows \"extra \" is no event of a Clew log");
            AssertFault(TextOf([.. extra[..5], (byte)(extra[5] + 1), .. extra[6..]]), "what follows \"extra \" is no event of a Clew log");
            AssertFault(TextOf([extra[0], (byte)(extra[1] + 1), .. extra[2..]]), "what follows \"extra \" is no event of a Clew log");
        }
    }

    [Fact]
    public void It_is_the_text_that_the_specification_asks_for()
    {
        var placed = Placed();
        var tree = TestTree.With(5, 2, EventProof.LeafOf(EventOf(placed, position: 3)));
        var proof = new EventProof(EventOf(placed, position: 3), tree.Inclusion(2).Path, Seal.Sign(TestKeys.Origin, tree.Head, TestKeys.Log));

        var lines = proof.ToString().Split('\n');
        Assert.Equal("c2sp.org/tlog-proof@v1", lines[0]);
        Assert.StartsWith("extra AW", lines[1], StringComparison.Ordinal);
        Assert.Equal("index 2", lines[2]);
        Assert.Equal(tree.Inclusion(2).Path.Select(hash => Convert.ToBase64String(hash)), lines[3..6]);
        Assert.Equal("", lines[6]);
        Assert.Equal(proof.Seal.ToString(), string.Join('\n', lines[7..]));
    }

    [Fact]
    public void Its_event_is_as_the_format_says()
    {
        var placed = Placed();
        var proof = Proof(placed, 1, 0);
        var record = EventOf(placed, position: 1).Record.ToArray();
        var envelope = record[EventRecord.HeaderBytes..(EventRecord.HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(EventRecord.HeaderBytes)))];
        byte[] content = [.. placed.Salt, .. placed.Data.Data.Span, .. placed.Data.Metadata.Span];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, envelope.Length);

        Assert.Equal([1, .. length, .. envelope, .. content], ExtraOf(proof));
        Assert.Equal([2, .. length, .. envelope, .. System.Security.Cryptography.SHA256.HashData(content)], ExtraOf(proof.WithoutItsContent()));
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([0, .. envelope, .. System.Security.Cryptography.SHA256.HashData(content)])),
            EventProof.LeafOf(proof.Event).ToString());
    }

    [Fact]
    public void A_proof_of_another_log_is_not_what_was_asked_for() => AssertInvalid(
        Proof(Placed(), 5, 2),
        ProofFault.AnotherLog,
        $"The seal is of the log \"{TestKeys.Origin}\", and \"example.com/log\" was asked for.",
        "example.com/log");

    [Fact]
    public void A_proof_by_nobody_known_proves_nothing()
    {
        var proof = Proof(Placed(), 5, 2);

        Assert.Equal(
            new ProofCheck.Invalid(ProofFault.NoKnownSignature, $"No known key has signed the seal; it has a signature in the name of \"{TestKeys.Origin}\"."),
            proof.Check([TestKeys.Stranger.Verifier()]));
        Assert.IsType<ProofCheck.Invalid>(proof.Check([]));
    }

    [Fact]
    public void A_wrong_signature_is_not_passed_over()
    {
        var proof = Proof(Placed(), 5, 2);
        var forged = proof.Seal.WithSignature(new NoteSignature(TestKeys.Witness.Key.Name, TestKeys.Witness.Key.Id, new byte[64]));

        Assert.Equal(
            new ProofCheck.Invalid(
                ProofFault.WrongSignature,
                "The seal's signature in the name of the key \"witness.example/w1\" is wrong: the seal was changed, or somebody else signed it."),
            new EventProof(proof.Event, proof.Inclusion.Path, forged).Check([TestKeys.Log.Verifier(), TestKeys.Witness.Verifier()]));
    }

    [Fact]
    public void The_index_must_be_that_of_the_event()
    {
        var text = Proof(Placed(), 5, 2).ToString();

        AssertInvalid(
            Parsed(text.Replace("\nindex 2\n", "\nindex 3\n", StringComparison.Ordinal)),
            ProofFault.WrongPosition,
            "The proof is for index 3, and the event in it is at position 3: index 2.");
        AssertInvalid(
            Parsed(text.Replace("\nindex 2\n", $"\nindex {long.MaxValue}\n", StringComparison.Ordinal)),
            ProofFault.WrongPosition,
            "The proof is for index 9223372036854775807, and the event in it is at position 3: index 2.");
    }

    [Fact]
    public void The_seal_must_reach_as_far_as_the_event() => AssertInvalid(
        new EventProof(EventOf(Placed(), position: 6), [], Seal.Sign(TestKeys.Origin, TestTree.Of(5).Head, TestKeys.Log)),
        ProofFault.WrongPosition,
        "The proof is for position 6, and the seal covers positions up to 5.");

    [Fact]
    public void One_hash_too_few_or_too_many_is_named()
    {
        var proof = Proof(Placed(), 5, 2);

        AssertInvalid(
            new EventProof(proof.Event, [.. proof.Inclusion.Path.Skip(1)], proof.Seal),
            ProofFault.PathTooShort,
            "The proof has 2 hashes, and for position 3 of 5 it needs 3: some are missing.");
        AssertInvalid(
            new EventProof(proof.Event, [.. proof.Inclusion.Path, default], proof.Seal),
            ProofFault.PathTooLong,
            "The proof has 4 hashes, and for position 3 of 5 it needs 3: some are too many.");
    }

    [Fact]
    public void Another_event_in_the_same_place_leads_to_another_root()
    {
        var proof = Proof(Placed(), 5, 2);
        var other = EventOf(Placed() with { Data = Placed().Data with { Data = "another"u8.ToArray() } }, position: 3);

        AssertInvalid(
            new EventProof(other, proof.Inclusion.Path, proof.Seal),
            ProofFault.WrongRoot,
            "The event and the hashes lead to another root than the sealed one: one of them is not the log's.");
    }

    [Fact]
    public void Where_there_is_no_event_there_is_no_proof()
    {
        Assert.Throws<ArgumentException>(() => new EventProof(default, [], Proof(Placed(), 1, 0).Seal));
        Assert.Throws<ArgumentException>(() => EventProof.LeafOf(default));
    }

    [Theory]
    [InlineData("", "the first line of the proof is not c2sp.org/tlog-proof@v1")]
    [InlineData("c2sp.org/tlog-proof@v2\n", "the first line of the proof is not c2sp.org/tlog-proof@v1")]
    [InlineData("c2sp.org/tlog-proof@v1", "the first line of the proof is not c2sp.org/tlog-proof@v1")]
    [InlineData("c2sp.org/tlog-proof@v1\n", "the second line of the proof does not begin with \"extra \": it holds no event")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n\n", "the second line of the proof does not begin with \"extra \": it holds no event")]
    [InlineData("c2sp.org/tlog-proof@v1\nextra A\n", "what follows \"extra \" is not base64")]
    [InlineData("c2sp.org/tlog-proof@v1\nextra \n", "what follows \"extra \" is no event of a Clew log")]
    [InlineData("c2sp.org/tlog-proof@v1\nextra AQAAAAA=\n", "what follows \"extra \" is no event of a Clew log")]
    [InlineData("c2sp.org/tlog-proof@v1\nextra AQAAAIA=\n", "what follows \"extra \" is no event of a Clew log")]
    [InlineData("c2sp.org/tlog-proof@v1\nextra AwAAAAA=\n", "what follows \"extra \" is no event of a Clew log")]
    public void What_is_wrong_with_a_proof_is_named(string text, string expected) => AssertFault(text, expected);

    [Theory]
    [InlineData("", "the third line of the proof is not \"index \" and a decimal number without leading zeros")]
    [InlineData("index 02\n", "the third line of the proof is not \"index \" and a decimal number without leading zeros")]
    [InlineData("index -1\n", "the third line of the proof is not \"index \" and a decimal number without leading zeros")]
    [InlineData("index  2\n", "the third line of the proof is not \"index \" and a decimal number without leading zeros")]
    [InlineData("index 2\n", "the proof ends before the empty line behind its hashes")]
    [InlineData("index 2\nx\n", "line 4 of the proof is no hash: 32 bytes in base64")]
    [InlineData("index 2\n\n", "its seal is none: the note is empty")]
    [InlineData("index 2\n\na\n", "its seal is none: the note has no empty line, which would divide its text from its signatures")]
    public void What_is_wrong_behind_the_event_is_named(string rest, string expected) =>
        AssertFault($"c2sp.org/tlog-proof@v1\nextra {Convert.ToBase64String(ExtraOf(Proof(Placed(), 5, 2)))}\n{rest}", expected);

    [Fact]
    public void No_proof_has_more_than_64_hashes()
    {
        var proof = Proof(Placed(), 5, 2);

        Assert.Equal(64, Parsed(new EventProof(proof.Event, new Digest[64], proof.Seal).ToString()).Inclusion.Path.Count);
        AssertFault(new EventProof(proof.Event, new Digest[65], proof.Seal).ToString(), "the proof has more than 64 hashes, and no log needs as many");
    }

    [Fact]
    public void The_largest_event_fits_and_more_does_not()
    {
        var empty = Placed();
        var free = EventLimits.EventBytesMax - EventRecord.BytesOf(empty.Data) + empty.Data.Data.Length;
        var proof = Proof(empty with { Data = empty.Data with { Data = new byte[free - 8] } }, 1, 0);

        Assert.IsType<ProofCheck.Valid>(Parsed(proof.ToString()).Check([TestKeys.Log.Verifier()]));
        AssertFault(new string('a', EventProof.BytesMax + 1), "the proof has 13,631,489 bytes, and none has more than 13,631,488");
    }

    internal static EventProof Proof(PlacedEvent placed, int size, int index)
    {
        var proven = EventOf(placed, index + 1);
        var tree = TestTree.With(size, index, EventProof.LeafOf(proven));
        return new(proven, tree.Inclusion(index).Path, Seal.Sign(TestKeys.Origin, tree.Head, TestKeys.Log));
    }

    private static PlacedEvent Placed() => new(
        new EventData("order-7", "order-placed", "{}"u8.ToArray())
        {
            Id = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
            Metadata = "m"u8.ToArray(),
            Tags = ["customer:42"],
        },
        Index: 0, Count: 1, Position: 1, Version: 1, RecordedAt: 0, Seed: 7, [.. Enumerable.Range(1, EventRecord.SaltBytes).Select(value => (byte)value)]);

    private static RecordedEvent EventOf(PlacedEvent placed, long position)
    {
        var record = (placed with { Position = position }).Record();
        return new(record, 0, record.Length);
    }

    // Envelope and content of a record that may lie about both.
    private static (byte[] Envelope, byte[] Content) Divided(byte[] record)
    {
        var at = EventRecord.HeaderBytes;
        var envelope = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(at)), 0, record.Length - at);
        var content = EventRecord.SaltBytes
            + (long)BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(at + 12)) + BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(at + 16));
        var rest = record[(at + envelope)..];
        return (record[at..(at + envelope)], rest[..(int)Math.Clamp(content, 0, rest.Length)]);
    }

    private static byte[] Content(RecordedEvent recorded) => EventRecord.Content(recorded.Record).ToArray();

    private static byte[] ExtraOf(EventProof proof) => Convert.FromBase64String(proof.ToString().Split('\n')[1]["extra ".Length..]);

    private static string TextOf(byte[] extra) => $"c2sp.org/tlog-proof@v1\nextra {Convert.ToBase64String(extra)}\nindex 0\n\n{AnySeal}";

    private static EventProof Parsed(string text)
    {
        Assert.True(EventProof.TryParse(Encoding.UTF8.GetBytes(text), out var proof, out var fault), fault);
        return proof;
    }

    private static void AssertInvalid(EventProof proof, ProofFault fault, string why, string? origin = null) =>
        Assert.Equal(new ProofCheck.Invalid(fault, why), proof.Check([TestKeys.Log.Verifier()], origin));

    private static void AssertFault(string text, string expected)
    {
        Assert.False(EventProof.TryParse(Encoding.UTF8.GetBytes(text), out var proof, out var fault));
        Assert.Null(proof);
        Assert.Equal(expected, fault);
    }
}
