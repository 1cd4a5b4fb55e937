using Clew.Cli.Import;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Cli;

public sealed class ImportTests
{
    [Fact]
    public async Task Importing_twice_is_importing_once()
    {
        using var scratch = new Scratch();
        var file = scratch.Packed("log.gz", Lines(streams: 40, each: 50));

        var first = await Tool.RunAsync("import", file, "--store", scratch.Store);
        var second = await Tool.RunAsync("import", file, "--store", scratch.Store);

        Assert.Equal("Imported 2,000 events in 40 streams, 0 were already there.", first.Out.Trim());
        Assert.Equal("Imported 0 events in 40 streams, 2,000 were already there.", second.Out.Trim());
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(2_000, (await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Lines.Length);
    }

    [Fact]
    public async Task A_file_that_grew_adds_only_what_is_new_however_its_batches_fall()
    {
        using var scratch = new Scratch();
        var lines = Lines(streams: 7, each: 300).Split('\n');
        var part = scratch.File("part.jsonl", string.Join('\n', lines[..1_234]));
        var whole = scratch.File("whole.jsonl", string.Join('\n', lines));

        await Tool.RunAsync("import", part, "--store", scratch.Store);
        var grown = await Tool.RunAsync("import", whole, "--store", scratch.Store, "--json");

        Assert.Equal("""{"format":"jsonl","imported":866,"alreadyThere":1234,"streams":7}""", grown.Out.Trim());
        Assert.Equal(7, (await Tool.RunAsync("streams", "--store", scratch.Store, "--json")).Lines.Length);
        Assert.Equal(300, (await Tool.RunAsync("read", "--store", scratch.Store, "--stream", "s3", "--json")).Lines.Length);
    }

    [Fact]
    public async Task A_packed_event_log_of_process_mining_is_imported_once()
    {
        using var scratch = new Scratch();
        var file = scratch.Packed(
            "loans.xes.gz",
            """
            <log><trace><string key="concept:name" value="7"/>
            <event><string key="concept:name" value="Check"/><date key="time:timestamp" value="2011-10-01T00:38:44+02:00"/></event>
            <event><string key="concept:name" value="Pay"/></event></trace>
            <trace><string key="concept:name" value="8"/><event><string key="concept:name" value="Check"/></event></trace></log>
            """);

        var first = await Tool.RunAsync("import", file, "--store", scratch.Store, "--json");
        var second = await Tool.RunAsync("import", file, "--store", scratch.Store, "--json");
        var read = await Tool.RunAsync("read", "--store", scratch.Store, "--stream", "case-7");

        Assert.Equal("""{"format":"xes","imported":3,"alreadyThere":0,"streams":2}""", first.Out.Trim());
        Assert.Equal("""{"format":"xes","imported":0,"alreadyThere":3,"streams":2}""", second.Out.Trim());
        Assert.Matches("^#1  .*  case-7 v1  Check  occurred 2011-09-30T22:38:44.000000Z  case:7  activity:Check\n", read.Out);
    }

    [Fact]
    public async Task An_import_is_recognised_however_many_events_ago_it_was()
    {
        using var scratch = new Scratch();
        var file = scratch.File("log.jsonl", Lines(streams: 30, each: 100));
        await Tool.RunAsync("import", file, "--store", scratch.Store);

        await using var store = await SegmentEventStore.OpenAsync(
            scratch.Store, new SegmentStoreOptions { WindowEvents = 10 }, TestContext.Current.CancellationToken);
        var importer = new Importer(store);
        await using var content = File.OpenRead(file);
        await importer.RunAsync(ImportBatch.Form(JsonLinesSource.Read(content)), TestContext.Current.CancellationToken);

        Assert.Equal(new ImportTally(Imported: 0, AlreadyThere: 3_000, Streams: 30), importer.Tally);
        Assert.Equal(3_000, (await store.HeadAsync(TestContext.Current.CancellationToken)).Position.Value);
    }

    [Fact]
    public async Task An_event_that_no_store_takes_is_bad_input()
    {
        using var scratch = new Scratch();
        var file = scratch.File("log.jsonl", """{"stream":"s","type":"t","data":1,"tags":["a:b","a:b"]}""");

        var import = await Tool.RunAsync("import", file, "--store", scratch.Store, "--json");

        Assert.Equal((2, ""), (import.ExitCode, import.Out));
        Assert.Contains("\"kind\":\"input\"", import.Error, StringComparison.Ordinal);
        Assert.Contains("line 1: it has a tag twice", import.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interleaved_streams_arrive_in_their_order()
    {
        using var scratch = new Scratch();
        var lines = Enumerable.Range(0, 6_000).Select(number => $$"""{"stream":"s{{number % 3}}","type":"t","data":{{number}}}""");

        await Tool.RunAsync("import", scratch.File("log.jsonl", string.Join('\n', lines)), "--store", scratch.Store);

        var read = await Tool.RunAsync("read", "--store", scratch.Store, "--stream", "s1", "--json");
        Assert.Equal(
            Enumerable.Range(0, 2_000).Select(number => (number * 3) + 1),
            read.Lines.Select(line => int.Parse(line[(line.LastIndexOf(':') + 1)..^1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task What_was_exported_is_imported_as_it_was_and_once()
    {
        using var scratch = new Scratch();
        await using (var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken))
        {
            await store.AppendAsync(
                [
                    new("a", "t", """{"n":1.50}"""u8.ToArray()) { Tags = ["k:v"], SchemaVersion = 3, Metadata = """{"m":1}"""u8.ToArray() },
                    new("b", "bytes", new byte[] { 0, 255 })
                    {
                        ContentType = "application/octet-stream",
                        CorrelationId = Guid.NewGuid(),
                        CausationId = Guid.NewGuid(),
                        OccurredAt = DateTimeOffset.UnixEpoch,
                    },
                    new("a", "empty", default),
                ]);
        }

        var export = await Tool.RunAsync("read", "--store", scratch.Store, "--json");
        var file = scratch.File("export.jsonl", export.Out);
        var there = await Tool.RunAsync("import", file, "--store", scratch.Store);
        await Tool.RunAsync("import", file, "--store", scratch.At("copy"));
        var copy = await Tool.RunAsync("read", "--store", scratch.At("copy"), "--json");

        Assert.Equal("Imported 0 events in 2 streams, 3 were already there.", there.Out.Trim());
        Assert.Equal(export.Lines.Select(WithoutRecordedAt), copy.Lines.Select(WithoutRecordedAt));
    }

    [Fact]
    public async Task A_stream_that_holds_other_events_is_a_conflict()
    {
        using var scratch = new Scratch();
        await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s1", "--type", "t", "--data", "0");

        var import = await Tool.RunAsync("import", scratch.File("log.jsonl", Lines(streams: 2, each: 3)), "--store", scratch.Store, "--json");

        Assert.Equal((1, ""), (import.ExitCode, import.Out));
        Assert.Contains("The stream s1 holds other events", import.Error, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"conflict\"", import.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_an_application_went_on_with_is_no_conflict()
    {
        using var scratch = new Scratch();
        var file = scratch.File("log.jsonl", Lines(streams: 2, each: 3));
        await Tool.RunAsync("import", file, "--store", scratch.Store);
        await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s1", "--type", "t", "--data", "0");

        var again = await Tool.RunAsync("import", file, "--store", scratch.Store);

        Assert.Equal("Imported 0 events in 2 streams, 6 were already there.", again.Out.Trim());
    }

    [Fact]
    public async Task Nothing_of_a_file_that_is_broken_at_its_end_is_imported_and_its_mended_version_is_imported_whole()
    {
        using var scratch = new Scratch();
        var content = Lines(streams: 20, each: 100);
        var broken = scratch.File("broken.jsonl", content + "{oops\n");

        var first = await Tool.RunAsync("import", broken, "--store", scratch.Store);
        var second = await Tool.RunAsync("import", scratch.File("whole.jsonl", content), "--store", scratch.Store, "--json");

        Assert.Equal((2, ""), (first.ExitCode, first.Out));
        Assert.Contains("broken.jsonl: line 2001: invalid JSON", first.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing was imported.", first.Error, StringComparison.Ordinal);
        Assert.Equal("""{"format":"jsonl","imported":2000,"alreadyThere":0,"streams":20}""", second.Out.Trim());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task An_import_that_was_interrupted_leaves_what_it_has_done_and_again_it_continues(int batches)
    {
        using var scratch = new Scratch();
        var file = scratch.File("log.jsonl", Lines(streams: 60, each: 100));
        long done;
        await using (var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken))
        {
            using var interrupt = new CancellationTokenSource();
            await using var content = File.OpenRead(file);
            var importer = new Importer(store);

            await Assert.ThrowsAsync<OperationCanceledException>(() => importer.RunAsync(
                ImportBatch.Form(JsonLinesSource.Read(content)).Select((batch, index) =>
                {
                    if (index == batches)
                        interrupt.Cancel();
                    return batch;
                }),
                interrupt.Token));
            done = importer.Tally.Imported;
            Assert.Equal(done, (await store.HeadAsync(TestContext.Current.CancellationToken)).Position.Value);
        }

        var again = await Tool.RunAsync("import", file, "--store", scratch.Store, "--json");

        Assert.InRange(done, 500 * batches, 5_999);
        Assert.Equal($$"""{"format":"jsonl","imported":{{6_000 - done}},"alreadyThere":{{done}},"streams":60}""", again.Out.Trim());
    }

    [Fact]
    public async Task An_event_id_that_belongs_to_another_event_of_the_log_is_a_conflict_that_names_it()
    {
        using var scratch = new Scratch();
        const string id = "0193a5f0-0000-7000-8000-000000000001";
        await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "mine", "--type", "t", "--data", "0", "--id", id);

        var import = await Tool.RunAsync(
            "import", scratch.File("log.jsonl", $$"""{"stream":"s","type":"t","data":1,"id":"{{id}}"}"""), "--store", scratch.Store, "--json");

        Assert.Equal((1, ""), (import.ExitCode, import.Out));
        Assert.Contains($"The event id {id} is already in the log, at position 1", import.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("\n\n", "it is empty")]
    [InlineData("<log><trace>", "line 1: invalid XML")]
    [InlineData("hello", "it is neither XES nor JSON lines")]
    public async Task A_file_that_cannot_be_read_ends_with_2_and_its_name(string content, string why)
    {
        using var scratch = new Scratch();

        var import = await Tool.RunAsync("import", scratch.File("some.log", content), "--store", scratch.Store);

        Assert.Equal((2, ""), (import.ExitCode, import.Out));
        Assert.Contains($"some.log: {why}", import.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gzip_file_that_is_cut_short_is_noticed()
    {
        using var scratch = new Scratch();

        var import = await Tool.RunAsync("import", scratch.Packed("log.gz", Lines(5, 100), bytesCut: 9), "--store", scratch.Store);

        Assert.Equal(2, import.ExitCode);
        Assert.Contains("the gzip file is cut short or damaged", import.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_another_format_than_was_said_is_refused()
    {
        using var scratch = new Scratch();

        var import = await Tool.RunAsync("import", scratch.File("log.jsonl", Lines(1, 1)), "--store", scratch.Store, "--format", "xes");

        Assert.Equal(2, import.ExitCode);
        Assert.Contains("line 1: invalid XML", import.Error, StringComparison.Ordinal);
    }

    private static string Lines(int streams, int each) => string.Concat(
        from stream in Enumerable.Range(0, streams)
        from number in Enumerable.Range(0, each)
        select $$$"""{"stream":"s{{{stream}}}","type":"t","data":{"n":{{{number}}}}}""" + "\n");

    private static string WithoutRecordedAt(string line) =>
        System.Text.RegularExpressions.Regex.Replace(line, "\"(recordedAt|occurredAt)\":\"20[^\"]*\"", "");
}
