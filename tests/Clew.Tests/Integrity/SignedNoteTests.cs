using System.Text;
using Clew.Ed25519;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class SignedNoteTests
{
    // The examples of c2sp.org/signed-note; the first is given without its key.
    private const string Poem =
        """
        Ognuno sta solo sul cuor della terra
        trafitto da un raggio di sole:

        ed è subito sera.

        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=

        """;

    private const string Message =
        """
        This is an example message.

        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

        """;

    private const string MessageKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    private static readonly Gen<string> Text =
        Gen.String[Gen.Char["abcé東 —+\n\n"], 0, 60].Select(text => text + "\n");

    private static readonly Gen<SignedNote> Note =
        Gen.Select(Text, Gen.Byte[1, 255].Array[1, 8]).Select((text, seeds) =>
            seeds[1..].Aggregate(SignedNote.Sign(text, Signer(seeds[0])), (note, seed) => note.SignedBy(Signer(seed))));

    [Fact]
    public void The_text_of_a_note_may_have_empty_lines()
    {
        var note = Parsed(Poem);

        Assert.Equal("Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n", note.Text);
        var signature = Assert.Single(note.Signatures);
        Assert.Equal(("quasimodo.example/salvatore", 0x367BA04Bu, 64), (signature.KeyName, signature.KeyId, signature.Bytes.Length));
        Assert.Equal(Poem, note.ToString());
    }

    [Fact]
    public void The_example_of_the_specification_verifies_with_its_key()
    {
        Assert.True(NoteKey.TryParse(MessageKey, out var key, out _));

        Assert.Equal(new NoteCheck.SignedBy([key]), Parsed(Message).Check(new Ed25519Verifier(key)));
        Assert.Equal(new NoteCheck.WrongSignature(key), Parsed(Message.Replace("This", "That", StringComparison.Ordinal)).Check(new Ed25519Verifier(key)));
    }

    [Fact]
    public void What_is_written_reads_back_and_the_other_way_round() =>
        Note.Sample(note =>
        {
            var written = note.ToString();
            var again = Parsed(written);
            return again == note && again.GetHashCode() == note.GetHashCode() && again.ToString() == written;
        });

    [Fact]
    public void Whatever_parses_is_written_as_it_was() =>
        Note.SelectMany(note => Mutation.Of(Encoding.UTF8.GetBytes(note.ToString()))).Sample(bytes =>
            !SignedNote.TryParse(bytes, out var note, out _) || Encoding.UTF8.GetBytes(note.ToString()).AsSpan().SequenceEqual(bytes));

    [Fact]
    public void Nothing_that_somebody_sends_makes_the_parser_fail() =>
        Gen.Frequency((3, Gen.Byte), (3, Gen.OneOf("— \n\n ab=+/"u8.ToArray()))).Array[0, 200]
            .Sample(bytes => SignedNote.TryParse(bytes, out var note, out var fault) ? note is not null && fault is null : fault is { Length: > 0 });

    [Fact]
    public void Each_known_key_that_signed_is_named_once_and_others_are_passed_over()
    {
        var note = SignedNote.Sign("text\n", TestKeys.Log).SignedBy(TestKeys.Stranger).SignedBy(TestKeys.Witness);

        Assert.Equal(
            new NoteCheck.SignedBy([TestKeys.Log.Key, TestKeys.Witness.Key]),
            note.Check(TestKeys.Witness.Verifier(), TestKeys.NextLog.Verifier(), TestKeys.Log.Verifier()));
        Assert.Equal(new NoteCheck.SignedBy([TestKeys.Log.Key]), Parsed(note + note.Signatures[0].ToString() + "\n").Check(TestKeys.Log.Verifier()));
        Assert.Equal(new NoteCheck.ByNobodyKnown(), note.Check(TestKeys.NextLog.Verifier()));
        Assert.Equal(new NoteCheck.ByNobodyKnown(), note.Check());
    }

    [Fact]
    public void One_wrong_signature_of_a_known_key_condemns_the_note()
    {
        var other = SignedNote.Sign("another\n", TestKeys.Witness).Signatures[0];
        var note = SignedNote.Sign("text\n", TestKeys.Log).WithSignature(other);

        Assert.Equal(new NoteCheck.WrongSignature(TestKeys.Witness.Key), note.Check(TestKeys.Log.Verifier(), TestKeys.Witness.Verifier()));
        Assert.Equal(new NoteCheck.SignedBy([TestKeys.Log.Key]), note.Check(TestKeys.Log.Verifier()));
    }

    [Fact]
    public void A_key_that_shares_a_name_but_not_the_id_is_another_key()
    {
        var note = SignedNote.Sign("text\n", TestKeys.NextLog);

        Assert.Equal(TestKeys.Log.Key.Name, TestKeys.NextLog.Key.Name);
        Assert.Equal(new NoteCheck.ByNobodyKnown(), note.Check(TestKeys.Log.Verifier()));
    }

    [Fact]
    public void A_signature_that_a_note_has_already_is_not_added_again()
    {
        var note = SignedNote.Sign("text\n", TestKeys.Log);

        Assert.Equal(note, note.SignedBy(TestKeys.Log));
    }

    [Fact]
    public void A_signature_line_that_somebody_sends_can_be_added()
    {
        var note = SignedNote.Sign("text\n", TestKeys.Log);
        var line = note.SignedBy(TestKeys.Witness).Signatures[1].ToString();

        Assert.True(NoteSignature.TryParse(line, out var signature, out _));
        Assert.True(NoteSignature.TryParse(line + "\n", out var withItsEnd, out _));
        Assert.Equal(signature, withItsEnd);
        Assert.Equal(note.SignedBy(TestKeys.Witness), note.WithSignature(signature));
    }

    [Theory]
    [InlineData("witness.example AAAA", "it does not begin with an em dash and a space")]
    [InlineData("— ", "it has no signature behind the name")]
    [InlineData("— a AAAAAAA=\n\n", "what follows the name is not base64")]
    public void A_line_that_is_no_signature_is_named(string line, string expected)
    {
        Assert.False(NoteSignature.TryParse(line, out _, out var fault));
        Assert.Equal(expected, fault);
    }

    [Theory]
    [InlineData("", "the note is empty")]
    [InlineData("text", "the note ends in the middle of a line")]
    [InlineData("text\n\n— a AAAA", "the note ends in the middle of a signature line")]
    [InlineData("te\0xt\n\n— a AAAAAAA=\n", "line 1 of the note holds the control character U+0000")]
    [InlineData("text\n\n— a AAAAAA\tA=\n", "line 3 of the note holds the control character U+0009")]
    [InlineData("text\r\n\r\n— a AAAAAAA=\r\n", "line 1 of the note holds the control character U+000D; its lines end with line feeds alone")]
    [InlineData("text\n", "the note has no empty line, which would divide its text from its signatures")]
    [InlineData("text\n\n", "the note has no signature")]
    [InlineData("text\n— a AAAAAAA=\n\n", "the note has no signature")]
    [InlineData("text\n\n- a AAAAAAA=\n", "line 3 of the note is no signature: it does not begin with an em dash and a space")]
    [InlineData("text\n\n— a AAAAAAA=\nand more\n", "line 4 of the note is no signature: it does not begin with an em dash and a space")]
    [InlineData("text\n\n— a\n", "line 3 of the note is no signature: it has no signature behind the name")]
    [InlineData("text\n\n—  AAAAAAA=\n", "line 3 of the note is no signature: its key's name is none: it is empty")]
    [InlineData("text\n\n— a+b AAAAAAA=\n", "line 3 of the note is no signature: its key's name is none: it holds a +, and names have no white space, control characters or +")]
    [InlineData("text\n\n— a\u00A0b AAAAAAA=\n", "line 3 of the note is no signature: its key's name is none: it holds the character U+00A0, and names have no white space, control characters or +")]
    [InlineData("text\n\n— a AAAAAAA\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAAA    AAA=\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAA AAA=\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAAA====\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAAAA===\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAAAAA=A\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAAAAAB=\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a  AAAAAAA=\n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAAAAAA= \n", "line 3 of the note is no signature: what follows the name is not base64")]
    [InlineData("text\n\n— a AAAAAA==\n", "line 3 of the note is no signature: what follows the name is too short for a key's id and a signature")]
    [InlineData("text\n\n— a \n", "line 3 of the note is no signature: what follows the name is too short for a key's id and a signature")]
    public void What_is_wrong_with_a_note_is_named(string text, string expected) => AssertFault(Encoding.UTF8.GetBytes(text), expected);

    [Fact]
    public void A_note_that_is_not_in_utf8_is_named() =>
        AssertFault([.. "te"u8, 0xC3, .. "xt\n\n— a AAAAAAA=\n"u8], "the note is not in UTF-8");

    [Fact]
    public void A_note_has_a_megabyte_at_most()
    {
        var note = Encoding.UTF8.GetBytes(SignedNote.Sign("a\n", TestKeys.Log).ToString());
        byte[] largest = [.. new string('a', SignedNote.BytesMax - note.Length).Select(letter => (byte)letter), .. note];

        Assert.True(SignedNote.TryParse(largest, out var parsed, out _));
        Assert.Throws<ArgumentException>(() => parsed.SignedBy(TestKeys.Witness));
        AssertFault([(byte)'a', .. largest], "the note has 1,048,577 bytes, and none has more than 1,048,576");
    }

    [Fact]
    public void A_note_has_64_signatures_at_most()
    {
        var lines = Enumerable.Range(0, SignedNote.SignaturesMax).Select(number => $"— key{number} AAAAAAA=\n");
        var note = Parsed($"text\n\n{string.Concat(lines)}");

        Assert.Equal(SignedNote.SignaturesMax, note.Signatures.Count);
        Assert.Throws<ArgumentException>(() => note.SignedBy(TestKeys.Log));
        Assert.Equal(note, note.WithSignature(note.Signatures[7]));
        AssertFault(Encoding.UTF8.GetBytes($"{note}— one-more AAAAAAA=\n"), "the note has 65 signatures, and none has more than 64");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no line end")]
    [InlineData("carriage\r\n")]
    public void Only_lines_of_text_can_be_signed(string text) => Assert.Throws<ArgumentException>(() => SignedNote.Sign(text, TestKeys.Log));

    [Fact]
    public void Half_of_a_surrogate_pair_is_neither_signed_nor_a_signature()
    {
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("half of a pair \uD800\n", TestKeys.Log));
        Assert.False(NoteSignature.TryParse("— a\uDC00 AAAAAAA=", out _, out var fault));
        Assert.Equal("it holds half of a surrogate pair, which UTF-8 cannot carry", fault);
    }

    [Fact]
    public void A_line_that_is_longer_than_a_note_is_no_signature()
    {
        Assert.False(NoteSignature.TryParse(new string('—', SignedNote.BytesMax + 1), out _, out var fault));
        Assert.Equal("it is longer than a note may be", fault);
    }

    [Theory]
    [InlineData("a b", 64)]
    [InlineData("a", 0)]
    public void A_signature_has_a_name_and_bytes(string name, int bytes) =>
        Assert.Throws<ArgumentException>(() => new NoteSignature(name, 1, new byte[bytes]));

    [Fact]
    public void A_text_that_is_longer_than_a_note_cannot_be_signed() =>
        Assert.Throws<ArgumentException>(() => SignedNote.Sign(new string('\n', SignedNote.BytesMax + 1), TestKeys.Log));

    private static Ed25519Signer Signer(byte seed) => TestKeys.Of($"key{seed}", seed);

    private static SignedNote Parsed(string text)
    {
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n")), out var note, out var fault), fault);
        return note;
    }

    private static void AssertFault(byte[] bytes, string expected)
    {
        Assert.False(SignedNote.TryParse(bytes, out var note, out var fault));
        Assert.Null(note);
        Assert.Equal(expected, fault);
    }
}
