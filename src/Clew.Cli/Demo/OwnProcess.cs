using System.Diagnostics;
using System.Reflection;

namespace Clew.Cli.Demo;

/// <summary>How to start this program once more.</summary>
internal static class OwnProcess
{
    public static ProcessStartInfo Start(params ReadOnlySpan<string> arguments)
    {
        var own = typeof(OwnProcess).Assembly;
        var runtime = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var isOwn = Assembly.GetEntryAssembly() == own && Environment.ProcessPath is not null && runtime != Environment.ProcessPath;
        var start = new ProcessStartInfo(isOwn ? Environment.ProcessPath! : runtime)
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
