using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Cli;

/// <summary><c>archive</c>, and every other command over a log of which some lies in an archive.</summary>
public sealed class ArchiveCommandTests : IDisposable
{
    private readonly Scratch scratch = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Cold => scratch.At("cold");

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task Archiving_says_what_was_moved_and_everything_reads_the_same()
    {
        await FillAsync();
        var before = await Tool.RunAsync("read", "--store", scratch.Store, "--json");

        var text = await Tool.RunAsync("archive", "--store", scratch.Store, "--before", "200", "--to", Cold);
        var json = await Tool.RunAsync("archive", "--store", scratch.Store, "--before", "400", "--to", Cold, "--json");
        var none = await Tool.RunAsync("archive", "--store", scratch.Store, "--before", "400", "--to", Cold);

        Assert.Equal((0, 0, 0), (text.ExitCode, json.ExitCode, none.ExitCode));
        Assert.Matches(@"^Moved 2 segments with \d+ events: 131,072 bytes became [\d,]+\.\nEvents up to #\d+ are in the archive\. Back it up too: the store needs it\.\n$", text.Out);
        Assert.Matches(@"^\{""segments"":\d,""events"":\d+,""segmentBytes"":\d+,""archiveBytes"":\d+,""archivedTo"":\d+\}\n$", json.Out);
        Assert.StartsWith("Nothing was moved: no full segment before position 400 is left in the store.\nEvents up to #", none.Out, StringComparison.Ordinal);
        Assert.Equal(before.Out, (await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Out);
        Assert.Contains(" of them archived) and ", (await Tool.RunAsync("verify", "--store", scratch.Store)).Out, StringComparison.Ordinal);
        Assert.Contains(" archived", (await Tool.RunAsync("stats", "--store", scratch.Store)).Out, StringComparison.Ordinal);
        Assert.Contains("Everything is as it was written.", (await Tool.RunAsync("backup", "--store", scratch.Store, "--to", scratch.At("backup"))).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await Tool.RunAsync("erase", "--store", scratch.Store, "--position", "1", "--reason", "asked for", "--yes")).ExitCode);
    }

    [Theory]
    [InlineData("read", "--limit", "1")]
    [InlineData("streams")]
    [InlineData("verify")]
    [InlineData("backup", "--to", "backup")]
    [InlineData("erase", "--position", "1", "--reason", "asked for", "--yes")]
    [InlineData("tail", "--after", "0", "--limit", "1")]
    public async Task A_command_over_an_archive_that_is_not_attached_says_where_it_is_and_takes_where_it_is_now(string command, params string[] others)
    {
        await FillAsync();
        await Tool.RunAsync("archive", "--store", scratch.Store, "--before", "400", "--to", Cold);
        Directory.Move(Cold, Cold + "-away");
        string[] line = [command, "--store", scratch.Store, .. others.Select(other => other == "backup" ? scratch.At(other) : other)];

        var without = await Tool.RunAsync([.. line, "--json"]);
        var found = await Tool.RunAsync([.. line, "--archive", Cold + "-away"]);

        Assert.Equal(2, without.ExitCode);
        Assert.Contains("\"kind\":\"archive\"", without.Error, StringComparison.Ordinal);
        Assert.Contains($"are in an archive that is not attached: 00000001-00000000000000000001.seg.zst is not in {Cold}. Attach the archive", without.Error, StringComparison.Ordinal);
        Assert.Equal((0, ""), (found.ExitCode, found.Error));
    }

    [Fact]
    public async Task What_needs_no_old_event_goes_on_without_the_archive()
    {
        await FillAsync();
        await Tool.RunAsync("archive", "--store", scratch.Store, "--before", "100", "--to", Cold);
        Directory.Delete(Cold, recursive: true);

        Assert.Equal(0, (await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1")).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync("read", "--store", scratch.Store, "--after", "300")).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync("stats", "--store", scratch.Store)).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync("seal", "--store", scratch.Store, "--new-key", scratch.At("key"))).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync("seal", "--store", scratch.Store, "--key", scratch.At("key"))).ExitCode);
    }

    [Fact]
    public async Task A_wrong_place_or_position_is_refused()
    {
        await FillAsync();

        var own = await Tool.RunAsync("archive", "--store", scratch.Store, "--before", "400", "--to", scratch.Store);
        var zero = await Tool.RunAsync("archive", "--store", scratch.Store, "--before", "0", "--to", Cold);
        var missing = await Tool.RunAsync("archive", "--store", scratch.At("nothing"), "--before", "1", "--to", Cold);
        var noPosition = await Tool.RunAsync("archive", "--store", scratch.Store, "--to", Cold);

        Assert.Equal((2, 2, 2, 2), (own.ExitCode, zero.ExitCode, missing.ExitCode, noPosition.ExitCode));
        Assert.Contains("is the folder of a store. Give a folder for the archive", own.Error, StringComparison.Ordinal);
        Assert.Contains("--before takes a whole number from 1, not \"0\"", zero.Error, StringComparison.Ordinal);
        Assert.Contains($"There is no {scratch.At("nothing")}", missing.Error, StringComparison.Ordinal);
        Assert.Contains("'--before' is required", noPosition.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.At("nothing")));
    }

    private async Task FillAsync()
    {
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, new() { SegmentBytesMax = 64 * 1024 }, Cancellation);
        for (var number = 0; number < 400; number++)
            await store.AppendAsync(new EventData($"s-{number % 5}", "t", new byte[500]) { ContentType = "application/octet-stream" });
    }
}
