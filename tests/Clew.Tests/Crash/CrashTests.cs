using Clew.Sweep.Commands;

namespace Clew.Tests.Crash;

/// <summary>Samples of the sweeps, which CONTRIBUTING.md names; each throws where an event is lost, wrong, or an error has no name.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_writer_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged() => await KillSweep.RunAsync(runs: 20, seed: 7);

    [Fact]
    public void A_log_cut_off_at_any_byte_opens_with_a_prefix_or_is_refused() => TruncateSweep.Sweep(step: 97, threads: 2);

    [Fact]
    public void A_flipped_bit_is_noticed_or_makes_no_difference() => FlipSweep.Sweep(step: 101, zeroStep: 4001, threads: 2);

    [Theory]
    [InlineData("pwrite64")]
    [InlineData("fdatasync")]
    [InlineData("rename")]
    public async Task A_writer_killed_at_a_system_call_loses_nothing_that_it_acknowledged(string call)
    {
        SkipWithoutStrace();
        using var sweep = new StraceSweep(count: 40, step: 9, durability: "flushed");

        await sweep.KillAsync(call);
    }

    [Theory]
    [InlineData("EIO")]
    [InlineData("ENOSPC")]
    public async Task A_flush_that_fails_is_told_and_nothing_is_acknowledged_after_it(string error)
    {
        SkipWithoutStrace();
        using var sweep = new StraceSweep(count: 40, step: 9, durability: "flushed");

        await sweep.FailAsync("fdatasync", error);
    }

    private static void SkipWithoutStrace()
    {
        if (StraceSweep.WhyNot() is { } reason)
            Assert.Skip(reason);
    }
}
