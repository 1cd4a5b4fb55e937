using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Clew.Cli.Commands;
using Clew.Cli.Output;

namespace Clew.Cli;

/// <summary>The tool, from its arguments to its exit code.</summary>
internal static class CommandLine
{
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellation = default)
    {
        // An argument that begins with @ is an argument: payloads and names may begin so.
        var parsed = Root(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        var screen = new Screen(terminal, args.Contains("--json"));
        try
        {
            // What the system could not decode is no longer what was typed, and two names could become one.
            if (args.FirstOrDefault(argument => argument.Contains('\uFFFD', StringComparison.Ordinal)) is { } broken)
                throw new CommandException(Failure.Usage($"The argument \"{broken}\" is not UTF-8."));
            if (parsed.Action is ParseErrorAction)
                throw new CommandException(Failure.Usage(UsageFault(parsed)));

            var invocation = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            var code = await parsed.InvokeAsync(invocation, cancellation);
            screen.Flush();
            return code;
        }
        catch (OutputClosedException)
        {
            return (int)ExitCode.Done;
        }
        catch (Exception exception) when (Failure.From(exception) is { } failure)
        {
            screen.Report(failure);
            return (int)failure.Code;
        }
        catch (Exception exception)
        {
            screen.Report(Failure.Internal(exception));
            return (int)ExitCode.CouldNot;
        }
    }

    private static IReadOnlyList<string> Beginnings =>
        ["clew demo", "clew import orders.jsonl --store ./orders", "clew read --store ./orders --limit 10"];

    private static Command Root(Terminal terminal)
    {
        var root = new Command("clew", "Looks into, fills, follows, backs up and checks event stores.")
        {
            new ImportCommand(terminal),
            new AppendCommand(terminal),
            new ReadCommand(terminal),
            new TailCommand(terminal),
            new StreamsCommand(terminal),
            new StatsCommand(terminal),
            new VerifyCommand(terminal),
            new SealCommand(terminal),
            new ProveCommand(terminal),
            new CheckCommand(terminal),
            new EraseCommand(terminal),
            new ArchiveCommand(terminal),
            new BackupCommand(terminal),
            new RestoreCommand(terminal),
            new FollowCommand(terminal),
            new BenchCommand(terminal),
            new DemoCommand(terminal),
            new CrashingWriterCommand(terminal),
        };
        root.Add(new HelpOption { Action = new HelpWithExamples() });
        root.Add(new Option<bool>("--version") { Description = "Show the version.", Action = new ShowVersion() });
        root.SetAction(options => new HelpWithExamples().Invoke(options));
        return root;
    }

    private static string UsageFault(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command.Name;
        var help = command == "clew" ? "clew --help" : $"clew {command} --help";
        return $"{parsed.Errors[0].Message} See {help}.";
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Version);
            return (int)ExitCode.Done;
        }
    }

    private sealed class HelpWithExamples : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            new HelpAction().Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            var examples = parseResult.CommandResult.Command is ToolCommand command ? command.Examples : Beginnings;

            output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
            foreach (var example in examples)
                output.WriteLine("  " + example);
            output.WriteLine();
            output.WriteLine("Exit codes: 0 done, 1 the answer is no (conflict, nothing found, verify found damage), 2 could not.");
            return (int)ExitCode.Done;
        }
    }
}
