using System.Text;
using Clew.Ed25519;
using Clew.Integrity;

namespace Clew.Tests.Integrity;

public sealed class KeyFileTests : IDisposable
{
    // The example of golang.org/x/mod/sumdb/note, whose tools have the same file.
    private const string PrivateKey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    private const string PublicKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("clew-key-");

    private string File => Path.Combine(folder.FullName, "key");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_key_that_was_saved_signs_as_before()
    {
        using var made = Ed25519Signer.Create(TestKeys.Origin);
        made.Save(File);
        using var loaded = Ed25519Signer.Load(File);

        Assert.Equal(made.Key, loaded.Key);
        Assert.Equal(made.Sign("message"u8), loaded.Sign("message"u8));
    }

    [Theory]
    [InlineData(PrivateKey)]
    [InlineData(PrivateKey + "\n")]
    [InlineData(PrivateKey + "\r\n")]
    public void A_key_of_other_tools_for_signed_notes_is_loaded(string content)
    {
        Write(content);
        using var signer = Ed25519Signer.Load(File);

        Assert.Equal(PublicKey, signer.Key.ToString());
        Assert.Equal(
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
            SignedNote.Sign("If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n", signer).Signatures[0].ToString());
    }

    [Fact]
    public void A_key_is_written_as_other_tools_have_it()
    {
        Write(PrivateKey);
        using var signer = Ed25519Signer.Load(File);
        signer.Save(File + "2");

        Assert.Equal(PrivateKey + "\n", System.IO.File.ReadAllText(File + "2"));
    }

    [Fact]
    public void Only_its_owner_may_read_a_new_key()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows knows no such permissions.");
            return;
        }

        TestKeys.Log.Save(File);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void A_key_is_never_overwritten()
    {
        Write("something else");

        AssertFault(() => TestKeys.Log.Save(File), $"{File} is there already, and a key is never overwritten. Choose another name, or move the file away.");
        Assert.Equal("something else", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_key_that_cannot_be_written_is_named()
    {
        var missing = Path.Combine(folder.FullName, "no", "key");

        Assert.StartsWith($"The key cannot be written to {missing}: ", Assert.Throws<KeyFileException>(() => TestKeys.Log.Save(missing)).Message, StringComparison.Ordinal);
        AssertFault(() => TestKeys.Of(new string('a', 5_000), 1).Save(File), $"The key cannot be written to {File}: its name is too long.");
        Assert.False(System.IO.File.Exists(File));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_key_that_others_have_rights_to_is_refused(UnixFileMode more)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows knows no such permissions.");
            return;
        }

        TestKeys.Log.Save(File);
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);

        AssertFault(
            () => Ed25519Signer.Load(File),
            $"{File} is a private key, and others than its owner have rights to it. Take them away: chmod 600 {File}");
    }

    [Fact]
    public void A_key_without_permission_is_named() =>
        Permissions.WithoutAny(
            folder.FullName,
            _ =>
            {
                TestKeys.Log.Save(File);
                return Task.CompletedTask;
            },
            _ =>
            {
                AssertFault(() => Ed25519Signer.Load(File), $"There is no permission to read the key file {File}.");
                return Task.CompletedTask;
            });

    [Fact]
    public void What_is_no_file_is_named()
    {
        AssertFault(() => Ed25519Signer.Load(File), $"There is no key file {File}.");
        AssertFault(() => Ed25519Signer.Load(Path.Combine(File, "below")), $"There is no key file {Path.Combine(File, "below")}.");
        AssertFault(() => Ed25519Signer.Load(folder.FullName), $"{folder.FullName} is a folder and no key file.");
    }

    [Theory]
    [InlineData("", "it is not written as PRIVATE+KEY+name+id+key")]
    [InlineData("PRIVATE+KEY+", "it is not written as PRIVATE+KEY+name+id+key")]
    [InlineData("PRIVATE+KEY+PeterNeumann", "it is not written as PRIVATE+KEY+name+id+key")]
    [InlineData(PublicKey, "it is not written as PRIVATE+KEY+name+id+key")]
    [InlineData("PRIVATE+KEY+PeterNeumann+c74f20a3", "it is not written as PRIVATE+KEY+name+id+key")]
    [InlineData("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEK", "what follows its id is not 33 bytes in base64")]
    [InlineData("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKD!z", "what follows its id is not 33 bytes in base64")]
    [InlineData("PRIVATE+KEY+PeterNeumann+c74f20a3+AoEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "its signature type is 2, and that of Ed25519 is 1")]
    [InlineData(
        "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        "its id is not the one that name and key have (c74f20a3): one of the three was changed")]
    [InlineData("PRIVATE+KEY++c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "its name is none: it is empty")]
    public void A_file_that_holds_no_key_is_named(string content, string expected)
    {
        Write(content);

        AssertFault(() => Ed25519Signer.Load(File), $"{File} holds no private Ed25519 key: {expected}.");
    }

    [Fact]
    public void A_file_that_is_too_long_is_not_read_to_its_end()
    {
        Write(new string('a', 5_000));

        AssertFault(() => Ed25519Signer.Load(File), $"{File} is no key file: it has more than 4096 bytes.");
    }

    private void Write(string content)
    {
        System.IO.File.WriteAllText(File, content, new UTF8Encoding(false));
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static void AssertFault(Action action, string expected) => Assert.Equal(expected, Assert.Throws<KeyFileException>(action).Message);
}
