using System.Diagnostics;
using System.Reflection;

namespace Clew.Cli.Demo;

/// <summary>How to start this program once more.</summary>
internal static class OwnProcess
{
    public static ProcessStartInfo Start(params ReadOnlySpan<string> arguments)
    {
        var own = typeof(OwnProcess).Assembly;
        var running = Environment.ProcessPath ?? "dotnet";
        var isRuntime = Path.GetFileNameWithoutExtension(running) == "dotnet";
        var isOwn = Assembly.GetEntryAssembly() == own && !isRuntime;
        var start = new ProcessStartInfo(isOwn || isRuntime ? running : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (!isOwn)
            start.ArgumentList.Add(own.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        return start;
    }
}
