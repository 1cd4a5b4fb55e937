using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Clew.Cli;
using Clew.Cli.Output;

// One language, and numbers that a script reads the same everywhere.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

// Into a file or a pipe, a line must not cost a system call.
if (Console.IsOutputRedirected)
{
    var output = OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new PipeOut();
    Console.SetOut(new StreamWriter(output, new UTF8Encoding(false), 1 << 16));
}

// Broken bytes are refused, not replaced.
var input = Console.IsInputRedirected
    ? new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false)
    : Console.In;
var terminal = new Terminal(input, Console.Out, Console.Error, TimeProvider.System);
return await CommandLine.RunAsync(args, terminal, stop.Token);

void Stop(PosixSignalContext context)
{
    // Who asks twice means it.
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
