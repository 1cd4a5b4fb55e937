using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Clew.Cli.Demo;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Cli;

public sealed class StoreCommandTests
{
    private const string Time = @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z";

    [Fact]
    public async Task What_is_appended_is_read_again_with_every_field()
    {
        using var scratch = new Scratch();
        var append = await Tool.RunAsync(
            "append", "--store", scratch.Store, "--stream", "order 7", "--type", "placed", "--data", """{"total": 40.50, "who":"Zoë"}""",
            "--tag", "customer:42", "--tag", "shop:a", "--expect", "0", "--occurred-at", "2026-01-02T03:04:05+01:00",
            "--id", "0193a5f0-0000-7000-8000-000000000001", "--json");
        var read = await Tool.RunAsync("read", "--store", scratch.Store, "--json");

        Assert.Equal(
            """{"position":1,"stream":"order 7","version":1,"id":"0193a5f0-0000-7000-8000-000000000001"}""",
            append.Out.Trim());
        Assert.Matches(
            $$"""
            ^\{"position":1,"stream":"order 7","version":1,"type":"placed","schemaVersion":1,
            "id":"0193a5f0-0000-7000-8000-000000000001","recordedAt":"{{Time}}","occurredAt":"2026-01-02T02:04:05\.000000Z",
            "correlationId":null,"causationId":null,"contentType":"application/json","tags":\["customer:42","shop:a"\],
            "data":\{"total":40\.50,"who":"Zoë"\}\}\n$
            """.ReplaceLineEndings(""),
            read.Out);
        Assert.Equal((0, 0), (append.ExitCode, read.ExitCode));
    }

    [Fact]
    public async Task Data_may_come_from_standard_input()
    {
        using var scratch = new Scratch();
        await Tool.RunWithInputAsync("""{"from":"input"}""" + "\n", "append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "-");

        Assert.EndsWith("""    {"from":"input"}""" + "\n", (await Tool.RunAsync("read", "--store", scratch.Store)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_at_another_version_is_a_conflict_and_ends_with_1()
    {
        using var scratch = new Scratch();
        await AppendAsync(scratch, "s");

        var conflict = await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "2", "--expect", "0");
        var missing = await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "other", "--type", "t", "--data", "2", "--expect", "3", "--json");

        Assert.Equal((1, ""), (conflict.ExitCode, conflict.Out));
        Assert.Contains("the stream s is at version 1, not 0, since position 1", conflict.Error, StringComparison.Ordinal);
        Assert.Equal((1, ""), (missing.ExitCode, missing.Out));
        Assert.Contains("\"kind\":\"conflict\"", missing.Error, StringComparison.Ordinal);
        Assert.Contains("the stream other is at version 0, not 3", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_is_expected_where_there_is_no_store_makes_none()
    {
        using var scratch = new Scratch();

        var run = await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1", "--expect", "3");

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("there is no store in", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.Store));
    }

    [Theory]
    [InlineData("$s", "t", "k:v")]
    [InlineData("s", "$t", "k:v")]
    [InlineData("s", "t", "$k:v")]
    public async Task A_name_of_Clews_own_is_refused(string stream, string type, string tag)
    {
        using var scratch = new Scratch();

        var run = await Tool.RunAsync("append", "--store", scratch.Store, "--stream", stream, "--type", type, "--tag", tag, "--data", "1");

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("begins with $ is Clew's own", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.Store));
    }

    [Fact]
    public async Task What_is_appended_as_deep_as_may_be_can_be_exported_and_imported()
    {
        using var scratch = new Scratch();
        var deep = new string('[', 64) + new string(']', 64);
        await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", deep);
        var export = scratch.File("export.jsonl", (await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Out);

        var import = await Tool.RunAsync("import", export, "--store", scratch.At("copy"));

        Assert.Equal((0, ""), (import.ExitCode, import.Error));
    }

    [Fact]
    public async Task A_position_beyond_the_log_is_read_as_of_with_a_word_about_it()
    {
        using var scratch = new Scratch();
        await AppendAsync(scratch, "s");

        var beyond = await Tool.RunAsync("read", "--store", scratch.Store, "--as-of", "2026");
        var head = await Tool.RunAsync("read", "--store", scratch.Store, "--as-of", "1");

        Assert.Equal(beyond.Out, head.Out);
        Assert.Contains("The log ends at position 1, so --as-of 2026 leaves nothing out.", beyond.Error, StringComparison.Ordinal);
        Assert.Equal("", head.Error);
    }

    [Fact]
    public async Task Data_that_is_no_JSON_is_refused_without_advice_to_programmers()
    {
        using var scratch = new Scratch();

        var run = await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", """{"a":1,}""");

        Assert.Contains("--data is not JSON at byte 8: The JSON object contains a trailing comma", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("reader options", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_event_again_is_one_event_and_its_id_on_another_is_refused()
    {
        using var scratch = new Scratch();
        string[] append = ["append", "--store", scratch.Store, "--type", "t", "--data", "1", "--id", "0193a5f0-0000-7000-8000-000000000001", "--stream"];

        var first = await Tool.RunAsync([.. append, "s"]);
        var again = await Tool.RunAsync([.. append, "s"]);
        var other = await Tool.RunAsync([.. append, "other"]);

        Assert.Equal(first, again);
        Assert.Equal(1, other.ExitCode);
        Assert.Single((await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Lines);
    }

    [Fact]
    public async Task Reading_picks_by_stream_type_tag_position_moment_and_direction()
    {
        using var scratch = new Scratch();
        await AppendAsync(scratch, "a", "one", "k:1");
        await AppendAsync(scratch, "b", "two", "k:1", "l:1");
        await AppendAsync(scratch, "a", "three", "k:2");
        await AppendAsync(scratch, "b", "one", "l:1");

        Assert.Equal("1 3", await PositionsAsync(scratch, "--stream", "a"));
        Assert.Equal("1 3 4", await PositionsAsync(scratch, "--type", "one", "--type", "three"));
        Assert.Equal("2", await PositionsAsync(scratch, "--tag", "k:1", "--tag", "l:1"));
        Assert.Equal("4", await PositionsAsync(scratch, "--type", "one", "--tag", "l:1"));
        Assert.Equal("3 4", await PositionsAsync(scratch, "--after", "2"));
        Assert.Equal("1 2", await PositionsAsync(scratch, "--as-of", "2"));
        Assert.Equal("4 3", await PositionsAsync(scratch, "--backwards", "--limit", "2"));
        Assert.Equal("1 2 3 4", await PositionsAsync(scratch, "--as-of", "2200-01-01"));
        Assert.Equal("", await PositionsAsync(scratch, "--as-of", "2000-01-01"));
    }

    [Fact]
    public async Task Reading_by_the_time_of_the_world_counts_only_what_it_shows()
    {
        using var scratch = new Scratch();
        await AppendAsync(scratch, "a");
        await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "a", "--type", "t", "--data", "1", "--occurred-at", "1999-12-31");
        await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "a", "--type", "t", "--data", "1", "--occurred-at", "2000-01-01");

        Assert.Equal("2", await PositionsAsync(scratch, "--occurred-before", "2000-01-01", "--limit", "1"));
        Assert.Equal("2 3", await PositionsAsync(scratch, "--occurred-before", "2000-01-02"));
    }

    [Fact]
    public async Task Nothing_found_ends_with_1()
    {
        using var scratch = new Scratch();
        await AppendAsync(scratch, "s");

        var read = await Tool.RunAsync("read", "--store", scratch.Store, "--stream", "nobody", "--json");

        Assert.Equal((1, ""), (read.ExitCode, read.Out));
        Assert.Contains("\"kind\":\"not-found\"", read.Error, StringComparison.Ordinal);
        Assert.Contains("the log ends at position 1", read.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_is_no_JSON_is_shown_in_Base64_and_hostile_data_drives_no_terminal()
    {
        using var scratch = new Scratch();
        await using (var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken))
        {
            await store.AppendAsync(
                [
                    new("s", "bytes", new byte[] { 0xff, 0x1b }) { ContentType = "application/octet-stream" },
                    new("s", "broken", "\"\u001b[2J"u8.ToArray()),
                    new("s", "half a pair", """{"a":"\ud800"}"""u8.ToArray()),
                    new("s\u202e", "c1", Encoding.UTF8.GetBytes("{\"a\":\"\u009b2J\u202e\"}")) { Metadata = "{\"by\":1}"u8.ToArray() },
                ]);
        }

        var json = await Tool.RunAsync("read", "--store", scratch.Store, "--json");
        var text = await Tool.RunAsync("read", "--store", scratch.Store);
        var streams = await Tool.RunAsync("streams", "--store", scratch.Store);

        Assert.Contains("\"dataBase64\":\"/xs=\"", json.Lines[0], StringComparison.Ordinal);
        Assert.Contains("\"dataBase64\":\"IhtbMko=\"", json.Lines[1], StringComparison.Ordinal);
        Assert.Contains("\"dataBase64\":", json.Lines[2], StringComparison.Ordinal);
        Assert.Contains("\"metadata\":{\"by\":1}", json.Lines[3], StringComparison.Ordinal);
        Assert.All([json.Out, text.Out, streams.Out], shown => Assert.DoesNotContain(shown, letter => char.IsControl(letter) && letter is not ('\n' or '\r')));
        Assert.All([text.Out, streams.Out], shown => Assert.DoesNotContain('\u202e', shown));
    }

    [Fact]
    public async Task Streams_come_with_the_longest_first_and_stats_add_up()
    {
        using var scratch = new Scratch();
        await AppendAsync(scratch, "short");
        await AppendAsync(scratch, "long");
        await AppendAsync(scratch, "long");

        var streams = await Tool.RunAsync("streams", "--store", scratch.Store, "--json");
        var table = await Tool.RunAsync("streams", "--store", scratch.Store, "--limit", "1");
        var stats = await Tool.RunAsync("stats", "--store", scratch.Store, "--json");

        Assert.Matches($$"""^\{"stream":"long","events":2,"firstPosition":2,"lastPosition":3,"lastRecordedAt":"{{Time}}"\}$""", streams.Lines[0]);
        Assert.Matches("""^\{"stream":"short","events":1,""", streams.Lines[1]);
        Assert.Contains("2 streams, of which 1 are shown", table.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("short", table.Out, StringComparison.Ordinal);
        using var numbers = JsonDocument.Parse(stats.Out);
        Assert.Equal(
            ["logId", "epoch", "head", "recordedAt", "events", "segments", "archivedSegments", "logBytes", "segmentBytes", "indexFiles", "indexBytes"],
            numbers.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal(3, numbers.RootElement.GetProperty("head").GetInt64());
        Assert.Equal(3, numbers.RootElement.GetProperty("events").GetInt64());
        Assert.Contains("events", (await Tool.RunAsync("stats", "--store", scratch.Store)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_commands_work_while_the_store_is_open_and_writing_ones_say_that_it_is()
    {
        using var scratch = new Scratch();
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken);
        await store.AppendAsync(new EventData("s", "t", "1"u8.ToArray()));

        Assert.Equal("1", await PositionsAsync(scratch));
        foreach (var command in new[] { "streams", "stats", "verify" })
            Assert.Equal(0, (await Tool.RunAsync(command, "--store", scratch.Store)).ExitCode);

        var append = await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1", "--json");
        Assert.Equal((2, ""), (append.ExitCode, append.Out));
        Assert.Contains("\"kind\":\"in-use\"", append.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read")]
    [InlineData("tail")]
    [InlineData("streams")]
    [InlineData("stats")]
    [InlineData("verify")]
    public async Task A_folder_that_is_no_store_is_refused_and_left_alone(string command)
    {
        using var scratch = new Scratch();
        var folder = Directory.CreateDirectory(scratch.At("photos")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "cat.jpg"), "meow", TestContext.Current.CancellationToken);

        var strange = await Tool.RunAsync(command, "--store", folder);
        var missing = await Tool.RunAsync(command, "--store", scratch.At("missing"));

        Assert.All([strange, missing], run =>
        {
            Assert.Equal((2, ""), (run.ExitCode, run.Out));
            Assert.StartsWith("clew: ", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        });
        Assert.Equal(["cat.jpg"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        Assert.False(Directory.Exists(scratch.At("missing")));
    }

    [Fact]
    public async Task Verify_names_file_offset_and_position_of_the_first_damage_and_ends_with_1()
    {
        using var scratch = new Scratch();
        for (var number = 1; number <= 20; number++)
            await AppendAsync(scratch, "s", "t", $"number:{number}");
        Assert.Equal(0, (await Tool.RunAsync("verify", "--store", scratch.Store)).ExitCode);

        var (file, offset) = TurnOneBit(scratch.Store, "number:10"u8);
        var text = await Tool.RunAsync("verify", "--store", scratch.Store);
        var json = await Tool.RunAsync("verify", "--store", scratch.Store, "--json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        using var report = JsonDocument.Parse(json.Out);
        var damage = report.RootElement.GetProperty("firstDamage");
        Assert.False(report.RootElement.GetProperty("sound").GetBoolean());
        Assert.Equal(file, damage.GetProperty("file").GetString());
        Assert.InRange(damage.GetProperty("offset").GetInt64(), 0, offset);
        Assert.InRange(damage.GetProperty("position").GetInt64(), 1, 10);
        Assert.Contains($"DAMAGED: {file}, offset ", text.Out, StringComparison.Ordinal);
        Assert.Empty(text.Error);
    }

    [Fact]
    public async Task Who_has_seen_enough_closes_the_pipe_and_the_command_ends_quietly_with_0()
    {
        using var scratch = new Scratch();
        var lines = Enumerable.Range(0, 5_000).Select(number => $$"""{"stream":"s{{number}}","type":"t","data":{{number}}}""");
        await Tool.RunAsync("import", scratch.File("log.jsonl", string.Join('\n', lines)), "--store", scratch.Store);

        using var read = Process.Start(OwnProcess.Start("read", "--store", scratch.Store, "--json"))!;
        var first = await read.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        read.StandardOutput.Close();
        var error = await read.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await read.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("""{"position":1,"stream":"s0",""", first, StringComparison.Ordinal);
        Assert.Equal((0, ""), (read.ExitCode, error));
    }

    private static async Task AppendAsync(Scratch scratch, string stream, string type = "t", params string[] tags)
    {
        var options = tags.SelectMany(tag => new[] { "--tag", tag });
        var append = await Tool.RunAsync(["append", "--store", scratch.Store, "--stream", stream, "--type", type, "--data", "1", .. options]);
        Assert.Equal((0, ""), (append.ExitCode, append.Error));
    }

    private static async Task<string> PositionsAsync(Scratch scratch, params string[] options)
    {
        var read = await Tool.RunAsync(["read", "--store", scratch.Store, "--json", .. options]);
        Assert.Equal(read.Lines.Length == 0 ? 1 : 0, read.ExitCode);
        return string.Join(' ', read.Lines.Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("position").GetInt64();
        }));
    }

    private static (string File, long Offset) TurnOneBit(string folder, ReadOnlySpan<byte> where)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var bytes = File.ReadAllBytes(path);
            if (!path.Contains("index", StringComparison.Ordinal) && bytes.AsSpan().IndexOf(where) is >= 0 and var offset)
            {
                bytes[offset] ^= 1;
                File.WriteAllBytes(path, bytes);
                return (Path.GetFileName(path), offset);
            }
        }

        throw new InvalidOperationException("The event is in none of the files.");
    }
}
