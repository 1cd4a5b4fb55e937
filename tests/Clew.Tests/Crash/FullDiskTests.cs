using Clew.Sweep.Commands;
using Clew.Tests.Cli;

namespace Clew.Tests.Crash;

/// <summary>Samples of the sweep over full disks: real file systems of a few MiB, which take root to mount. One class, as they may share one.</summary>
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

    [Fact]
    public async Task A_full_disk_stops_an_import_reading_goes_on_and_importing_again_continues_when_there_is_space()
    {
        SkipWithoutSmallDisk();
        using var scratch = new Scratch();
        using var disk = SmallDisk.Make(SmallDisk.Kinds[0], 24 * 1024 * 1024);
        var file = scratch.File("log", string.Concat(Enumerable.Range(0, 20_000).Select(
            number => $$"""{"stream":"s{{number / 10}}","type":"t","data":{{number}}}""" + "\n")));
        disk.FillUpTo(freeKiB: 2_000);

        var stopped = await Tool.RunAsync("import", file, "--store", disk.Store, "--json");
        var read = await Tool.RunAsync("read", "--store", disk.Store, "--json");
        var verified = await Tool.RunAsync("verify", "--store", disk.Store);
        disk.MakeSpace();
        var again = await Tool.RunAsync("import", file, "--store", disk.Store, "--json");

        Assert.Equal((2, ""), (stopped.ExitCode, stopped.Out));
        Assert.Contains("\"kind\":\"full\"", stopped.Error, StringComparison.Ordinal);
        Assert.Contains("make space", stopped.Error, StringComparison.Ordinal);
        Assert.Contains($"{read.Lines.Length:N0} events were imported before that", stopped.Error, StringComparison.Ordinal);
        Assert.Equal((0, 0), (read.ExitCode, verified.ExitCode));
        Assert.Equal(
            $$"""{"format":"jsonl","imported":{{20_000 - read.Lines.Length}},"alreadyThere":{{read.Lines.Length}},"streams":2000}""", again.Out.Trim());
    }

    private static void SkipWithoutSmallDisk()
    {
        if (SmallDisk.WhyNot() is { } reason)
            Assert.Skip(reason);
    }
}
