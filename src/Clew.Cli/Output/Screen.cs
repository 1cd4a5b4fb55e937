using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Clew.Cli.Output;

/// <summary>Where a command shows what it found: results on standard output, everything else on standard error.</summary>
internal sealed class Screen
{
    // Relaxed means: fit for a terminal, not for HTML. Control characters are escaped in any case.
    public static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Where nobody looks at the width, nothing is gained by wrapping.
    public const int WidthUnbounded = 10_000;

    // A message may quote what is wrong, and that may be megabytes long.
    private const int MessageCharactersMax = 1_000;

    private readonly Terminal terminal;
    private readonly ArrayBufferWriter<byte> line = new();

    public Screen(Terminal terminal, bool json)
    {
        this.terminal = terminal;
        IsJson = json;
        People = ConsoleOn(terminal.Out);
        Notes = ConsoleOn(terminal.Error);
    }

    /// <summary>Whether a program reads along: then standard output holds JSON and nothing else.</summary>
    public bool IsJson { get; }

    /// <summary>Standard output, for people.</summary>
    public IAnsiConsole People { get; }

    /// <summary>Standard error, for people.</summary>
    public IAnsiConsole Notes { get; }

    /// <summary>Whether a progress bar would be seen.</summary>
    public bool ShowsProgress => !IsJson && Notes.Profile.Out.IsTerminal;

    public TextReader In => terminal.In;

    public TimeProvider Time => terminal.Time;

    /// <summary>Writes one line of JSON.</summary>
    public void Json(Action<Utf8JsonWriter> write)
    {
        terminal.Out.Write(Line(write));
        terminal.Out.Write('\n');
    }

    /// <summary>Writes a line that holds nothing from outside, or only what was made printable.</summary>
    public void Line(string text)
    {
        terminal.Out.Write(text);
        terminal.Out.Write('\n');
    }

    public void Report(Failure failure)
    {
        FlushWhatCanBe(terminal.Out);
        var message = Printable.Middle(failure.Message, MessageCharactersMax);
        var text = IsJson
            ? Line(json =>
            {
                json.WriteStartObject();
                json.WriteString("error", message);
                json.WriteString("kind", failure.Kind);
                json.WriteEndObject();
            })
            : "clew: " + Printable.Text(message);
        try
        {
            terminal.Error.WriteLine(text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Nobody can be told; the exit code still says it.
        }

        FlushWhatCanBe(terminal.Error);
    }

    public void Flush() => terminal.Out.Flush();

    private static void FlushWhatCanBe(TextWriter writer)
    {
        try
        {
            writer.Flush();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It may be the very thing that failed.
        }
    }

    private string Line(Action<Utf8JsonWriter> write)
    {
        line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(line, JsonOptions))
            write(json);

        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    private static IAnsiConsole ConsoleOn(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        if (output.IsTerminal)
            return AnsiConsole.Create(new AnsiConsoleSettings { Out = output });

        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = output,
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = WidthUnbounded;
        return console;
    }
}
