using Clew.Sweep.Commands;

namespace Clew.Tests.Crash;

public sealed class TamperTests
{
    [Fact]
    public void A_history_that_is_changed_with_all_its_checksums_is_found_by_seals_and_by_a_copy() =>
        Assert.StartsWith("30 edits of 10 kinds", TamperSweep.Sweep(edits: 30, from: 5_000, threads: 2)[^1], StringComparison.Ordinal);
}
