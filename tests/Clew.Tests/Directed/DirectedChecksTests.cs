using Clew.Sweep.Directed;

namespace Clew.Tests.Directed;

/// <summary>States and interleavings that chance hardly ever makes; each is there because a planted bug was found by nothing else.</summary>
public sealed class DirectedChecksTests
{
    public static TheoryData<string> Checks => [.. DirectedTable.All.Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Checks))]
    public void Of_an_exact_state_comes_what_must(string check) => DirectedTable.All.Single(one => one.Name == check).Run();
}
