using Clew.Sweep.Commands;

namespace Clew.Tests.Crash;

/// <summary>Samples of the sweep over full disks: real file systems of a few MiB, which take root to mount.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_full_disk_refuses_appends_and_nothing_else_and_they_resume_when_there_is_space()
    {
        SkipWithoutSmallDisk();
        foreach (var kind in SmallDisk.Kinds)
            await FullDiskSweep.SmallSegmentsAsync(kind, stepKiB: 67);
    }

    [Fact]
    public async Task A_disk_that_is_too_full_for_the_next_segment_loses_nothing()
    {
        SkipWithoutSmallDisk();
        await FullDiskSweep.UsualSegmentsAsync(SmallDisk.Kinds[0], stepKiB: 7_001);
    }

    [Fact]
    public async Task A_writer_that_is_killed_on_a_full_disk_loses_nothing_that_it_acknowledged()
    {
        SkipWithoutSmallDisk();
        foreach (var kind in SmallDisk.Kinds)
            await FullDiskSweep.KillAsync(kind, stepKiB: 199);
    }

    private static void SkipWithoutSmallDisk()
    {
        if (SmallDisk.WhyNot() is { } reason)
            Assert.Skip(reason);
    }
}
