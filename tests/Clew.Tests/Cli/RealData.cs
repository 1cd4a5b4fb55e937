using System.Runtime.CompilerServices;

namespace Clew.Tests.Cli;

/// <summary>Real event logs, which are not part of the repository: they lie beside it where somebody has fetched them.</summary>
internal static class RealData
{
    public static string Path(string name, [CallerFilePath] string here = "")
    {
        var root = System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "..", ".."));
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, "..", "shared", "data", name));
        Assert.SkipUnless(File.Exists(path), $"{path} is not there; it is fetched apart from the repository.");
        return path;
    }
}
