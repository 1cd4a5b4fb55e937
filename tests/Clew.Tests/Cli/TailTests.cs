using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Cli;

public sealed class TailTests
{
    [Fact]
    public async Task Tail_follows_what_another_store_appends_until_its_limit()
    {
        using var scratch = new Scratch();
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken);
        await store.AppendAsync(new EventData("s", "past", "1"u8.ToArray()));
        var output = new RunningTool();

        var tail = output.RunAsync("tail", "--store", scratch.Store, "--after", "0", "--limit", "3", "--json");
        await output.LinesAsync(1);
        await store.AppendAsync(new EventData("s", "live", "2"u8.ToArray()));
        await output.LinesAsync(2);
        await store.AppendAsync(new EventData("s", "live", "3"u8.ToArray()));

        Assert.Equal(0, await tail);
        Assert.Equal([1, 2, 3], output.Positions);
    }

    [Fact]
    public async Task Tail_shows_only_what_matches_and_ends_with_0_when_it_is_stopped()
    {
        using var scratch = new Scratch();
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken);
        await store.AppendAsync([new("s", "other", "1"u8.ToArray()), new("s", "wanted", "2"u8.ToArray())]);
        var output = new RunningTool();

        var tail = output.RunAsync("tail", "--store", scratch.Store, "--after", "0", "--type", "wanted", "--json");
        await output.LinesAsync(1);
        await store.AppendAsync([new("s", "other", "3"u8.ToArray()), new("s", "wanted", "4"u8.ToArray())]);
        await output.LinesAsync(2);
        output.Stop();

        Assert.Equal(0, await tail);
        Assert.Equal([2, 4], output.Positions);
    }

    [Fact]
    public async Task Tail_from_beyond_the_head_is_refused()
    {
        using var scratch = new Scratch();
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken);

        var run = await Tool.RunAsync("tail", "--store", scratch.Store, "--after", "5");

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("--after takes 0 to 0", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tail_ends_with_a_message_when_its_store_is_taken_away()
    {
        using var scratch = new Scratch();
        await using (var store = await SegmentEventStore.OpenAsync(scratch.Store, null, TestContext.Current.CancellationToken))
            await store.AppendAsync(new EventData("s", "t", "1"u8.ToArray()));
        var output = new RunningTool();

        var tail = output.RunAsync("tail", "--store", scratch.Store, "--after", "0", "--json");
        await output.LinesAsync(1);
        Directory.Delete(scratch.Store, recursive: true);

        Assert.Equal(2, await tail);
        Assert.Contains($"The store in {scratch.Store} is gone", output.Error.ToString(), StringComparison.Ordinal);
    }
}
