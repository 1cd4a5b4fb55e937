using System.Security.Cryptography;
using System.Text;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class Sha256LanesTests
{
    private const int OneBlockPastLanes = 33 * 64;

    private static readonly Gen<byte[]> Message = Gen.OneOf(
        Gen.Byte.Array[0, 200], Gen.Byte.Array[0, 5_000], Gen.Int[0, 90].SelectMany(blocks => Gen.Byte.Array[blocks * 64]));

    // FIPS 180-4's examples, as NIST publishes them; the second message has 448 bits, so that its padding needs a block of its own.
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void The_published_examples_come_out(string message, string digest)
    {
        var sixteen = Enumerable.Repeat(Encoding.ASCII.GetBytes(message), 16).ToArray();

        Assert.All(Hashed(new(), sixteen), hashed => Assert.Equal(digest, Convert.ToHexStringLower(hashed)));
    }

    [Fact]
    public void Every_length_hashes_as_the_library_hashes_it()
    {
        var batch = new Sha256Batch();
        for (var length = 0; length <= OneBlockPastLanes; length++)
        {
            var eight = Enumerable.Range(1, 8).Select(seed => Bytes(length, seed)).ToArray();

            Assert.Equal(eight.Select(SHA256.HashData), Hashed(batch, eight));
        }
    }

    [Fact]
    public void A_message_alone_hashes_as_the_library_hashes_it()
    {
        var batch = new Sha256Batch();
        for (var length = 0; length <= 1_100; length++)
            Assert.Equal([SHA256.HashData(Bytes(length, seed: 1))], Hashed(batch, [Bytes(length, seed: 1)]));
    }

    [Fact]
    public void Messages_of_all_lengths_hash_as_the_library_hashes_them_and_a_batch_used_again_remembers_nothing() =>
        Message.Array[0, 100].Array[1, 3].Sample(fillings =>
        {
            var batch = new Sha256Batch();

            Assert.All(fillings, messages => Assert.Equal(messages.Select(SHA256.HashData), Hashed(batch, messages)));
        });

    [Fact]
    public void Without_lanes_the_digests_are_the_same() => Message.Array[0, 20].Sample(messages =>
        Assert.Equal(Hashed(new(), messages), Hashed(new(laneBlocksMax: 0), messages)));

    [Fact]
    public void Messages_that_were_taken_back_are_not_hashed()
    {
        var batch = new Sha256Batch();
        batch.Add(1_000).Fill(0xFF);

        batch.Clear();

        Assert.Equal(0, batch.Count);
        Assert.Equal([SHA256.HashData([])], Hashed(batch, [[]]));
    }

    [Fact]
    public void Nothing_is_written_behind_the_digests()
    {
        var batch = new Sha256Batch();
        for (var message = 0; message < 9; message++)
            batch.Add(0);
        var target = new byte[10 * Sha256Batch.DigestBytes];

        batch.Run(target);

        Assert.Equal(new byte[Sha256Batch.DigestBytes], target[^Sha256Batch.DigestBytes..]);
    }

    [Fact]
    public void A_batch_writes_nothing_into_too_little_space()
    {
        var batch = new Sha256Batch();
        for (var message = 0; message < 9; message++)
            batch.Add(0);
        var target = new byte[(9 * Sha256Batch.DigestBytes) - 1];

        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Run(target));
        Assert.Equal(new byte[target.Length], target);
    }

    // They fill the first 64 KiB to the last byte, and the last one is done while seven lanes still work.
    [Fact]
    public void A_lane_without_work_does_not_run_past_the_last_message()
    {
        int[] lengths = [.. Enumerable.Repeat(0, 799), .. Enumerable.Repeat((32 * 64) - 9, 7), 0];
        byte[][] messages = [.. lengths.Select((length, seed) => Bytes(length, seed))];

        Assert.Equal(messages.Select(SHA256.HashData), Hashed(new(), messages));
    }

    [Fact]
    public void No_message_is_shorter_than_nothing() => Assert.Throws<ArgumentOutOfRangeException>(() => new Sha256Batch().Add(-1).Length);

    private static byte[][] Hashed(Sha256Batch batch, byte[][] messages)
    {
        foreach (var message in messages)
            message.CopyTo(batch.Add(message.Length));
        var digests = new byte[messages.Length * Sha256Batch.DigestBytes];
        batch.Run(digests);
        return [.. digests.Chunk(Sha256Batch.DigestBytes)];
    }

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
