using System.Text.Json;

namespace Clew.Tests.Cli;

public sealed class DemoTests
{
    [Fact]
    public async Task Everything_that_the_demo_tries_holds()
    {
        using var scratch = new Scratch();

        var demo = await Tool.RunAsync("demo", "--keep", scratch.At("kept"), "--json");

        Assert.True(demo.ExitCode == 0, demo.Out + demo.Error);
        Assert.Equal(
            [("writers", true), ("crash", true), ("time-travel", true), ("damage", true), ("forgery", true), ("proof", true), ("erasure", true), ("all", true)],
            demo.Lines.Select(line =>
            {
                using var json = JsonDocument.Parse(line);
                return (json.RootElement.GetProperty("step").GetString()!, json.RootElement.GetProperty("held").GetBoolean());
            }));
        Assert.Equal(0, (await Tool.RunAsync("verify", "--store", Path.Combine(scratch.At("kept"), "store"))).ExitCode);
    }

    [Fact]
    public async Task The_demo_leaves_a_folder_alone_that_is_not_empty()
    {
        using var scratch = new Scratch();
        scratch.File("mine", "");

        var demo = await Tool.RunAsync("demo", "--keep", scratch.At("."));

        Assert.Equal((2, ""), (demo.ExitCode, demo.Out));
    }

    [Fact]
    public async Task The_bench_measures_and_leaves_nothing_behind()
    {
        using var scratch = new Scratch();

        var bench = await Tool.RunAsync("bench", "--store", scratch.At("disk"), "--seconds", "0.05", "--json");

        Assert.Equal((0, ""), (bench.ExitCode, bench.Error));
        Assert.Equal(
            ["flush", "append1x1", "append64x1", "append1x100", "read", "open"],
            bench.Lines.Select(line =>
            {
                using var json = JsonDocument.Parse(line);
                return json.RootElement.GetProperty("measured").GetString()!;
            }));
        Assert.False(Directory.Exists(scratch.At("disk")));
    }
}
