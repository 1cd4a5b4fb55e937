using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Xml;
using Clew.Cli.Output;
using Clew.Events;

namespace Clew.Cli.Import;

/// <summary>Reads XES (IEEE 1849-2016): a stream for each trace, an event for each event, nothing added.</summary>
internal static class XesSource
{
    private const string StreamPrefix = "case-";
    private const string StreamOutsideTraces = "no-case";
    private const int TimeCharactersShown = 60;

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
    };

    /// <exception cref="InputException">It is not XES; the message names the line.</exception>
    public static IEnumerable<SourceEvent> Read(Stream content)
    {
        using var xml = XmlReader.Create(content, Settings);
        using var events = Log(xml).GetEnumerator();
        while (MoveNext(events))
            yield return events.Current;
    }

    private static bool MoveNext(IEnumerator<SourceEvent> events)
    {
        try
        {
            return events.MoveNext();
        }
        catch (XmlException fault) when (fault.LineNumber == 0 && !fault.Message.Contains("DTD", StringComparison.Ordinal))
        {
            throw new InputException($"invalid XML: {fault.Message}", fault);
        }
        catch (XmlException fault) when (fault.LineNumber == 0)
        {
            throw new InputException(
                "it has a document type definition (DTD), which XES has no use for and which could read other files or never end; remove it.", fault);
        }
        catch (XmlException fault)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $" Line {fault.LineNumber}, position {fault.LinePosition}.");
            var what = fault.Message.Replace(place, "", StringComparison.Ordinal);
            throw InputException.AtLine(fault.LineNumber, $"invalid XML at character {fault.LinePosition}: {what}", fault);
        }
        catch (ArgumentException fault)
        {
            throw new InputException(Failure.WithoutParameter(fault.Message), fault);
        }
    }

    private static IEnumerable<SourceEvent> Log(XmlReader xml)
    {
        xml.MoveToContent();
        if (xml.LocalName != "log")
            throw InputException.AtLine(Line(xml), $"the document is a <{xml.LocalName}>, and XES begins with <log>.");

        var traces = 0L;
        var log = xml.Depth;
        var isEmpty = xml.IsEmptyElement;
        xml.Read();
        while (!isEmpty && xml.Depth > log)
        {
            if (xml is { NodeType: XmlNodeType.Element, LocalName: "trace" })
            {
                foreach (var recorded in Trace(xml, ++traces))
                    yield return recorded;
            }
            else if (xml is { NodeType: XmlNodeType.Element, LocalName: "event" })
            {
                yield return Event(xml, new(StreamOutsideTraces, null, []));
            }
            else if (xml.NodeType == XmlNodeType.Element)
            {
                xml.Skip();
            }
            else
            {
                xml.Read();
            }
        }

        // What follows the log must be XML as well: a file put together of two is not read by half.
        while (xml.Read())
        {
        }
    }

    private static IEnumerable<SourceEvent> Trace(XmlReader xml, long number)
    {
        var attributes = new List<XesAttribute>();
        Case? subject = null;
        var trace = xml.Depth;
        var isEmpty = xml.IsEmptyElement;
        xml.Read();
        while (!isEmpty && xml.Depth > trace)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                xml.Read();
            }
            else if (xml.LocalName == "event")
            {
                subject ??= Subject(attributes, number);
                yield return Event(xml, subject);
                subject = subject with { Attributes = [] };
            }
            else if (!XesAttribute.IsOne(xml.LocalName))
            {
                xml.Skip();
            }
            else if (subject is null)
            {
                attributes.Add(XesAttribute.Read(xml));
            }
            else
            {
                throw InputException.AtLine(Line(xml), "an attribute of a trace follows its events; in XES they come first.");
            }
        }

        if (!isEmpty)
            xml.Read();
    }

    private static Case Subject(List<XesAttribute> attributes, long number)
    {
        var name = Text(attributes, "concept:name");
        if (string.IsNullOrEmpty(name))
            return new(StreamPrefix + "#" + number, null, attributes);

        var stream = name.StartsWith(StreamPrefix, StringComparison.Ordinal) ? name : StreamPrefix + name;
        return new(FittingName.Of(stream), name, attributes);
    }

    private static SourceEvent Event(XmlReader xml, Case subject)
    {
        var line = Line(xml);
        var attributes = new List<XesAttribute>();
        var depth = xml.Depth;
        var isEmpty = xml.IsEmptyElement;
        xml.Read();
        while (!isEmpty && xml.Depth > depth)
        {
            if (xml.NodeType == XmlNodeType.Element && XesAttribute.IsOne(xml.LocalName))
                attributes.Add(XesAttribute.Read(xml));
            else if (xml.NodeType == XmlNodeType.Element)
                xml.Skip();
            else
                xml.Read();
        }

        if (!isEmpty)
            xml.Read();

        var made = new EventData(subject.Stream, Type(attributes), Data(attributes, subject))
        {
            OccurredAt = OccurredAt(attributes, line),
            Tags = [.. Tags(attributes, subject)],
        };
        return new(made, BringsId: false, line);
    }

    // Activity and lifecycle are one fact to whoever reads the log; the case of the latter differs between tools.
    private static string Type(List<XesAttribute> attributes)
    {
        var activity = Text(attributes, "concept:name");
        if (string.IsNullOrEmpty(activity))
            activity = "event";

        var lifecycle = Text(attributes, "lifecycle:transition");
#pragma warning disable CA1308 // The standard writes its transitions in lower case.
        return FittingName.Of(string.IsNullOrEmpty(lifecycle) ? activity : $"{activity}.{lifecycle.ToLowerInvariant()}");
#pragma warning restore CA1308
    }

    private static DateTimeOffset? OccurredAt(List<XesAttribute> attributes, int line)
    {
        if (Text(attributes, "time:timestamp") is not { } text)
            return null;
        if (IsoTime.TryParse(text, out var time))
            return time;

        try
        {
            return XmlConvert.ToDateTimeOffset(text);
        }
        catch (FormatException fault)
        {
            throw InputException.AtLine(line, $"the event's time:timestamp \"{Printable.Text(text, TimeCharactersShown)}\" is no time.", fault);
        }
    }

    private static IEnumerable<Tag> Tags(List<XesAttribute> attributes, Case subject)
    {
        if (subject.Name is { } name)
            yield return FittingName.Of("case:" + name);
        if (Text(attributes, "concept:name") is { Length: > 0 } activity)
            yield return FittingName.Of("activity:" + activity);
        if (Text(attributes, "org:resource") is { Length: > 0 } resource)
            yield return FittingName.Of("resource:" + resource);
    }

    private static ReadOnlyMemory<byte> Data(List<XesAttribute> attributes, Case subject)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Screen.JsonOptions))
        {
            json.WriteStartObject();
            XesAttribute.WriteMembers(json, attributes);
            if (subject.Attributes.Count > 0)
            {
                json.WriteStartObject(attributes.Exists(attribute => attribute.Key == "case") ? "case#2" : "case");
                XesAttribute.WriteMembers(json, subject.Attributes);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string? Text(List<XesAttribute> attributes, string key) =>
        attributes.Find(attribute => attribute.Key == key)?.Value;

    private static int Line(XmlReader xml) => ((IXmlLineInfo)xml).LineNumber;

    /// <summary>The trace that events belong to; its attributes go into the first of them.</summary>
    private sealed record Case(string Stream, string? Name, IReadOnlyList<XesAttribute> Attributes);
}
