using Clew.Sweep.Mutants;
using Clew.Sweep.Simulation.Disk;
using Clew.Sweep.Simulation.Runs;

namespace Clew.Tests.Simulation;

public sealed class SimulationTests
{
    [Fact]
    public void Five_hundred_seeds_lose_move_double_and_invent_nothing()
    {
        var sweep = new SeedSweep();

        sweep.Run(1, 500, threads: 2);

        Assert.True(sweep.Failures.IsEmpty, string.Join("\n\n", sweep.Failures.Take(3)));
        Assert.True(sweep.Counts[FaultKind.PowerLoss] > 0 && sweep.Counts[FaultKind.Kill] > 0 && sweep.Counts[FaultKind.SyncError] > 0);
    }

    [Theory]
    [InlineData(36)]
    [InlineData(1044)]
    [InlineData(1161)]
    [InlineData(1722)]
    [InlineData(2014)]
    [InlineData(2221)]
    [InlineData(2513)]
    [InlineData(2658)]
    [InlineData(2766)]
    [InlineData(2936)]
    [InlineData(3300)]
    [InlineData(11977)]
    [InlineData(15902)]
    [InlineData(12144)]
    [InlineData(6223)]
    [InlineData(8131)]
    [InlineData(8858)]
    [InlineData(10555)]
    [InlineData(32677)]
    [InlineData(32810)]
    [InlineData(32991)]
    [InlineData(34877)]
    [InlineData(53141)]
    [InlineData(56056)]
    public void A_seed_that_once_failed_does_not_fail_again(int seed) =>
        Assert.Null(Clew.Sweep.Simulation.Runs.Simulation.Run((ulong)seed).Failure);

    [Fact]
    public void The_same_seed_is_the_same_run()
    {
        for (var seed = 1UL; seed <= 20; seed++)
            Assert.Equal(Clew.Sweep.Simulation.Runs.Simulation.Run(seed).ToString(), Clew.Sweep.Simulation.Runs.Simulation.Run(seed).ToString());
    }

    [Fact]
    public void Each_bug_that_the_sweep_plants_still_has_its_place_in_the_sources()
    {
        var root = MutantCopy.RepositoryRoot();

        Assert.All(MutantTable.All.SelectMany(mutant => mutant.Edits), edit => Assert.Equal(1, MutantCopy.Occurrences(root, edit)));
    }
}
