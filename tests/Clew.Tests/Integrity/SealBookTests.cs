using System.Text;
using Clew.Ed25519;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class SealBookTests
{
    private static readonly Ed25519Signer Third = TestKeys.Of(TestKeys.Origin, 9);
    private static readonly Seal First = SealAt(3, TestKeys.Log);
    private static readonly Seal Second = SealAt(7, TestKeys.NextLog);
    private static readonly KeyRotation Rotation = KeyRotation.Sign(TestKeys.Origin, First.Head, TestKeys.Log, TestKeys.NextLog);

    [Fact]
    public void Nothing_is_an_empty_book()
    {
        var book = Parsed("");

        Assert.Empty(book.Seals);
        Assert.Empty(book.Rotations);
        Assert.Equal(0, book.WholeBytes);
    }

    [Fact]
    public void Seals_and_rotations_are_read_in_their_order()
    {
        var text = SealBook.EntryOf(First) + SealBook.EntryOf(Rotation) + SealBook.EntryOf(Second);
        var book = Parsed(text);

        Assert.Equal([First, Second], book.Seals);
        Assert.Equal([Rotation], book.Rotations);
        Assert.Equal(Encoding.UTF8.GetByteCount(text), book.WholeBytes);
    }

    [Fact]
    public void Wherever_a_crash_tears_the_last_note_off_the_notes_before_it_are_whole() =>
        Gen.Select(SealTests.Any.Array[0, 4], SealTests.Any).Sample((seals, last) =>
        {
            var distinct = seals.Distinct().ToArray();
            var whole = Encoding.UTF8.GetBytes(string.Concat(distinct.Select(SealBook.EntryOf)));
            var entry = Encoding.UTF8.GetBytes(SealBook.EntryOf(last));
            for (var cut = 0; cut < entry.Length; cut++)
            {
                AssertWhole([.. whole, .. entry[..cut]], whole.Length, distinct);
                AssertWhole([.. whole, .. entry[..cut], .. new byte[entry.Length - cut]], whole.Length, distinct);
                AssertWhole([.. whole, .. new byte[cut], .. entry[cut..]], cut == 0 ? whole.Length + entry.Length : whole.Length, cut == 0 ? [.. distinct, last] : distinct);
            }
        }, iter: 20);

    [Fact]
    public void A_countersigned_copy_adds_its_signatures_to_the_first_one()
    {
        var book = Parsed(string.Concat(
            SealBook.EntryOf(First),
            SealBook.EntryOf(Second),
            SealBook.EntryOf(First.SignedBy(TestKeys.Witness)),
            SealBook.EntryOf(First.SignedBy(TestKeys.Stranger)),
            SealBook.EntryOf(First)));

        Assert.Equal([First.SignedBy(TestKeys.Witness).SignedBy(TestKeys.Stranger), Second], book.Seals);
    }

    [Fact]
    public void A_rotation_with_one_more_signature_is_the_same_rotation()
    {
        var half = KeyRotationOf(SignedNote.Sign(Rotation.Note.Text, TestKeys.Log));

        Assert.Equal([Rotation], Parsed(SealBook.EntryOf(half) + SealBook.EntryOf(Rotation)).Rotations);
    }

    [Fact]
    public void A_damaged_note_before_others_is_named_with_its_place()
    {
        var whole = SealBook.EntryOf(First);
        var damaged = SealBook.EntryOf(Second).Replace("\n7\n", "\n07\n", StringComparison.Ordinal);

        AssertFault(whole, damaged, whole, "line 2 is no size of a log: a decimal number without leading zeros");
        AssertFault(whole, damaged, "", "line 2 is no size of a log: a decimal number without leading zeros");
        AssertFault("", "\n", whole, "the seal's origin is none: it is empty");
    }

    [Fact]
    public void A_damaged_rotation_is_named_with_its_place() =>
        AssertFault(
            "",
            SealBook.EntryOf(Rotation).Replace("\n3\n", "\nthree\n", StringComparison.Ordinal),
            "",
            "line 5 is no size of a log: a decimal number without leading zeros");

    [Fact]
    public void Zeros_in_the_middle_are_damage_and_no_torn_end()
    {
        var whole = SealBook.EntryOf(First);
        var zeros = whole.Replace("clew", "\0\0\0\0", StringComparison.Ordinal);

        AssertFault(whole, zeros, whole, "line 1 of the note holds the control character U+0000");
    }

    [Fact]
    public void Copies_that_have_too_many_signatures_together_are_a_fault()
    {
        var copies = Enumerable.Range(1, 65).Select(seed => SealBook.EntryOf(SealAt(3, TestKeys.Of($"key{seed}", (byte)seed)))).ToArray();

        Assert.Equal(64, Assert.Single(Parsed(string.Concat(copies[..64])).Seals).Note.Signatures.Count);
        AssertFault(
            string.Concat(copies[..64]), copies[64], "", "with its copies before it has more than 64 signatures or 1,048,576 bytes");
    }

    [Fact]
    public void Nothing_that_lies_in_a_book_makes_the_reader_fail() =>
        Gen.Select(SealTests.Any, Gen.Int[1, 3]).Select((seal, copies) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(SealBook.EntryOf(seal), copies))))
            .SelectMany(Mutation.Of)
            .Sample(bytes => SealBook.TryParse(bytes, out var book, out var fault) ? book.WholeBytes <= bytes.Length : fault.Length > 0);

    [Fact]
    public void Without_rotations_the_trusted_key_seals_everything()
    {
        var keys = Parsed(SealBook.EntryOf(First)).KeysFrom(TestKeys.Log.Key, TestKeys.Origin, Ed25519Verifier.TryOf);

        Assert.Equal([new KeyTerm(TestKeys.Log.Key, 0, null)], keys.Terms);
        Assert.Equal(TestKeys.Log.Key, keys.Current);
        Assert.Equal([TestKeys.Log.Key], keys.KeysAt(long.MaxValue));
    }

    [Fact]
    public void Each_rotation_hands_over_to_the_next_key()
    {
        var again = KeyRotation.Sign(TestKeys.Origin, Second.Head, TestKeys.NextLog, Third);
        var keys = Parsed(SealBook.EntryOf(Rotation) + SealBook.EntryOf(again)).KeysFrom(TestKeys.Log.Key, TestKeys.Origin, Ed25519Verifier.TryOf);

        Assert.Equal(
            [new KeyTerm(TestKeys.Log.Key, 0, 3), new(TestKeys.NextLog.Key, 3, 7), new(Third.Key, 7, null)],
            keys.Terms);
        Assert.Empty(keys.Refused);
        Assert.Equal(Third.Key, keys.Current);
        Assert.Equal([TestKeys.Log.Key], keys.KeysAt(2));
        Assert.Equal([TestKeys.Log.Key, TestKeys.NextLog.Key], keys.KeysAt(3));
        Assert.Equal([TestKeys.NextLog.Key], keys.KeysAt(4));
        Assert.Equal([Third.Key], keys.KeysAt(8));
    }

    [Fact]
    public void Who_trusts_a_later_key_does_not_care_for_the_rotations_before_it()
    {
        var again = KeyRotation.Sign(TestKeys.Origin, Second.Head, TestKeys.NextLog, Third);
        var keys = Parsed(SealBook.EntryOf(Rotation) + SealBook.EntryOf(again)).KeysFrom(TestKeys.NextLog.Key, TestKeys.Origin, Ed25519Verifier.TryOf);

        Assert.Equal([new KeyTerm(TestKeys.NextLog.Key, 0, 7), new(Third.Key, 7, null)], keys.Terms);
        Assert.Empty(keys.Refused);
    }

    [Fact]
    public void A_key_that_has_handed_over_does_not_do_so_again()
    {
        var theft = KeyRotation.Sign(TestKeys.Origin, First.Head, TestKeys.Log, TestKeys.Stranger);

        AssertRefused(theft, "signed by a key that had handed over to another one before", SealBook.EntryOf(Rotation));
    }

    [Fact]
    public void A_rotation_that_the_old_key_has_not_signed_is_refused()
    {
        var text = KeyRotation.Sign(TestKeys.Origin, First.Head, TestKeys.Log, TestKeys.Stranger).Note.Text;

        AssertRefused(KeyRotationOf(SignedNote.Sign(text, TestKeys.Stranger)), "not signed by both keys", "");
    }

    [Fact]
    public void A_key_does_not_hand_over_before_it_took_over()
    {
        var early = KeyRotation.Sign(TestKeys.Origin, new TreeHead(2, default), TestKeys.NextLog, Third);

        AssertRefused(early, "ends the old key's time at 2 events, and it began at 3", SealBook.EntryOf(Rotation));
    }

    [Fact]
    public void A_rotation_of_another_log_does_not_count()
    {
        var other = KeyRotation.Sign("clew/ffffffffffffffffffffffffffffffff/1", First.Head, TestKeys.Log, TestKeys.Stranger);
        var keys = Parsed(SealBook.EntryOf(other)).KeysFrom(TestKeys.Log.Key, TestKeys.Origin, Ed25519Verifier.TryOf);

        Assert.Equal([new KeyTerm(TestKeys.Log.Key, 0, null)], keys.Terms);
        Assert.Empty(keys.Refused);
    }

    private static Seal SealAt(long size, INoteSigner signer) => Seal.Sign(TestKeys.Origin, new TreeHead(size, Digest.Of([(byte)size])), signer);

    private static KeyRotation KeyRotationOf(SignedNote note)
    {
        Assert.True(KeyRotation.TryParse(Encoding.UTF8.GetBytes(note.ToString()), out var rotation, out var fault), fault);
        return rotation;
    }

    private static void AssertRefused(KeyRotation rotation, string why, string before)
    {
        var keys = Parsed(before + SealBook.EntryOf(rotation)).KeysFrom(TestKeys.Log.Key, TestKeys.Origin, Ed25519Verifier.TryOf);

        var refused = Assert.Single(keys.Refused);
        Assert.Equal(rotation, refused.Rotation);
        Assert.Contains(why, refused.Why, StringComparison.Ordinal);
        Assert.Equal(before.Length == 0 ? TestKeys.Log.Key : TestKeys.NextLog.Key, keys.Current);
    }

    private static void AssertWhole(byte[] bytes, int wholeBytes, Seal[] seals)
    {
        Assert.True(SealBook.TryParse(bytes, out var book, out var fault), fault);
        Assert.Equal(wholeBytes, book.WholeBytes);
        Assert.Equal(seals.Select(seal => seal.Note.Text).Distinct(), book.Seals.Select(seal => seal.Note.Text));
    }

    private static void AssertFault(string before, string damaged, string after, string expected)
    {
        Assert.False(SealBook.TryParse(Encoding.UTF8.GetBytes(before + damaged + after), out var book, out var fault));
        Assert.Null(book);
        Assert.Equal($"the note from byte {Encoding.UTF8.GetByteCount(before):N0} on: {expected}", fault);
    }

    private static SealBook Parsed(string text)
    {
        Assert.True(SealBook.TryParse(Encoding.UTF8.GetBytes(text), out var book, out var fault), fault);
        return book;
    }
}
