using System.Text.Json;

namespace Clew.Tests.Cli;

public sealed class EraseTests
{
    private const string Secret = "the crown jewels are in the well";

    [Fact]
    public async Task Without_yes_it_says_what_would_be_erased_and_changes_nothing()
    {
        using var scratch = await StoreAsync();
        var before = (await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Out;

        var run = await Tool.RunAsync("erase", "--store", scratch.Store, "--stream", "a", "--reason", "by mistake");

        Assert.Equal((2, "Would erase 2 events, from #1 to #3.\n"), (run.ExitCode, run.Out));
        Assert.Contains("Nothing was erased. Add --yes to erase 2 events for ever.", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, (await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Out);
    }

    [Fact]
    public async Task With_yes_the_content_is_gone_from_every_file_and_the_erasure_is_shown_as_an_event()
    {
        using var scratch = await StoreAsync();

        var erase = await Tool.RunAsync("erase", "--store", scratch.Store, "--stream", "a", "--reason", "by mistake", "--by", "ann", "--yes");
        var again = await Tool.RunAsync("erase", "--store", scratch.Store, "--stream", "a", "--reason", "by mistake", "--by", "ann");
        var text = await Tool.RunAsync("read", "--store", scratch.Store);
        var json = await Tool.RunAsync("read", "--store", scratch.Store, "--json");

        Assert.Equal((0, "Erased 2 events, from #1 to #3.\nRecorded at #4.\n", ""), (erase.ExitCode, erase.Out, erase.Error));
        Assert.Equal((0, "Erased 0 events.\n2 events of these had been erased before.\n"), (again.ExitCode, again.Out));
        Assert.Equal(2, text.Lines.Count(line => line == "    (erased)"));
        Assert.Contains("""$erasures v1  $erased""", text.Out, StringComparison.Ordinal);
        Assert.Contains("""    {"reason":"by mistake","by":"ann","events":[{"position":1,"digest":""", text.Out, StringComparison.Ordinal);
        foreach (var (line, isErased) in json.Lines.Zip([true, false, true, false]))
        {
            using var shown = JsonDocument.Parse(line);
            Assert.Equal(isErased, shown.RootElement.TryGetProperty("erased", out var erased) && erased.GetBoolean());
            Assert.Equal(isErased, !shown.RootElement.TryGetProperty("data", out _));
        }

        Assert.Equal(0, (await Tool.RunAsync("verify", "--store", scratch.Store)).ExitCode);
        foreach (var file in Directory.EnumerateFiles(scratch.Store))
            Assert.True((await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).AsSpan().IndexOf("crown jewels"u8) < 0, file);
    }

    [Fact]
    public async Task What_is_erased_by_a_tag_is_told_as_json()
    {
        using var scratch = await StoreAsync();

        var asked = await Tool.RunAsync("erase", "--store", scratch.Store, "--tag", "customer:42", "--tag", "shop:a", "--reason", "r", "--json");
        var erased = await Tool.RunAsync("erase", "--store", scratch.Store, "--tag", "customer:42", "--reason", "r", "--json", "--yes");
        var again = await Tool.RunAsync("erase", "--store", scratch.Store, "--tag", "customer:42", "--reason", "r", "--json", "--yes");

        Assert.Equal(
            (2, """{"selected":1,"firstPosition":1,"lastPosition":1,"erased":0,"erasedBefore":0,"records":[]}"""), (asked.ExitCode, asked.Out.Trim()));
        Assert.Contains("\"kind\":\"usage\"", asked.Error, StringComparison.Ordinal);
        Assert.Equal(
            (0, """{"selected":2,"firstPosition":1,"lastPosition":3,"erased":2,"erasedBefore":0,"records":[4]}"""), (erased.ExitCode, erased.Out.Trim()));
        Assert.Equal(
            (0, """{"selected":0,"firstPosition":null,"lastPosition":null,"erased":0,"erasedBefore":2,"records":[]}"""), (again.ExitCode, again.Out.Trim()));
    }

    [Fact]
    public async Task Who_erases_is_the_user_of_the_system_where_nobody_says_otherwise()
    {
        using var scratch = await StoreAsync();

        await Tool.RunAsync("erase", "--store", scratch.Store, "--position", "2", "--reason", "r", "--yes");

        var record = (await Tool.RunAsync("read", "--store", scratch.Store, "--stream", "$erasures")).Out;
        Assert.Contains($"\"by\":\"{Environment.UserName}\"", record, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--position", "4")]
    [InlineData("--stream", "no")]
    [InlineData("--tag", "customer:43")]
    public async Task Nothing_found_ends_with_1(string option, string value)
    {
        using var scratch = await StoreAsync();

        var run = await Tool.RunAsync("erase", "--store", scratch.Store, option, value, "--reason", "r", "--yes");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("No event matches; the log ends at position 3. Nothing was erased.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--position", "4")]
    [InlineData("--stream", "$erasures")]
    public async Task The_record_of_an_erasure_stays(string option, string value)
    {
        using var scratch = await StoreAsync();
        await Tool.RunAsync("erase", "--store", scratch.Store, "--position", "1", "--reason", "r", "--yes");

        var run = await Tool.RunAsync("erase", "--store", scratch.Store, option, value, "--reason", "r", "--yes");

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("event 4 is one of Clew's own", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_open_for_writing_can_be_asked_but_not_erased_in()
    {
        using var scratch = await StoreAsync();
        await using var open = await Clew.Store.Segments.SegmentEventStore.OpenAsync(scratch.Store, cancellation: TestContext.Current.CancellationToken);

        var asked = await Tool.RunAsync("erase", "--store", scratch.Store, "--position", "1", "--reason", "r");
        var refused = await Tool.RunAsync("erase", "--store", scratch.Store, "--position", "1", "--reason", "r", "--yes", "--json");

        Assert.Equal("Would erase 1 event, at #1.\n", asked.Out);
        Assert.Equal((2, ""), (refused.ExitCode, refused.Out));
        Assert.Contains("\"kind\":\"in-use\"", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_of_a_log_in_which_was_erased_can_be_imported_without_the_records_of_that()
    {
        using var scratch = await StoreAsync();
        await Tool.RunAsync("erase", "--store", scratch.Store, "--position", "1", "--reason", "r", "--yes");
        var export = scratch.File("export.jsonl", (await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Out);

        var import = await Tool.RunAsync("import", export, "--store", scratch.At("copy"), "--json");

        Assert.Equal("""{"format":"jsonl","imported":3,"alreadyThere":0,"streams":2}""", import.Out.Trim());
    }

    private static async Task<Scratch> StoreAsync()
    {
        var scratch = new Scratch();
        foreach (var (stream, tag) in new[] { ("a", "shop:a"), ("b", "customer:41"), ("a", "shop:b") })
        {
            await Tool.RunAsync(
                "append", "--store", scratch.Store, "--stream", stream, "--type", "t", "--data", $$"""{"secret":"{{(stream == "a" ? Secret : "none")}}"}""",
                "--tag", tag, "--tag", stream == "a" ? "customer:42" : "k:v");
        }

        return scratch;
    }
}
