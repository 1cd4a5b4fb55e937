using System.Text;
using Clew.Cli.Import;
using Clew.Events;

namespace Clew.Tests.Cli;

public sealed class XesTests
{
    private const string Small = """
        <?xml version="1.0" encoding="UTF-8"?>
        <log xes.version="1.0" xmlns="http://www.xes-standard.org/">
          <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
          <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
          <string key="meta" value="of the log"><float key="nested" value="1.5"/></string>
          <trace>
            <string key="concept:name" value="173688"/>
            <int key="amount" value="20000"/>
            <event>
              <string key="concept:name" value="Check order"/>
              <string key="lifecycle:transition" value="COMPLETE"/>
              <string key="org:resource" value="112"/>
              <date key="time:timestamp" value="2011-10-01T00:38:44.546+02:00"/>
              <int key="pieces" value="-3"/>
              <float key="share" value="0.25"/>
              <float key="unknown" value="NaN"/>
              <boolean key="urgent" value="true"/>
              <id key="ref" value="a-b"/>
              <string key="with" value="attributes"><int key="inner" value="1"><boolean key="deep" value="false"/></int></string>
              <list key="lines"><values><string key="line" value="x"/><int key="line" value="2"/></values></list>
              <container key="box"><string key="in" value="it"/></container>
              <string key="pieces" value="again"/>
            </event>
            <event><string key="concept:name" value="Ship"/></event>
          </trace>
          <trace><event/></trace>
          <trace><string key="concept:name" value="without events"/></trace>
        </log>
        """;

    [Fact]
    public void A_trace_becomes_a_stream_and_its_events_the_events()
    {
        var events = Read(Small);

        Assert.Equal(
            [("case-173688", "Check order.complete"), ("case-173688", "Ship"), ("case-#2", "event")],
            events.Select(data => (data.Stream.Value, data.Type.Value)));
        Assert.Equal(["case:173688", "activity:Check order", "resource:112"], events[0].Tags.Select(tag => tag.Text));
        Assert.Equal(new DateTimeOffset(2011, 9, 30, 22, 38, 44, 546, TimeSpan.Zero), events[0].OccurredAt);
        Assert.Null(events[1].OccurredAt);
    }

    [Fact]
    public void Attributes_keep_their_types_and_the_first_event_carries_those_of_the_trace()
    {
        var events = Read(Small);

        Assert.Equal(
            """
            {"concept:name":"Check order","lifecycle:transition":"COMPLETE","org:resource":"112",
            "time:timestamp":"2011-10-01T00:38:44.546+02:00","pieces":-3,"share":0.25,"unknown":"NaN","urgent":true,"ref":"a-b",
            "with":{"value":"attributes","attributes":{"inner":{"value":1,"attributes":{"deep":false}}}},
            "lines":[{"line":"x"},{"line":2}],"box":{"in":"it"},"pieces#2":"again",
            "case":{"concept:name":"173688","amount":20000}}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(events[0].Data.Span));
        Assert.Equal("""{"concept:name":"Ship"}""", Encoding.UTF8.GetString(events[1].Data.Span));
    }

    [Theory]
    [InlineData("<log><trace>", "line 1: invalid XML")]
    [InlineData("<log>\n<trace>\n</log>", "line 3: invalid XML")]
    [InlineData("<html/>", "begins with <log>")]
    [InlineData("<log>\n<trace><event><string value='v'/></event></trace></log>", "line 2: an attribute <string> has no key")]
    [InlineData("<log>\n<trace>\n<event/><string key='late' value='v'/></trace></log>", "line 3: an attribute of a trace follows")]
    [InlineData("<log>\n<trace><event><date key='time:timestamp' value='soon'/></event></trace></log>", "line 2: the event's time:timestamp")]
    [InlineData("<!DOCTYPE log [<!ENTITY a 'b'>]><log/>", "DTD")]
    [InlineData("<log/><log/>", "invalid XML")]
    public void What_is_not_XES_is_refused_with_its_line(string xml, string why) =>
        Assert.Contains(why, Assert.Throws<InputException>(() => Read(xml)).Message, StringComparison.Ordinal);

    [Fact]
    public void Names_that_do_not_fit_are_made_to_fit_and_stay_different()
    {
        var longest = new string('x', 600);

        Assert.Equal("plain name", FittingName.Of("plain name"));
        Assert.Equal("é", FittingName.Of("e\u0301"));
        Assert.Matches("^_own~[0-9a-f]{8}$", FittingName.Of("$own"));
        Assert.Matches("^a_b~[0-9a-f]{8}$", FittingName.Of("a\tb"));
        Assert.Equal(EventLimits.NameBytesMax, FittingName.Of(longest).Length);
        Assert.NotEqual(FittingName.Of(longest + "1"), FittingName.Of(longest + "2"));
        Assert.NotEqual(FittingName.Of("a\tb"), FittingName.Of("a\nb"));
        Assert.Equal(new StreamName(FittingName.Of(new string('漢', 300))).Value, FittingName.Of(new string('漢', 300)));
    }

    private static List<EventData> Read(string xml) =>
        [.. XesSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml))).Select(source => source.Data)];
}
