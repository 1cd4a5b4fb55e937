using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

namespace Clew.Tests.Cli;

/// <summary>A fact about a real event log, which is no part of the repository: it lies beside it where somebody has fetched it.</summary>
/// <remarks>
/// Without the file it is skipped, and says why; where nothing may be skipped (CLEW_NO_SKIP), it is not there
/// at all, so that what is counted is what was tested.
/// </remarks>
[XunitTestCaseDiscoverer(typeof(Discoverer))]
internal sealed class RealLogFactAttribute : FactAttribute
{
    public RealLogFactAttribute(
        string name, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        var path = PathOf(name);
        if (File.Exists(path))
            return;
        if (Environment.GetEnvironmentVariable("CLEW_NO_SKIP") is { Length: > 0 })
            IsLeftOut = true;
        else
            Skip = $"{path} is not there; it is fetched apart from the repository.";
    }

    public bool IsLeftOut { get; }

    public static string PathOf(string name, [CallerFilePath] string here = "")
    {
        var root = Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..");
        return Path.GetFullPath(Path.Combine(root, "..", "shared", "data", name));
    }

    internal sealed class Discoverer : FactDiscoverer
    {
        public override ValueTask<IReadOnlyCollection<IXunitTestCase>> Discover(
            ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute) =>
            factAttribute is RealLogFactAttribute { IsLeftOut: true } ? new([]) : base.Discover(discoveryOptions, testMethod, factAttribute);
    }
}
