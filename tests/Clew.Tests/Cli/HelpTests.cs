namespace Clew.Tests.Cli;

public sealed class HelpTests
{
    public static TheoryData<string> Commands =>
        ["import", "append", "read", "tail", "streams", "stats", "verify", "seal", "prove", "check", "erase", "backup", "restore", "follow", "bench", "demo"];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help_with_an_example_of_itself(string command)
    {
        var help = await Tool.RunAsync(command, "--help");

        Assert.Equal(0, help.ExitCode);
        Assert.Matches($"Examples?:\n  .*clew {command}", help.Out.ReplaceLineEndings("\n"));
        Assert.Contains("--json", help.Out, StringComparison.Ordinal);
        Assert.Contains("Exit codes:", help.Out, StringComparison.Ordinal);
        Assert.Empty(help.Error);
    }

    [Fact]
    public async Task The_tool_alone_shows_every_command_but_the_hidden_one()
    {
        var help = await Tool.RunAsync();

        Assert.Equal(0, help.ExitCode);
        foreach (var row in Commands)
            Assert.Contains($"\n  {row.Data}", help.Out.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("demo-writer", help.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_a_version_and_nothing_else() =>
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\s*$", (await Tool.RunAsync("--version")).Out);
}
