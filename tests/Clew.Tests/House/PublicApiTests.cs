using System.Reflection;
using PublicApiGenerator;

namespace Clew.Tests.House;

public sealed class PublicApiTests
{
    [Theory]
    [InlineData("Clew", "tests/Clew.Tests/House/PublicApi.approved.txt")]
    [InlineData("Clew.Ed25519", "tests/Clew.Tests/House/PublicApi.Ed25519.approved.txt")]
    [InlineData("Clew.Zstandard", "tests/Clew.Tests/House/PublicApi.Zstandard.approved.txt")]
    public void The_public_api_is_the_approved_one(string library, string file)
    {
        var actual = Lines(Assembly.Load(library).GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }));
        if (Environment.GetEnvironmentVariable("CLEW_ACCEPT") == "1")
            File.WriteAllText(Repository.PathOf(file), string.Join('\n', actual) + "\n");

        var approved = File.Exists(Repository.PathOf(file)) ? Lines(Repository.Read(file)) : [];
        if (!actual.SequenceEqual(approved))
            Assert.Fail($"The public API differs from {file}:\n{Differences(approved, actual)}\nIf it is meant: CLEW_ACCEPT=1 dotnet test");
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd().Split('\n');

    // What the beginning and the end have in common is left out; so is, in between, what both have.
    private static string Differences(string[] before, string[] after)
    {
        var start = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        var end = before[start..].Reverse().Zip(after[start..].Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        var (removed, added) = (before[start..^end], after[start..^end]);
        var lines = removed.Where(line => !added.Contains(line)).Select(line => $"- {line}")
            .Concat(added.Where(line => !removed.Contains(line)).Select(line => $"+ {line}"))
            .ToArray();
        return lines.Length > 0 ? string.Join('\n', lines) : $"  the order of lines {start + 1} to {before.Length - end}";
    }
}
