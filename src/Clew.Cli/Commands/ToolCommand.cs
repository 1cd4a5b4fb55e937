using System.CommandLine;
using Clew.Cli.Output;

namespace Clew.Cli.Commands;

/// <summary>A command of the tool: its options, an example for its help, and what it does.</summary>
internal abstract class ToolCommand : Command
{
    private readonly Option<bool> json = new("--json") { Description = "Write JSON, one value a line, and nothing else, to standard output." };

    protected ToolCommand(Terminal terminal, string name, string description)
        : base(name, description)
    {
        Add(json);
        SetAction(async (options, cancellation) =>
            (int)await RunAsync(options, new Screen(terminal, options.GetValue(json)), cancellation));
    }

    /// <summary>Command lines that help shows.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    protected abstract Task<ExitCode> RunAsync(ParseResult options, Screen screen, CancellationToken cancellation);
}
