using System.Text;
using Clew.Cli;
using Clew.Store.Segments;
using Clew.Tests.Contract;

namespace Clew.Tests.Cli;

/// <summary>What a user gets wrong: each has a message that says what is wrong, and leaves the store as it was.</summary>
public sealed class BadInputTests
{
    private const string Good = """{"stream":"s","type":"t","data":1}""";

    public static TheoryData<string, string, string> Files => new()
    {
        { "jsonl", $"{Good}\n{Good}\n{{\"stream\":\"s\",", "line 3: invalid JSON at byte " },
        { "jsonl", $"{Good}\n{Good} {Good}", "line 2: invalid JSON at byte " },
        { "jsonl", "{\n\"stream\":\"s\",\"type\":\"t\",\"data\":1}", "A line holds one whole event" },
        { "jsonl", $"{Good}\n\0\0\0", "line 2: invalid JSON at byte 1: " },
        { "jsonl", """{"stream":"a","stream":"b","type":"t","data":1}""", "line 1: it has \"stream\" twice" },
        { "jsonl", """{"stream":"s","type":"t","data":1,"dataBase64":"AQ=="}""", "line 1: it gives the same bytes as JSON and in Base64" },
        { "jsonl", """{"stream":"s","type":"t","data":1,"tags":["a:b","a:b"]}""", "line 1: it has a tag twice" },
        { "jsonl", """{"stream":"s","type":"t","data":1,"schemaVersion":0}""", "line 1: \"schemaVersion\" takes a whole number from 1" },
        { "jsonl", """{"stream":"s","type":"t","data":1,"contentType":"ü"}""", "line 1: \"contentType\" takes" },
        { "jsonl", """{"stream":"s","type":"t","data":1,"id":"00000000-0000-0000-0000-000000000000"}""", "line 1: \"id\" takes a GUID" },
        { "jsonl", Twice("0193a5f0-0000-7000-8000-000000000001"), "line 2: the event id 0193a5f0-0000-7000-8000-000000000001 comes a second time" },
        { "jsonl", """{"stream":"s\u001b[2J","type":"t","data":1}""", "line 1: \"s\\u001b[2J\" is no stream name: it holds the control character" },
        { "jsonl", """{"stream":"\ud800","type":"t","data":1}""", "line 1: " },
        { "jsonl", $$"""{"stream":"s","type":"t","data":{{new string('[', 1_000)}}""", "line 1: invalid JSON" },
        { "jsonl", $$"""{"stream":"{{new string('n', 10_000_000)}}","type":"t","data":1}""", "it has 10,000,000 characters, and a name may have at most 512 bytes" },
        { "jsonl", $$"""{"stream":"s","type":"t","data":1,"{{new string('n', 10_000_000)}}":1}""", "line 1: an event has no \"nnn" },
        { "jsonl", $$"""{"stream":"s","type":"t","data":"{{new string('n', 9_000_000)}}"}""", "line 1: the event takes more than 8,388,608 bytes" },
        { "jsonl", """{"stream":"s","version":2,"type":"t","data":1}""", "line 1: the stream s begins at version 2 here" },
        { "jsonl", """{"stream":"s","version":1,"type":"t","data":1}""" + "\n" + """{"stream":"s","version":1,"type":"t","data":2}""", "line 2: version 1 of the stream s comes after its version 1" },
        { "xes", """<?xml version="1.0"?>""", "invalid XML: " },
        { "xes", "<log><trace><event/></trace>", "line 1: invalid XML at character " },
        { "xes", "<!DOCTYPE log [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><log>&c;</log>", "it has a document type definition (DTD)" },
        { "xes", $"<log><trace><event>{Nested(1_000)}</event></trace></log>", "line 1: attributes are nested more than 32 deep" },
        { "xes", $"<log><trace><event><date key='time:timestamp' value='{new string('n', 10_000_000)}'/></event></trace></log>", "line 1: the event's time:timestamp \"nnn" },
        { "xes", $"<log><{new string('n', 10_000_000)}></log>", "line 1: invalid XML" },
        { "xes", Good, "line 1: invalid XML" },
        { "agent-runs", Good, "line 1: it is no run of an agent" },
    };

    public static TheoryData<byte[], string> Packed => new()
    {
        { Pack(Good)[..^1], "the gzip file is cut short or damaged; fetch it again" },
        { Pack(string.Concat(Enumerable.Repeat(Good + "\n", 100_000)))[..^1_000], "the gzip file is cut short or damaged; fetch it again" },
        { [.. Pack(Good), .. "garbage"u8], "the gzip file is cut short or damaged; fetch it again" },
        { [0x1f, 0x8b, .. "garbage"u8], "the gzip file is cut short or damaged; fetch it again" },
        { Pack(""), "it is empty" },
        { Pack("a,b\n1,2"), "it is neither XES nor JSON lines" },
        { [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Good)], "it is neither XES nor JSON lines in UTF-8" },
        { [.. Encoding.UTF8.GetBytes(Good + "\n" + Good[..12]), 0xff, .. Encoding.UTF8.GetBytes(Good[12..])], "line 2: it is not UTF-8" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_that_is_broken_is_named_with_its_line_and_nothing_of_it_is_imported(string format, string content, string why)
    {
        using var scratch = new Scratch();
        var file = scratch.File("some.file", content);

        await RefusedAsync(scratch, "input", [why, "some.file: "], "import", file, "--format", format);
    }

    [Theory]
    [MemberData(nameof(Packed))]
    public async Task A_file_whose_bytes_are_broken_is_named_and_nothing_of_it_is_imported(byte[] content, string why)
    {
        using var scratch = new Scratch();
        await File.WriteAllBytesAsync(scratch.At("some.file"), content, TestContext.Current.CancellationToken);

        await RefusedAsync(scratch, "input", [why, "some.file: "], "import", scratch.At("some.file"));
    }

    [Fact]
    public async Task A_folder_is_no_file_to_import_and_a_file_no_store()
    {
        using var scratch = new Scratch();
        var file = scratch.File("file", Good);

        await RefusedAsync(scratch, "input", ["it is a folder; give a file"], "import", scratch.At("."));
        foreach (var command in new[] { "read", "tail", "streams", "stats", "verify", "bench" })
        {
            var run = await Tool.RunAsync(command, "--store", file, "--json");
            Assert.Equal((2, ""), (run.ExitCode, run.Out));
            Assert.Contains("file is a file", run.Error, StringComparison.Ordinal);
        }

        Assert.Equal(Good, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("", "--data is empty")]
    [InlineData("{\"a\":1,\n\"b\" 2}", "at line 2, byte 5: ")]
    public async Task Data_that_is_no_JSON_is_named_with_its_place(string data, string why)
    {
        using var scratch = new Scratch();

        await RefusedAsync(scratch, "usage", [why], "append", "--stream", "s", "--type", "t", "--data", data);
    }

    [Fact]
    public async Task A_name_of_10_MB_is_refused_in_few_words()
    {
        using var scratch = new Scratch();
        var name = new string('n', 10_000_000);

        await RefusedAsync(scratch, "usage", ["10,000,000 characters"], "append", "--stream", name, "--type", "t", "--data", "1");
        await RefusedAsync(scratch, "usage", ["10,000,002 characters"], "append", "--stream", "s", "--type", "t", "--data", "1", "--tag", "k:" + name);
    }

    [Fact]
    public async Task Input_that_is_not_UTF_8_or_has_no_end_is_refused()
    {
        using var scratch = new Scratch();
        string[] append = ["append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "-"];
        using var broken = new StreamReader(new MemoryStream([(byte)'"', 0xff, (byte)'"']), new UTF8Encoding(false, throwOnInvalidBytes: true));
        using var endless = new EndlessReader();

        var notText = await Tool.RunAsync(new Terminal(broken, TextWriter.Null, TextWriter.Null, TimeProvider.System), append);
        var tooLong = await Tool.RunAsync(new Terminal(endless, TextWriter.Null, TextWriter.Null, TimeProvider.System), append);

        Assert.Contains("--data is not UTF-8", notText.Error, StringComparison.Ordinal);
        Assert.Contains("--data takes at most 8,388,608 bytes", tooLong.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.Store));
    }

    [Fact]
    public async Task A_clock_ten_years_ahead_is_refused_until_it_is_confirmed()
    {
        using var scratch = new Scratch();
        await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1");
        var before = Bytes(scratch.Store, StoreFolder.Lock, Watermark.FileName);
        var clock = new HandClock();
        clock.Jump(TimeSpan.FromDays(3_650) + (TimeProvider.System.GetUtcNow() - clock.GetUtcNow()));
        string[] append = ["append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "2", "--json"];
        string[] import = ["import", scratch.File("log", Good.Replace("\"s\"", "\"other\"", StringComparison.Ordinal)), "--store", scratch.Store, "--json"];
        var later = new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, clock);

        var refused = new[] { await Tool.RunAsync(later, append), await Tool.RunAsync(later, import) };
        Assert.Equal(before, Bytes(scratch.Store, StoreFolder.Lock, Watermark.FileName));
        var confirmed = await Tool.RunAsync(later, [.. append, "--confirm-clock"]);

        Assert.All(refused, run =>
        {
            Assert.Equal((2, ""), (run.ExitCode, run.Out));
            Assert.Contains("\"kind\":\"clock\"", run.Error, StringComparison.Ordinal);
            Assert.Contains("--confirm-clock", run.Error, StringComparison.Ordinal);
        });
        Assert.Equal((0, ""), (confirmed.ExitCode, confirmed.Error));
    }

    [Fact]
    public async Task A_store_in_use_says_who_has_it_and_that_reading_works()
    {
        using var scratch = new Scratch();
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken);

        await RefusedAsync(
            scratch, "in-use", [$"process {Environment.ProcessId}", "Reading works meanwhile"], "import", scratch.File("log", Good));
        await RefusedAsync(
            scratch, "in-use", [$"process {Environment.ProcessId}"], "append", "--stream", "s", "--type", "t", "--data", "1");
    }

    [Fact]
    public void Without_permission_every_command_says_so_and_changes_nothing()
    {
        using var scratch = new Scratch();
        var log = scratch.File("log", Good);
        Permissions.WithoutAny(scratch.Store, async _ => await Tool.RunAsync("import", log, "--store", scratch.Store), async folder =>
        {
            string[][] commands =
            [
                ["append", "--stream", "s", "--type", "t", "--data", "1"], ["read"], ["tail"], ["streams"], ["stats"], ["verify"],
            ];
            foreach (var command in commands)
            {
                var run = await Tool.RunAsync([.. command, "--store", folder, "--json"]);
                Assert.Equal((2, ""), (run.ExitCode, run.Out));
                Assert.Contains("\"kind\":\"unavailable\"", run.Error, StringComparison.Ordinal);
                Assert.Contains("Run as a user who may", run.Error, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public async Task A_mistake_of_the_tool_itself_is_told_without_a_stack_trace()
    {
        using var scratch = new Scratch();

        var run = await Tool.RunAsync(
            new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, new BrokenClock()),
            "append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1", "--json");

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("\"kind\":\"internal\"", run.Error, StringComparison.Ordinal);
        Assert.Contains("Please report this", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_that_nobody_can_be_told_still_ends_with_its_code()
    {
        await using var closed = new ClosedWriter();
        var terminal = new Terminal(TextReader.Null, TextWriter.Null, closed, TimeProvider.System);

        Assert.Equal(2, await CommandLine.RunAsync(["nonsense"], terminal, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_argument_that_was_not_UTF_8_is_refused() =>
        Assert.Contains("is not UTF-8", (await Tool.RunAsync("read", "--store", "x", "--stream", "\uFFFD")).Error, StringComparison.Ordinal);

    // Into a store that is there, which stays byte for byte as it is, and into one that is not, which is not made.
    private static async Task RefusedAsync(Scratch scratch, string kind, string[] hints, params string[] arguments)
    {
        var isThere = Directory.Exists(scratch.Store);
        var fresh = await Tool.RunAsync([.. arguments, "--store", scratch.Store, "--json"]);
        if (!isThere)
        {
            Assert.False(Directory.Exists(scratch.Store));
            await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1");
        }

        var before = Bytes(scratch.Store, StoreFolder.Lock);
        var run = await Tool.RunAsync([.. arguments, "--store", scratch.Store, "--json"]);

        Assert.Equal(fresh, run);
        Assert.Equal(before, Bytes(scratch.Store, StoreFolder.Lock));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        using var error = System.Text.Json.JsonDocument.Parse(run.Error);
        Assert.Equal(kind, error.RootElement.GetProperty("kind").GetString());
        var message = error.RootElement.GetProperty("error").GetString()!;
        Assert.All(hints, hint => Assert.Contains(hint, message, StringComparison.Ordinal));
        Assert.DoesNotContain("LineNumber", message, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1, 1_100);
    }

    private static SortedDictionary<string, string> Bytes(string folder, params string[] besides) => new(Directory.EnumerateFiles(folder)
        .Where(path => !besides.Contains(Path.GetFileName(path)))
        .ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))));

    private static string Twice(string id) => string.Concat(Enumerable.Repeat($$"""{"stream":"s","type":"t","data":1,"id":"{{id}}"}""" + "\n", 2));

    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("<string key='k' value='v'>", depth)) + string.Concat(Enumerable.Repeat("</string>", depth));

    private static byte[] Pack(string content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(content));

        return packed.ToArray();
    }

    private sealed class EndlessReader : TextReader
    {
        public override int Read(Span<char> buffer)
        {
            buffer.Fill('1');
            return buffer.Length;
        }
    }

    private sealed class ClosedWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new UnauthorizedAccessException();
    }

    private sealed class BrokenClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => throw new InvalidOperationException("broken");
    }
}
