using Clew.Ed25519;
using Clew.Integrity;

namespace Clew.Tests.Integrity;

/// <summary>Keys that are the same in every run, so that what fails once fails again.</summary>
internal static class TestKeys
{
    public const string Origin = "clew/00112233445566778899aabbccddeeff/1";

    public static readonly Ed25519Signer Log = Of(Origin, 1);
    public static readonly Ed25519Signer NextLog = Of(Origin, 2);
    public static readonly Ed25519Signer Witness = Of("witness.example/w1", 3);
    public static readonly Ed25519Signer Stranger = Of("stranger.example", 4);

    public static Ed25519Signer Of(string name, byte seed) => Ed25519Signer.Of(name, Enumerable.Repeat(seed, 32).ToArray());

    public static Ed25519Verifier Verifier(this INoteSigner signer) => new(signer.Key);
}
