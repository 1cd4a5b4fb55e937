using Clew.Cli;

namespace Clew.Tests.Cli;

/// <summary>Runs the tool in this process, and keeps what it says.</summary>
internal sealed record Tool(int ExitCode, string Out, string Error)
{
    public static Task<Tool> RunAsync(params string[] arguments) => RunWithInputAsync("", arguments);

    public static async Task<Tool> RunWithInputAsync(string input, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(new StringReader(input), output, error, TimeProvider.System);
        var code = await CommandLine.RunAsync(arguments, terminal, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
