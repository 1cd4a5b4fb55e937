using System.Globalization;
using System.Text.Json;
using System.Xml;

namespace Clew.Cli.Import;

/// <summary>An attribute of XES: a key, a typed value, and attributes of its own.</summary>
/// <param name="Kind">The element's name: string, date, int, float, boolean, id, list, container.</param>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value as written; none for lists and containers.</param>
/// <param name="Children">What is nested in it; for a list, its values.</param>
internal sealed record XesAttribute(string Kind, string Key, string? Value, IReadOnlyList<XesAttribute> Children)
{
    private const int DepthMax = 32;

    public static bool IsOne(string element) =>
        element is "string" or "date" or "int" or "float" or "boolean" or "id" or "list" or "container";

    /// <summary>Reads the attribute at whose element the reader stands, and leaves it behind the element.</summary>
    public static XesAttribute Read(XmlReader xml, int depth = 0)
    {
        var line = ((IXmlLineInfo)xml).LineNumber;
        if (depth > DepthMax)
            throw InputException.AtLine(line, $"attributes are nested more than {DepthMax} deep.");

        var kind = xml.LocalName;
        var key = xml.GetAttribute("key");
        var value = xml.GetAttribute("value");
        if (string.IsNullOrEmpty(key))
            throw InputException.AtLine(line, $"an attribute <{kind}> has no key.");
        if (value is null && kind is not ("list" or "container"))
            throw InputException.AtLine(line, $"the attribute \"{key}\" has no value.");

        IReadOnlyList<XesAttribute> children = [];
        if (xml.IsEmptyElement)
            xml.Read();
        else
            children = ReadChildren(xml, depth);

        return new(kind, key, value, children);
    }

    /// <summary>Writes attributes as members of an object; a key that comes again gets <c>#2</c>, <c>#3</c>.</summary>
    public static void WriteMembers(Utf8JsonWriter json, IReadOnlyList<XesAttribute> attributes)
    {
        for (var index = 0; index < attributes.Count; index++)
        {
            var attribute = attributes[index];
            var earlier = 0;
            for (var other = 0; other < index; other++)
                earlier += attributes[other].Key == attribute.Key ? 1 : 0;

            json.WritePropertyName(earlier == 0 ? attribute.Key : $"{attribute.Key}#{earlier + 1}");
            attribute.WriteValue(json);
        }
    }

    private void WriteValue(Utf8JsonWriter json)
    {
        switch (Kind)
        {
            case "list":
                json.WriteStartArray();
                foreach (var child in Children)
                    WriteObject(json, [child]);
                json.WriteEndArray();
                break;
            case "container":
                WriteObject(json, Children);
                break;
            case var _ when Children.Count > 0:
                json.WriteStartObject();
                json.WritePropertyName("value");
                WriteScalar(json);
                json.WritePropertyName("attributes");
                WriteObject(json, Children);
                json.WriteEndObject();
                break;
            default:
                WriteScalar(json);
                break;
        }
    }

    // What is no number in spite of its element, such as a float NaN, stays the text that it is.
    private void WriteScalar(Utf8JsonWriter json)
    {
        var culture = CultureInfo.InvariantCulture;
        if (Kind == "int" && long.TryParse(Value, NumberStyles.AllowLeadingSign, culture, out var whole))
            json.WriteNumberValue(whole);
        else if (Kind == "float" && double.TryParse(Value, NumberStyles.Float, culture, out var real) && double.IsFinite(real))
            json.WriteNumberValue(real);
        else if (Kind == "boolean" && Value is "true" or "1" or "false" or "0")
            json.WriteBooleanValue(Value is "true" or "1");
        else
            json.WriteStringValue(Value);
    }

    private static void WriteObject(Utf8JsonWriter json, IReadOnlyList<XesAttribute> attributes)
    {
        json.WriteStartObject();
        WriteMembers(json, attributes);
        json.WriteEndObject();
    }

    private static List<XesAttribute> ReadChildren(XmlReader xml, int depth)
    {
        var children = new List<XesAttribute>();
        var end = xml.Depth;
        xml.Read();
        while (xml.Depth > end)
        {
            if (xml.NodeType == XmlNodeType.Element && IsOne(xml.LocalName))
                children.Add(Read(xml, depth + 1));
            else
                xml.Read();
        }

        xml.Read();
        return children;
    }
}
