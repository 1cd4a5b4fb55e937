using System.Text.Json;
using Clew.Cli;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Microsoft.Extensions.Time.Testing;

namespace Clew.Tests.Cli;

/// <summary><c>backup</c>, <c>restore</c> and <c>follow</c>, and what a user gets wrong with them.</summary>
public sealed class ReplicaCommandTests : IDisposable
{
    private const string Time = @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z";

    private readonly Scratch scratch = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Backup => scratch.At("backup");

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_backup_copies_what_is_new_while_an_application_appends_and_checks_it()
    {
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, Cancellation);
        await AppendAsync(store, 3);

        var first = await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup);
        await AppendAsync(store, 1);
        var second = await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup, "--json");
        var third = await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup, "--no-check", "--json");

        Assert.Equal((0, 0, 0), (first.ExitCode, second.ExitCode, third.ExitCode));
        Assert.Matches($@"^Copied 3 events, \d+ bytes; the backup stands at position 3, recorded at {Time}\.\n3 events sound, in 1 segment and 0 index files, \d+ bytes checked\.\nRoot over them: [0-9a-f]{{64}}\.\nEverything is as it was written\.\n$", first.Out);
        Assert.Matches($$"""^\{"copied":1,"bytes":\d+,"position":4,"recordedAt":"{{Time}}","check":\{"sound":true,"events":4,.*\}\}\n$""", second.Out);
        Assert.Matches($$"""^\{"copied":0,"bytes":0,"position":4,"recordedAt":"{{Time}}"\}\n$""", third.Out);
        Assert.Equal((await Tool.RunAsync("read", "--store", scratch.Store, "--json")).Out, (await Tool.RunAsync("read", "--store", Backup, "--json")).Out);
    }

    [Fact]
    public async Task An_empty_store_has_a_backup_too()
    {
        await (await SegmentEventStore.OpenAsync(scratch.Store, null, Cancellation)).DisposeAsync();

        var text = await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup);
        var json = await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup, "--no-check", "--json");

        Assert.StartsWith("Copied 0 events, 0 bytes; the backup stands at its beginning, without events.\n", text.Out, StringComparison.Ordinal);
        Assert.Equal("""{"copied":0,"bytes":0,"position":0,"recordedAt":null}""" + "\n", json.Out);
    }

    [Fact]
    public async Task A_backup_that_has_rotted_is_told_and_ends_with_1()
    {
        // So many that they have an index file, and are not read again when the backup is opened.
        await using (var store = await SegmentEventStore.OpenAsync(scratch.Store, null, Cancellation))
            await store.AppendAsync(Enumerable.Range(0, 1_500).Select(_ => new EventData("s", "t", "1"u8.ToArray())).ToArray());
        await BackUpAsync();
        var segment = Directory.GetFiles(Backup, "*.seg").Single();
        var bytes = await File.ReadAllBytesAsync(segment, Cancellation);
        bytes[4_096 + 96 + 40] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, Cancellation);

        var run = await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup);

        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Contains("DAMAGED: ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_takes_no_appends_and_says_what_to_do()
    {
        await FillAsync(3);
        await BackUpAsync();

        var run = await Tool.RunAsync("append", "--store", Backup, "--stream", "s", "--type", "t", "--data", "1", "--json");

        RefusedWith(run, "replica", "holds a replica of the log", $"which is written in {scratch.Store}", "clew restore", "clew follow --promote");
    }

    [Fact]
    public async Task A_backup_goes_nowhere_but_into_a_backup_of_this_log_or_an_empty_folder()
    {
        await FillAsync(3);
        await BackUpAsync();
        var (other, plain, foreign) = (scratch.At("other"), scratch.At("plain"), Directory.CreateDirectory(scratch.At("foreign")).FullName);
        await FillAsync(1, other);
        await FillAsync(1, plain);
        await File.WriteAllTextAsync(Path.Combine(foreign, "letter.txt"), "mine", Cancellation);
        var before = Names(foreign, plain, Backup);

        foreach (var (from, to, kind, why) in new[]
        {
            (scratch.Store, scratch.Store, "other-log", "is the source itself"),
            (scratch.Store, plain, "other-log", "is a store of its own"),
            (other, Backup, "other-log", "is a replica of the log"),
            (Backup, Backup, "other-log", "is the source itself"),
            (scratch.Store, foreign, "not-a-store", "others such as letter.txt"),
            (scratch.At("missing"), Backup, "unavailable", "There is no /"),
            (foreign, scratch.At("new"), "not-a-store", "is not a Clew store"),
        })
        {
            RefusedWith(await Tool.RunAsync("backup", "--store", from, "--to", to, "--json"), kind, why);
        }

        Assert.False(Directory.Exists(scratch.At("new")));
        Assert.Equal(before, Names(foreign, plain, Backup));
    }

    [Fact]
    public async Task A_backup_that_has_diverged_names_the_first_difference()
    {
        await FillAsync(3);
        await BackUpAsync();
        await ReplaceAsync(from: 2);

        RefusedWith(await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup, "--json"), "diverged", "they differ from position 2 on");
        RefusedWith(await Tool.RunAsync("follow", scratch.Store, "--store", Backup, "--json"), "diverged", "they differ from position 2 on");
    }

    [Fact]
    public async Task A_backup_that_is_interrupted_goes_on_the_next_time()
    {
        await FillAsync(3);
        using var interrupted = new CancellationTokenSource();
        await interrupted.CancelAsync();
        using var error = new StringWriter();

        var code = await CommandLine.RunAsync(
            ["backup", "--store", scratch.Store, "--to", Backup], new(TextReader.Null, TextWriter.Null, error, TimeProvider.System), interrupted.Token);

        Assert.Equal((2, "clew: Interrupted." + Environment.NewLine), (code, error.ToString()));
        await BackUpAsync();
    }

    [Fact]
    public async Task A_restored_log_goes_on_where_its_backup_ends()
    {
        await FillAsync(3);
        await BackUpAsync();
        Directory.Delete(scratch.Store, recursive: true);

        var text = await Tool.RunAsync("restore", Backup, "--store", scratch.Store);
        var append = await Tool.RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1", "--expect", "3", "--json");
        var stats = await Tool.RunAsync("stats", "--store", scratch.Store, "--json");

        Assert.Equal((0, 0), (text.ExitCode, append.ExitCode));
        Assert.Matches($@"^{scratch.Store} is the store of the log [-0-9a-f]+, epoch 1, with 3 events, and takes appends\.\n$", text.Out);
        Assert.StartsWith("""{"position":4,"stream":"s","version":4,""", append.Out, StringComparison.Ordinal);
        Assert.Contains("\"epoch\":1,\"head\":4", stats.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restoring_as_the_same_log_is_refused_while_the_original_lives_or_is_ahead_and_as_a_log_of_its_own_it_is_not()
    {
        await FillAsync(3);
        await BackUpAsync();
        var copy = scratch.At("copy");
        await using (var store = await SegmentEventStore.OpenAsync(scratch.Store, null, Cancellation))
        {
            RefusedWith(await Tool.RunAsync("restore", Backup, "--store", copy, "--json"), "promotion", "is open for writing");
            await AppendAsync(store, 1);
        }

        RefusedWith(await Tool.RunAsync("restore", Backup, "--store", copy, "--json"), "promotion", "has events up to position 4, and the replica has them up to 3");
        Assert.False(Directory.Exists(copy));
        var own = await Tool.RunAsync("restore", Backup, "--store", copy, "--new-epoch", "--json");

        Assert.Equal(0, own.ExitCode);
        Assert.Matches($$"""^\{"logId":"[-0-9a-f]+","epoch":2,"position":3,"recordedAt":"{{Time}}"\}\n$""", own.Out);
        Assert.Equal(0, (await Tool.RunAsync("append", "--store", copy, "--stream", "s", "--type", "t", "--data", "1", "--expect", "3")).ExitCode);
        await BackUpAsync();
    }

    [Fact]
    public async Task Only_a_backup_is_restored_and_only_where_there_is_nothing()
    {
        await FillAsync(3);
        await BackUpAsync();
        var (other, foreign, standby) = (scratch.At("other"), Directory.CreateDirectory(scratch.At("foreign")).FullName, scratch.At("standby"));
        await FillAsync(1, other);
        await File.WriteAllTextAsync(Path.Combine(foreign, "letter.txt"), "mine", Cancellation);
        Assert.Equal(0, (await Tool.RunAsync("backup", "--store", scratch.Store, "--to", standby)).ExitCode);
        var before = Names(scratch.Store, other, foreign, standby);

        foreach (var (from, to, kind, why) in new[]
        {
            (Backup, other, "other-log", "is a store of its own"),
            (Backup, scratch.Store, "other-log", "is a store of its own"),
            (Backup, foreign, "not-a-store", "others such as letter.txt"),
            (Backup, standby, "usage", $"holds a replica of its own, which follows {scratch.Store}"),
            (scratch.Store, scratch.At("new"), "usage", "is a store, and no backup"),
            (scratch.At("missing"), scratch.At("new"), "unavailable", "There is no /"),
            ("", scratch.At("new"), "usage", "BACKUP takes the path of a folder"),
        })
        {
            RefusedWith(await Tool.RunAsync("restore", from, "--store", to, "--json"), kind, why);
        }

        Assert.Equal(before, Names(scratch.Store, other, foreign, standby));
        Assert.False(Directory.Exists(scratch.At("new")));
    }

    [Fact]
    public async Task Restoring_that_was_cut_short_goes_on()
    {
        await FillAsync(3);
        await BackUpAsync();
        var (halfway, late) = (scratch.At("halfway"), scratch.At("late"));
        await using (var reader = await SegmentEventReader.OpenAsync(Backup, null, Cancellation))
        await using (var replica = await SegmentReplica.OpenAsync(halfway, (await reader.HeadAsync(Cancellation)).Lineage, Backup, cancellation: Cancellation))
            await replica.ReplicateAsync(await reader.ReadEventsAsync(ReadRequest.All with { Limit = 1 }, Cancellation).ToListAsync(Cancellation), Cancellation);
        Assert.Equal(0, (await Tool.RunAsync("restore", Backup, "--store", late, "--new-epoch")).ExitCode);
        File.Copy(Path.Combine(halfway, ReplicaMark.FileName), Path.Combine(late, ReplicaMark.FileName));

        var half = await Tool.RunAsync("restore", Backup + "/", "--store", halfway, "--json");
        var wrong = await Tool.RunAsync("restore", Backup, "--store", late, "--json");
        var rest = await Tool.RunAsync("restore", Backup, "--store", late, "--new-epoch", "--json");

        Assert.Equal((0, 0), (half.ExitCode, rest.ExitCode));
        Assert.Contains("\"epoch\":1,\"position\":3", half.Out, StringComparison.Ordinal);
        RefusedWith(wrong, "promotion", "is becoming a log of its own");
        Assert.Contains("\"epoch\":2,\"position\":3", rest.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_has_rotted_is_not_restored()
    {
        await FillAsync(3);
        await BackUpAsync();
        Directory.Delete(scratch.Store, recursive: true);
        var segment = Directory.GetFiles(Backup, "*.seg").Single();
        var bytes = await File.ReadAllBytesAsync(segment, Cancellation);
        bytes[4_096 + 96 + 40] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, Cancellation);

        RefusedWith(await Tool.RunAsync("restore", Backup, "--store", scratch.Store, "--json"), "damaged", "Run \"clew verify\"");
        Assert.False(File.Exists(Path.Combine(scratch.Store, StoreHeader.FileName)));
    }

    [Fact]
    public async Task A_follower_ships_what_comes_until_it_is_stopped_and_is_promoted_when_its_log_has_ended()
    {
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, Cancellation);
        await AppendAsync(store, 3);
        var output = new RunningTool();

        var following = output.RunAsync("follow", scratch.Store, "--store", Backup, "--json");
        await output.LinesAsync(2);
        await AppendAsync(store, 2);
        await ReachedAsync(5);
        var early = await Tool.RunAsync("follow", "--promote", "--store", Backup, "--json");
        output.Stop();

        Assert.Equal(0, await following);
        Assert.Equal("", output.Error.ToString());
        RefusedWith(early, "in-use", "is open for writing");
        Assert.Matches("""^\{"position":0,"recordedAt":null,"eventsBehind":3,"secondsBehind":null,"copied":0\}$""", output.Written[0]);
        Assert.Matches($$"""^\{"position":3,"recordedAt":"{{Time}}","eventsBehind":0,"secondsBehind":0,"copied":3\}$""", output.Written[1]);
        Assert.Matches($$"""^\{"position":5,"recordedAt":"{{Time}}","eventsBehind":0,"secondsBehind":0,"copied":5\}$""", output.Written[^1]);

        RefusedWith(await Tool.RunAsync("follow", "--promote", "--store", Backup, "--json"), "promotion", "is open for writing");
        await store.DisposeAsync();
        var promoted = await Tool.RunAsync("follow", "--promote", "--store", Backup);
        Assert.Matches($@"^{Backup} is the store of the log [-0-9a-f]+, epoch 1, with 5 events, and takes appends\.\n$", promoted.Out);
        RefusedWith(await Tool.RunAsync("follow", "--promote", "--store", Backup, "--json"), "promotion", "holds no replica");
    }

    [Fact]
    public async Task A_follower_tells_people_where_it_stands()
    {
        await FillAsync(3);
        var output = new RunningTool();

        var following = output.RunAsync("follow", scratch.Store, "--store", Backup);
        await output.LinesAsync(2);
        output.Stop();

        Assert.Equal(0, await following);
        Assert.Equal(["#0  3 events behind", "#3  up to date", "Stopped at position 3, up to date."], output.Written);
    }

    [Fact]
    public async Task A_follower_copies_the_seals_that_are_made_meanwhile_and_tells_what_keeps_it_from_that()
    {
        await FillAsync(3);
        var (time, key) = (new FakeTimeProvider(), scratch.At("log.key"));
        var output = new RunningTool { Time = time };
        Assert.Equal(0, (await Tool.RunAsync("seal", "--store", scratch.Store, "--new-key", key)).ExitCode);

        var following = output.RunAsync("follow", scratch.Store, "--store", Backup, "--json");
        await output.LinesAsync(2);
        Assert.Equal(0, (await Tool.RunAsync("seal", "--store", scratch.Store, "--key", key)).ExitCode);
        await FiredUntilAsync(async () => (await SegmentSeals.ReadAsync(Backup, Cancellation)).Seals.Count == 1);
        await File.AppendAllTextAsync(Path.Combine(scratch.Store, "SEALS"), "no\n\nseal\n\n", Cancellation);
        await FiredUntilAsync(() => Task.FromResult(output.Error.ToString().Contains("\"kind\":\"damaged\"", StringComparison.Ordinal)));
        await FillAsync(1);
        await ReachedAsync(4);
        File.Copy(Path.Combine(Backup, "SEALS"), Path.Combine(scratch.Store, "SEALS"), overwrite: true);
        output.Stop();

        Assert.Equal(0, await following);
        Assert.Single(output.Error.ToString().TrimEnd().Split('\n'));

        async Task FiredUntilAsync(Func<Task<bool>> isSo)
        {
            while (!await isSo())
            {
                time.Advance(TimeSpan.FromSeconds(10));
                await Task.Yield();
                Cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    [Fact]
    public async Task A_log_of_its_own_needs_a_key_of_its_own_to_which_the_old_one_can_hand_over()
    {
        await FillAsync(3);
        await BackUpAsync();
        var (own, key, next) = (scratch.At("own"), scratch.At("log.key"), scratch.At("own.key"));
        Assert.Equal(0, (await Tool.RunAsync("seal", "--store", scratch.Store, "--new-key", key)).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync("restore", Backup, "--store", own, "--new-epoch")).ExitCode);
        await FillAsync(1, scratch.At("other"));

        var refused = await Tool.RunAsync("seal", "--store", own, "--key", key, "--json");
        var foreign = await Tool.RunAsync("seal", "--store", scratch.At("other"), "--key", key, "--json");
        Assert.Equal(0, (await Tool.RunAsync("seal", "--store", own, "--new-key", next)).ExitCode);
        var backwards = await Tool.RunAsync("seal", "--store", own, "--key", next, "--rotate-to", key, "--json");
        var rotated = await Tool.RunAsync("seal", "--store", own, "--key", key, "--rotate-to", next);
        var seal = await Tool.RunAsync("seal", "--store", own, "--key", next, "--out", scratch.At("seal"));
        var check = await Tool.RunAsync("check", scratch.At("seal"), "--key", key + ".pub", "--seals", Path.Combine(own, "SEALS"));

        RefusedWith(refused, "usage", "/1, and this log is clew/", "/2, which needs a key of its own", "--new-key", "--rotate-to");
        RefusedWith(foreign, "usage", "is the one of another log", "--new-key");
        RefusedWith(backwards, "usage", "needs a key of its own");
        Assert.True((rotated.ExitCode, seal.ExitCode, check.ExitCode) == (0, 0, 0), rotated.Error + seal.Error + check.Out + check.Error);
    }

    [Fact]
    public async Task A_promotion_to_a_log_of_its_own_asks_nobody()
    {
        await using var store = await SegmentEventStore.OpenAsync(scratch.Store, null, Cancellation);
        await AppendAsync(store, 3);
        await BackUpAsync();

        var run = await Tool.RunAsync("follow", "--promote", "--new-epoch", "--store", Backup, "--json");

        Assert.Matches($$"""^\{"logId":"[-0-9a-f]+","epoch":2,"position":3,"recordedAt":"{{Time}}"\}\n$""", run.Out);
        RefusedWith(await Tool.RunAsync("follow", scratch.Store, "--store", Backup, "--json"), "other-log", "is a store of its own");
    }

    [Fact]
    public async Task A_follower_whose_source_is_taken_away_says_so_and_ends_with_2()
    {
        await FillAsync(3);
        var output = new RunningTool();

        var following = output.RunAsync("follow", scratch.Store, "--store", Backup, "--json");
        await output.LinesAsync(2);
        Directory.Delete(scratch.Store, recursive: true);

        Assert.Equal(2, await following);
        Assert.Contains($"The store in {scratch.Store} is gone", output.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("follow takes the folder of a store to follow, or --promote", "--store", "x")]
    [InlineData("follow takes the folder of a store to follow, or --promote", "", "--store", "x")]
    [InlineData("follow takes the folder of a store to follow, or --promote", "source", "--promote", "--store", "x")]
    [InlineData("--new-epoch goes with --promote", "source", "--new-epoch", "--store", "x")]
    [InlineData("There is no /", "missing", "--store", "x")]
    [InlineData("There is no /", "--promote", "--store", "x")]
    public async Task What_follow_is_not_told_rightly_is_refused(string why, params string[] arguments)
    {
        var run = await Tool.RunAsync(["follow", .. arguments[..^1], scratch.At(arguments[^1]), "--json"]);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.At("x")));
    }

    private static void RefusedWith(Tool run, string kind, params string[] hints)
    {
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        using var error = JsonDocument.Parse(run.Error);
        var message = error.RootElement.GetProperty("error").GetString()!;
        Assert.All(hints, hint => Assert.Contains(hint, message, StringComparison.Ordinal));
        Assert.Equal(kind, error.RootElement.GetProperty("kind").GetString());
    }

    private static string[] Names(params string[] folders) => [.. folders.SelectMany(Directory.GetFiles).Order(StringComparer.Ordinal)];

    private static async Task AppendAsync(SegmentEventStore store, int events)
    {
        for (var number = 0; number < events; number++)
            Assert.IsType<AppendResult.Appended>(await store.AppendAsync(new EventData("s", "t", "1"u8.ToArray())));
    }

    private async Task FillAsync(int events, string? folder = null)
    {
        await using var store = await SegmentEventStore.OpenAsync(folder ?? scratch.Store, null, Cancellation);
        await AppendAsync(store, events);
    }

    private async Task BackUpAsync() => Assert.Equal(0, (await Tool.RunAsync("backup", "--store", scratch.Store, "--to", Backup)).ExitCode);

    // The same log with another end, as if it had been restored from before and gone on.
    private async Task ReplaceAsync(int from)
    {
        var shorter = scratch.At("shorter");
        await using (var reader = await SegmentEventReader.OpenAsync(Backup, null, Cancellation))
        await using (var replica = await SegmentReplica.OpenAsync(shorter, (await reader.HeadAsync(Cancellation)).Lineage, cancellation: Cancellation))
            await replica.ReplicateAsync(await reader.ReadEventsAsync(ReadRequest.All with { Limit = from - 1 }, Cancellation).ToListAsync(Cancellation), Cancellation);
        await SegmentReplica.PromoteAsync(shorter, Promotion.SameLog, cancellation: Cancellation);
        await FillAsync(4, shorter);
        Directory.Delete(scratch.Store, recursive: true);
        Directory.Move(shorter, scratch.Store);
    }

    private async Task ReachedAsync(long position)
    {
        await using var reader = await SegmentEventReader.OpenAsync(Backup, null, Cancellation);
        await foreach (var page in reader.SubscribeAsync(new(EventFilter.All), Cancellation))
        {
            if (page.ReadTo.Value >= position)
                return;
        }
    }
}
