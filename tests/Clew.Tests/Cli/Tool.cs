using Clew.Cli;

namespace Clew.Tests.Cli;

/// <summary>Runs the tool in this process, and keeps what it says.</summary>
internal sealed record Tool(int ExitCode, string Out, string Error)
{
    public static Task<Tool> RunAsync(params string[] arguments) => RunWithInputAsync("", arguments);

    public static Task<Tool> RunWithInputAsync(string input, params string[] arguments) =>
        RunAsync(new Terminal(new StringReader(input), TextWriter.Null, TextWriter.Null, TimeProvider.System), arguments);

    /// <summary>The same with another input or clock; what it writes is kept here.</summary>
    public static async Task<Tool> RunAsync(Terminal world, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = world with { Out = output, Error = error };
        var code = await CommandLine.RunAsync(arguments, terminal, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
