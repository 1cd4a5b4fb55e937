using System.Text.Json;

namespace Clew.Tests.Cli;

public sealed class UsageTests
{
    public static TheoryData<string[], string> Mistakes => new()
    {
        { ["read", "--store", "x", "--bogus"], "--bogus" },
        { ["nonsense"], "nonsense" },
        { ["read"], "--store" },
        { ["read", "--store", "x", "--after", "soon"], "--after takes a whole number from 0, not" },
        { ["read", "--store", "x", "--after", "-1"], "--after takes a whole number from 0, not" },
        { ["read", "--store", ""], "--store takes the path of a folder" },
        { ["bench", "--store", " "], "--store takes the path of a folder" },
        { ["demo", "--keep", ""], "--keep takes the path of a folder" },
        { ["read", "--store", "x", "--limit", "0"], "--limit" },
        { ["read", "--store", "x", "--as-of", "yesterday"], "--as-of takes a position or a time" },
        { ["read", "--store", "x", "--as-of", "-1"], "--as-of takes a position or a time" },
        { ["read", "--store", "x", "--occurred-before", "5"], "--occurred-before" },
        { ["read", "--store", "x", "--stream", "s", "--type", "t"], "--stream" },
        { ["read", "--store", "x", "--tag", "untagged"], "key:value" },
        { ["append", "--store", "x", "--stream", "s", "--type", "t"], "--data" },
        { ["append", "--store", "x", "--stream", "s", "--type", "t", "--data", "{"], "not JSON" },
        { ["append", "--store", "x", "--stream", "", "--type", "t", "--data", "1"], "stream name" },
        { ["append", "--store", "x", "--stream", "s", "--type", "t", "--data", "1", "--id", "7"], "--id takes a GUID" },
        { ["append", "--store", "x", "--stream", "s", "--type", "t", "--data", "1", "--expect", "-1"], "--expect takes a whole number from 0, not" },
        { ["append", "--store", "x", "--stream", "s", "--type", "t", "--data", "1", "--expect", "99999999999999999999"], "--expect takes a whole number" },
        { ["append", "--store", "x", "--stream", "s", "--type", "t", "--data", "1", "--occurred-at", "noon"], "noon" },
        { ["import", "x", "--store", "x", "--format", "csv"], "xes, jsonl, agent-runs" },
        { ["import", "no-such-file", "--store", "x"], "no such file" },
        { ["streams", "--store", "x", "--limit", "-1"], "--limit" },
        { ["bench", "--store", "x", "--seconds", "0"], "--seconds" },
        { ["erase", "--store", "x", "--position", "1"], "--reason" },
        { ["erase", "--store", "x", "--reason", "r"], "Say what to erase, in one way" },
        { ["erase", "--store", "x", "--reason", "r", "--position", "1", "--stream", "s"], "Say what to erase, in one way" },
        { ["erase", "--store", "x", "--reason", "r", "--stream", "s", "--tag", "a:b", "--yes"], "Say what to erase, in one way" },
        { ["erase", "--store", "x", "--reason", "r", "--position", "0"], "--position takes a whole number from 1" },
        { ["erase", "--store", "x", "--reason", " ", "--position", "1"], "--reason takes 1 to 1,000 characters, not 0" },
        { ["erase", "--store", "x", "--reason", new string('r', 1_001), "--position", "1"], "--reason takes 1 to 1,000 characters, not 1,001" },
        { ["erase", "--store", "x", "--reason", "r", "--by", new string('b', 257), "--position", "1"], "--by takes 1 to 256 characters" },
        { ["erase", "--store", "x", "--reason", "r", "--tag", "untagged"], "key:value" },
        { ["erase", "--store", "x", "--reason", "r", "--position", "1", "--yes"], "There is no " },
        { ["bench", "--store", "x", "--seconds", "soon"], "--seconds takes a number" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_in_usage_ends_with_2_and_says_what_it_was(string[] arguments, string hint)
    {
        var run = await Tool.RunAsync(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Out);
        Assert.StartsWith("clew: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
        Assert.InRange(run.Error.TrimEnd().Split('\n').Length, 1, 2);
        Assert.False(Directory.Exists("x"));
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task With_json_the_error_is_json_on_standard_error(string[] arguments, string hint)
    {
        var run = await Tool.RunAsync([.. arguments, "--json"]);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Out);
        using var error = JsonDocument.Parse(run.Error);
        Assert.Contains(hint, error.RootElement.GetProperty("error").GetString()!, StringComparison.Ordinal);
        Assert.NotEmpty(error.RootElement.GetProperty("kind").GetString()!);
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_no_file_to_read_arguments_from() =>
        Assert.Contains(
            "@nothing: there is no such file",
            (await Tool.RunAsync("import", "@nothing", "--store", "x")).Error,
            StringComparison.Ordinal);

    [Fact]
    public async Task An_error_does_not_pass_on_what_would_drive_the_terminal()
    {
        var run = await Tool.RunAsync("import", "\u001b[2J\u202ename", "--store", "x");

        Assert.DoesNotContain('\u001b', run.Error);
        Assert.DoesNotContain('\u202e', run.Error);
        Assert.Contains(@"\u001b[2J\u202ename", run.Error, StringComparison.Ordinal);
    }
}
