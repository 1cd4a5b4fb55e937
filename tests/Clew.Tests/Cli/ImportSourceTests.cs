using System.Text;
using Clew.Cli.Import;
using Clew.Events;

namespace Clew.Tests.Cli;

public sealed class ImportSourceTests
{
    [Fact]
    public void A_line_of_JSON_needs_a_stream_a_type_and_data_only()
    {
        var source = Assert.Single(Lines("""{"stream":"s","type":"t","data":{"a": [1.50]}}"""));

        Assert.False(source.BringsId);
        Assert.Equal(("s", "t", """{"a": [1.50]}"""), (source.Data.Stream.Value, source.Data.Type.Value, Text(source.Data.Data)));
    }

    [Fact]
    public void A_line_of_JSON_may_give_everything_else()
    {
        var source = Assert.Single(Lines(
            """
            {"position":7,"stream":"s","version":3,"type":"t","schemaVersion":2,"id":"0193a5f0-0000-7000-8000-000000000001",
            "recordedAt":"2026-01-01T00:00:00.000000Z","occurredAt":"2025-12-31T23:59:59.123456Z",
            "correlationId":"0193a5f0-0000-7000-8000-000000000002","causationId":null,"contentType":"application/octet-stream",
            "tags":["k:v","k:w"],"dataBase64":"AQI=","metadata":{"who":"me"}}
            """.ReplaceLineEndings("")));

        Assert.True(source.BringsId);
        Assert.Equal(Guid.Parse("0193a5f0-0000-7000-8000-000000000001"), source.Data.Id);
        Assert.Equal(2, source.Data.SchemaVersion);
        Assert.Equal(new DateTimeOffset(2025, 12, 31, 23, 59, 59, 123, 456, TimeSpan.Zero), source.Data.OccurredAt);
        Assert.Equal(Guid.Parse("0193a5f0-0000-7000-8000-000000000002"), source.Data.CorrelationId);
        Assert.Null(source.Data.CausationId);
        Assert.Equal("application/octet-stream", source.Data.ContentType);
        Assert.Equal(["k:v", "k:w"], source.Data.Tags.Select(tag => tag.Text));
        Assert.Equal([1, 2], source.Data.Data.ToArray());
        Assert.Equal("""{"who":"me"}""", Text(source.Data.Metadata));
    }

    [Theory]
    [InlineData("{\"stream\":\"s\",\"type\":\"t\",\"data\":1}\n\n{oops}", "line 3: invalid JSON")]
    [InlineData("[1]", "line 1: it is no JSON object")]
    [InlineData("{\"stream\":\"s\",\"data\":1}", "line 1: an event needs \"stream\" and \"type\"")]
    [InlineData("{\"stream\":\"s\",\"type\":\"t\"}", "line 1: an event needs \"data\"")]
    [InlineData("{\"stream\":\"s\",\"type\":\"t\",\"data\":1,\"tag\":\"a:b\"}", "line 1: an event has no \"tag\"")]
    [InlineData("{\"stream\":\"s\",\"type\":\"t\",\"data\":1,\"tags\":[\"ab\"]}", "line 1: \"ab\" is no tag")]
    [InlineData("{\"stream\":\"s\",\"type\":\"t\",\"data\":1,\"id\":\"x\"}", "line 1: \"id\" takes a GUID")]
    [InlineData("{\"stream\":\"s\",\"type\":\"t\",\"data\":1,\"schemaVersion\":\"x\"}", "line 1: \"schemaVersion\" takes")]
    [InlineData("{\"stream\":\"\",\"type\":\"t\",\"data\":1}", "line 1: \"\" is no stream name")]
    [InlineData("{\"stream\":\"s\",\"type\":\"t\",\"dataBase64\":\"!\"}", "line 1: \"dataBase64\" takes")]
    public void A_line_that_is_no_event_is_refused_with_its_number(string text, string why) =>
        Assert.Contains(why, Assert.Throws<InputException>(() => Lines(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Lines_longer_than_the_buffer_and_of_every_ending_are_read_whole()
    {
        var longest = new string('x', 300_000);

        var lines = LineReader.Read(new MemoryStream(Encoding.UTF8.GetBytes($"\uFEFFfirst\r\n\n  {longest}\nlast")))
            .Select(line => (line.Number, Text(line.Text)));

        Assert.Equal([(1, "first"), (3, longest), (4, "last")], lines);
    }

    [Fact]
    public void A_run_of_an_agent_becomes_a_stream_of_what_happened_in_it()
    {
        const string run = """
            {"task_id":3,"trial":1,"reward":0.5,"info":{"task":{"instruction":"book"},"source":"user"},"traj":[
            {"role":"system","content":"policy"},{"role":"user","content":"hello"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"find","arguments":"{\"a\":1}"}}]},
            {"role":"tool","tool_call_id":"c1","name":"find","content":"found"},
            {"role":"assistant","content":"done"}]}
            """;

        var events = AgentRunsSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(run.ReplaceLineEndings("")))).Select(source => source.Data).ToList();

        Assert.All(events, data => Assert.Equal("run-3-1", data.Stream.Value));
        Assert.Equal(
            [
                ("run-started", """{"task_id":3,"trial":1,"task":{"instruction":"book"}}"""),
                ("system-message", """{"content":"policy"}"""),
                ("user-message", """{"content":"hello"}"""),
                ("tool-called", """{"tool_call_id":"c1","name":"find","arguments":{"a":1}}"""),
                ("tool-returned", """{"tool_call_id":"c1","name":"find","content":"found"}"""),
                ("assistant-message", """{"content":"done"}"""),
                ("run-finished", """{"reward":0.5,"source":"user"}"""),
            ],
            events.Select(data => (data.Type.Value, Text(data.Data))));
        Assert.Equal(["task:3", "trial:1", "tool:find"], events[3].Tags.Select(tag => tag.Text));
    }

    [Theory]
    [InlineData(" <?xml version='1.0'?>", "xes")]
    [InlineData("{\"stream\":\"s\"", "jsonl")]
    [InlineData("\n{\"position\":1,\"nested\":{\"traj\":1},\"type\":\"t\"}", "jsonl")]
    [InlineData("{\"task_id\":1,\"traj\":[", "agent-runs")]
    public void The_format_is_known_by_the_content(string text, string format) =>
        Assert.Equal(format, ImportFormats.Name(ImportFormats.Guess(new MemoryStream(Encoding.UTF8.GetBytes(text)))));

    [Theory]
    [InlineData(" \n ", "it is empty")]
    [InlineData("a,b,c\n1,2,3", "neither XES nor JSON lines")]
    [InlineData("{\"a\":1}", "neither XES nor JSON lines")]
    [InlineData("{a}", "line 1: invalid JSON")]
    public void Content_of_no_known_format_is_refused(string text, string why) =>
        Assert.Contains(
            why,
            Assert.Throws<InputException>(() => ImportFormats.Guess(new MemoryStream(Encoding.UTF8.GetBytes(text)))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Ids_come_from_the_content_as_RFC_9562_version_8_and_differ_where_it_does()
    {
        var one = new EventData("s", "t", "1"u8.ToArray());

        var id = ContentId.Of(one, 0);

        Assert.Equal(id, ContentId.Of(one with { Id = Guid.NewGuid() }, 0));
        Assert.Equal((8, 8), (id.Version, id.Variant & 0xc));
        Guid[] others =
        [
            ContentId.Of(one, 1),
            ContentId.Of(one with { Stream = "st", Type = "t" }, 0),
            ContentId.Of(one with { Type = "u" }, 0),
            ContentId.Of(one with { Data = "2"u8.ToArray() }, 0),
        ];
        Assert.Equal(5, others.Append(id).Distinct().Count());
    }

    [Fact]
    public void The_same_events_always_form_the_same_batches_and_end_where_the_stream_changes()
    {
        var events = Enumerable.Range(0, 5_000)
            .Select(number => new SourceEvent(new($"s{number / 300}", "t", Encoding.UTF8.GetBytes($"{number}")), false, number + 1))
            .ToList();

        var batches = ImportBatch.Form(events).ToList();
        var again = ImportBatch.Form(events).ToList();

        Assert.Equal(batches.SelectMany(batch => batch.Events), again.SelectMany(batch => batch.Events));
        Assert.Equal(batches.Select(batch => batch.Events.Count), again.Select(batch => batch.Events.Count));
        Assert.Equal(600, batches[0].Events.Count);
        Assert.All(batches, batch => Assert.All(batch.Before, stream => Assert.Equal(StreamVersion.None, stream.Version)));
    }

    [Fact]
    public void A_batch_that_must_end_within_a_stream_leaves_its_version_to_the_next()
    {
        var events = Enumerable.Range(0, ImportBatch.EventsMax + 1)
            .Select(number => new SourceEvent(new("s", "t", Encoding.UTF8.GetBytes($"{number}")), false, number + 1));

        var batches = ImportBatch.Form(events).ToList();

        Assert.Equal([ImportBatch.EventsMax, 1], batches.Select(batch => batch.Events.Count));
        Assert.Equal(ImportBatch.EventsMax, Assert.Single(batches[1].Before).Version.Value);
    }

    private static List<SourceEvent> Lines(string text) => [.. JsonLinesSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)))];

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
