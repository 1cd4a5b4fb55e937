using System.Buffers.Binary;
using System.Text;
using Clew.Ed25519;
using Clew.Integrity;
using CsCheck;

namespace Clew.Tests.Integrity;

public sealed class Ed25519Tests
{
    // The message of "TEST 1024" in RFC 8032, section 7.1.
    private const string LongMessage =
        "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c50544e23fb1433ddf73be84d8" +
        "79de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc" +
        "1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e" +
        "06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7" +
        "aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2" +
        "d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270" +
        "88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b07" +
        "07e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51a" +
        "ddd3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7" +
        "51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8" +
        "ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08" +
        "d78ff4ef5d63653a65040cf9bfd4aca7984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4" +
        "88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e" +
        "6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b5" +
        "0d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d" +
        "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0";

    // The keys and signatures of RFC 8032, section 7.1: TEST 1, 2, 3, 1024 and SHA(abc), whose message is SHA-512("abc").
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    [InlineData(
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5", "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e", LongMessage,
        "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03")]
    [InlineData(
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704")]
    public void The_vectors_of_rfc_8032_are_signed_and_verified(string seed, string publicKey, string message, string signature)
    {
        using var signer = Ed25519Signer.Of("test", Convert.FromHexString(seed));
        var (bytes, expected) = (Convert.FromHexString(message), Convert.FromHexString(signature));

        Assert.Equal(publicKey, Convert.ToHexStringLower(signer.Key.PublicKey.Span));
        Assert.Equal(expected, signer.Sign(bytes));
        Assert.True(signer.Verifier().Verify(bytes, expected));
        Assert.False(signer.Verifier().Verify([.. bytes, 0], expected));
    }

    [Fact]
    public void A_signature_with_one_byte_changed_is_none() =>
        Mutation.Of(TestKeys.Log.Sign("message"u8)).Sample(signature => !TestKeys.Log.Verifier().Verify("message"u8, signature));

    // Cases of "Taming the many EdDSAs" (https://eprint.iacr.org/2020/1244), on which implementations differ. What one takes and another
    // refuses would be a seal for some and none for others, so all of it is refused.
    [Theory]
    [InlineData(
        "key and R of small order, S = 0", "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(
        "key of small order", "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04")]
    [InlineData(
        "R of small order", "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e")]
    [InlineData(
        "right only with the cofactor", "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09")]
    [InlineData(
        "S not below the order", "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514")]
    [InlineData(
        "S far above the order", "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22")]
    [InlineData(
        "R not in its one form", "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607")]
    public void What_implementations_disagree_about_is_refused(string what, string message, string publicKey, string signature)
    {
        var verifier = new Ed25519Verifier(new NoteKey("test", NoteKey.Ed25519Type, Convert.FromHexString(publicKey)));

        Assert.False(verifier.Verify(Convert.FromHexString(message), Convert.FromHexString(signature)), what);
    }

    [Fact]
    public void A_signature_of_another_length_is_wrong() =>
        Gen.Byte.Array[0, 80].Sample(signature => !TestKeys.Log.Verifier().Verify("message"u8, signature));

    [Fact]
    public void A_witness_signs_the_time_too()
    {
        using var signer = TestKeys.Of("witness.example/w2", 7);
        var witness = new Ed25519Verifier(new NoteKey("witness.example/w2", 0x04, signer.Key.PublicKey.Span));
        var seal = Seal.Sign(TestKeys.Origin, TestTree.Of(5).Head, TestKeys.Log);
        var timed = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(timed, 1_679_315_147);
        byte[] cosignature = [.. timed, .. signer.Sign(Encoding.UTF8.GetBytes($"cosignature/v1\ntime 1679315147\n{seal.Note.Text}"))];

        var cosigned = seal.WithSignature(new NoteSignature(witness.Key.Name, witness.Key.Id, cosignature));
        Assert.Equal(new NoteCheck.SignedBy([TestKeys.Log.Key, witness.Key]), cosigned.Check(TestKeys.Log.Verifier(), witness));
        Assert.Equal(new NoteCheck.SignedBy([TestKeys.Log.Key]), cosigned.Check(TestKeys.Log.Verifier()));

        Mutation.Of(cosignature).Sample(changed => !witness.Verify(Encoding.UTF8.GetBytes(seal.Note.Text), changed));
        Assert.False(witness.Verify("text\n"u8, [.. Enumerable.Repeat((byte)0xFF, 72)]));
        Assert.False(witness.Verify("text\n"u8, new byte[7]));
        Assert.False(witness.Verify(Encoding.UTF8.GetBytes(seal.Note.Text), [.. timed, 0, .. cosignature[8..]]));
    }

    [Fact]
    public void A_key_of_another_type_or_length_has_no_verifier()
    {
        foreach (var key in (NoteKey[])[new("ecdsa", 0x02, new byte[32]), new("short", NoteKey.Ed25519Type, new byte[31])])
        {
            Assert.Null(Ed25519Verifier.TryOf(key));
            Assert.Contains("is no Ed25519 key", Assert.Throws<ArgumentException>(() => new Ed25519Verifier(key)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_new_key_is_another_one()
    {
        using var first = Ed25519Signer.Create("a");
        using var second = Ed25519Signer.Create("a");

        Assert.NotEqual(first.Key, second.Key);
        Assert.True(first.Verifier().Verify("message"u8, first.Sign("message"u8)));
        Assert.False(first.Verifier().Verify("message"u8, second.Sign("message"u8)));
        Assert.Throws<ArgumentException>(() => Ed25519Signer.Create("a b"));
    }

    [Fact]
    public void A_key_that_was_wiped_signs_no_more()
    {
        var signer = Ed25519Signer.Create("a");
        signer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => signer.Sign("message"u8));
    }
}
