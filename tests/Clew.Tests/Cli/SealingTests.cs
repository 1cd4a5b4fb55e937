using System.Text.RegularExpressions;
using Clew.Store.Segments;

namespace Clew.Tests.Cli;

public sealed class SealingTests
{
    [Fact]
    public async Task A_proof_is_checked_by_the_public_key_alone()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 7);
        var key = await KeyAsync(scratch);
        await RunAsync("seal", "--store", scratch.Store, "--key", key);

        var proof = scratch.File("p.tlog-proof", (await RunAsync("prove", "3", "--store", scratch.Store)).Out);
        var check = await RunAsync("check", proof, "--key", key + ".pub");
        var json = await RunAsync("check", proof, "--key", key + ".pub", "--json");

        Assert.Matches(@"^Valid: event 3 is in the log clew/[0-9a-f]{32}/1, sealed at 7 events by the key clew/[0-9a-f]{32}/1 \([0-9a-f]{8}\)\.\n#3 .* s v3  t\n    3\n$", check.Out);
        Assert.Contains("\"valid\":true", json.Out, StringComparison.Ordinal);
        Assert.Contains("\"position\":3,", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proof_may_keep_the_content_back()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 3);
        var key = await KeyAsync(scratch);
        await RunAsync("seal", "--store", scratch.Store, "--key", key);

        await RunAsync("prove", "2", "--store", scratch.Store, "--without-content", "--out", scratch.At("p"));
        var check = await RunAsync("check", scratch.At("p"), "--key", key + ".pub");

        Assert.EndsWith("    (erased)\n", check.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_a_log_only_grew_is_proved_between_two_seals()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 5);
        var key = await KeyAsync(scratch);
        await RunAsync("seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("older"));
        await FillAsync(scratch, 4);
        await RunAsync("seal", "--store", scratch.Store, "--key", key);

        var proof = scratch.File("grew", (await RunAsync("prove", "--since", scratch.At("older"), "--store", scratch.Store)).Out);
        var check = await RunAsync("check", proof, "--key", key + ".pub");

        Assert.StartsWith("Valid: since it had 5 events, nothing but growth happened to the log clew/", check.Out, StringComparison.Ordinal);
        Assert.Contains("sealed at 9 events", check.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sealing_again_where_nothing_came_gives_the_same_seal()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 2);
        var key = await KeyAsync(scratch);

        var first = await RunAsync("seal", "--store", scratch.Store, "--key", key);
        var again = await RunAsync("seal", "--store", scratch.Store, "--key", key);
        var list = await RunAsync("seal", "--store", scratch.Store, "--list", "--json");

        Assert.Equal(first.Out, again.Out);
        Assert.Single(list.Lines);
    }

    [Fact]
    public async Task A_seal_is_made_while_an_application_has_the_store_open()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 2);
        var key = await KeyAsync(scratch);
        await using var application = await SegmentEventStore.OpenAsync(scratch.Store, cancellation: TestContext.Current.CancellationToken);

        var seal = await RunAsync("seal", "--store", scratch.Store, "--key", key);

        Assert.Equal("2", seal.Lines[1]);
    }

    [Fact]
    public async Task A_key_that_handed_over_seals_no_more_and_leads_to_the_one_that_does()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 3);
        var old = await KeyAsync(scratch);
        var next = await KeyAsync(scratch, "next.key");
        await RunAsync("seal", "--store", scratch.Store, "--key", old, "--rotate-to", next);
        await FillAsync(scratch, 2);

        var refused = await Tool.RunAsync("seal", "--store", scratch.Store, "--key", old);
        await RunAsync("seal", "--store", scratch.Store, "--key", next, "--out", scratch.At("seal"));
        var byOld = await Tool.RunAsync("check", scratch.At("seal"), "--key", old + ".pub");
        var bySeals = await RunAsync("check", scratch.At("seal"), "--key", old + ".pub", "--seals", Path.Combine(scratch.Store, "SEALS"));

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("handed over to another one", refused.Error, StringComparison.Ordinal);
        Assert.Equal((1, "NOT VALID: None of the keys given has signed the seal"), (byOld.ExitCode, byOld.Out[..53]));
        Assert.StartsWith("Valid: this is a seal of the log", bySeals.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_that_was_made_anew_is_found_by_a_seal_and_by_a_copy_and_is_not_sealed()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 5);
        var key = await KeyAsync(scratch);
        await RunAsync("seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("seal"));
        CopyTo(scratch.Store, scratch.At("copy"));

        // Another history of the same log: what the fifth event said is another thing now, and all else is made for it.
        Directory.Delete(scratch.Store, recursive: true);
        CopyTo(scratch.At("copy"), scratch.Store);
        foreach (var file in Directory.EnumerateFiles(scratch.Store).Where(path => Path.GetFileName(path) is not ("STORE" or "SEALS")))
            File.Delete(file);
        await FillAsync(scratch, 5);

        var alone = await RunAsync("verify", "--store", scratch.Store);
        var bySeal = await Tool.RunAsync("verify", "--store", scratch.Store, "--seal", scratch.At("seal"), "--key", key + ".pub");
        var byCopy = await Tool.RunAsync("verify", "--store", scratch.Store, "--against", scratch.At("copy"));
        var json = await Tool.RunAsync("verify", "--store", scratch.Store, "--seal", scratch.At("seal"), "--against", scratch.At("copy"), "--json");
        var sealing = await Tool.RunAsync("seal", "--store", scratch.Store, "--key", key);

        Assert.Contains("Everything is as it was written.", alone.Out, StringComparison.Ordinal);
        Assert.Equal(1, bySeal.ExitCode);
        Assert.Contains("Seal of 5 events: DIFFERS", bySeal.Out, StringComparison.Ordinal);
        Assert.Contains("HISTORY CHANGED: up to position 0 it is as sealed; the first event that is not lies at one of the positions 1 to 5.", bySeal.Out, StringComparison.Ordinal);
        Assert.Equal(1, byCopy.ExitCode);
        Assert.Contains("HISTORY CHANGED: position 1 is the first that differs from the copy.", byCopy.Out, StringComparison.Ordinal);
        Assert.Contains("\"changedAfter\":0,\"changedUpTo\":5,\"treeDifference\":null,\"comparedTo\":5,\"firstDifference\":1}", json.Out, StringComparison.Ordinal);
        Assert.Equal(1, sealing.ExitCode);
        Assert.Contains("does not continue its last seal", sealing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_that_is_gone_is_found_by_a_seal()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 3);
        CopyTo(scratch.Store, scratch.At("shorter"));
        await FillAsync(scratch, 3);
        var key = await KeyAsync(scratch);
        await RunAsync("seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("seal"));

        var found = await Tool.RunAsync("verify", "--store", scratch.At("shorter"), "--seal", scratch.At("seal"));

        Assert.Equal(1, found.ExitCode);
        Assert.Contains("Seal of 6 events: GONE, the log has only 3 sound ones.", found.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_proof_no_seal_and_no_key_is_named()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 4);
        var key = await KeyAsync(scratch);
        await RunAsync("seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("seal"));
        var proof = (await RunAsync("prove", "2", "--store", scratch.Store)).Out;
        var oneTooMany = scratch.File("long", Regex.Replace(proof, @"(index \d+\n)(.*\n)", "$1$2$2"));
        var oneTooFew = scratch.File("short", Regex.Replace(proof, @"(index \d+\n)(.*\n)", "$1"));
        var cut = scratch.File("cut", File.ReadAllText(scratch.At("seal"))[..^10]);

        await RefusedAsync(1, "NOT VALID: The proof has 3 hashes, and for position 2 of 4 it needs 2: some are too many.", "check", oneTooMany, "--key", key + ".pub");
        await RefusedAsync(1, "NOT VALID: The proof has 1 hashes", "check", oneTooFew, "--key", key + ".pub");
        await RefusedAsync(2, "ends in the middle of a signature line", "check", cut, "--key", key + ".pub");
        await RefusedAsync(2, "There is no file", "check", scratch.At("nothing"), "--key", key + ".pub");
        await RefusedAsync(2, "is a private key", "check", scratch.At("seal"), "--key", key);
        await RefusedAsync(2, "is no public key", "check", scratch.At("seal"), "--key", scratch.At("seal"));
        await RefusedAsync(2, "ends in the middle", "verify", "--store", scratch.Store, "--seal", cut);
        await RefusedAsync(1, "The log ends at position 4", "prove", "5", "--store", scratch.Store);
        await RefusedAsync(2, "POSITION takes a whole number from 1", "prove", "0", "--store", scratch.Store);
        await RefusedAsync(2, "takes the position of an event, or --since", "prove", "--store", scratch.Store);
        await RefusedAsync(2, "does one thing at a time", "seal", "--store", scratch.Store);
        await RefusedAsync(2, "is there already", "seal", "--store", scratch.Store, "--new-key", key);
        await RefusedAsync(2, "is there already", "seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("seal"));
        await RefusedAsync(2, "There is no key file", "seal", "--store", scratch.Store, "--key", scratch.At("other"));
    }

    [Fact]
    public async Task A_key_that_others_may_read_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such rights.");
        using var scratch = new Scratch();
        await FillAsync(scratch, 1);
        var key = await KeyAsync(scratch);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        }

        await RefusedAsync(2, $"chmod 600 {key}", "seal", "--store", scratch.Store, "--key", key);
    }

    [Fact]
    public async Task A_seal_of_another_log_is_refused_by_whatever_is_given_it()
    {
        using var scratch = new Scratch();
        await FillAsync(scratch, 2);
        var key = await KeyAsync(scratch);
        await RunAsync("seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("seal"));
        await RunAsync("append", "--store", scratch.At("other"), "--stream", "s", "--type", "t", "--data", "1");
        await RunAsync("append", "--store", scratch.At("other"), "--stream", "s", "--type", "t", "--data", "1");

        await RefusedAsync(2, "is a seal of another log", "verify", "--store", scratch.At("other"), "--seal", scratch.At("seal"));
        await RefusedAsync(2, "is a seal of another log", "prove", "1", "--store", scratch.At("other"), "--seal", scratch.At("seal"));
        await RefusedAsync(1, "keeps no seal with the text", "seal", "--store", scratch.At("other"), "--add", scratch.At("seal"));
        await RefusedAsync(1, "was asked for", "check", scratch.At("seal"), "--key", key + ".pub", "--log", "clew/0/1");
        await RefusedAsync(2, "only copies of one log can be compared", "verify", "--store", scratch.Store, "--against", scratch.At("other"));
    }

    private static async Task RefusedAsync(int code, string why, params string[] arguments)
    {
        var run = await Tool.RunAsync(arguments);
        Assert.Contains(why, run.Out + run.Error, StringComparison.Ordinal);
        Assert.Equal(code, run.ExitCode);
    }

    private static async Task<Tool> RunAsync(params string[] arguments)
    {
        var run = await Tool.RunAsync(arguments);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        return run;
    }

    private static async Task FillAsync(Scratch scratch, int events)
    {
        for (var number = 1; number <= events; number++)
            await RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", $"{number}");
    }

    private static async Task<string> KeyAsync(Scratch scratch, string name = "log.key")
    {
        await RunAsync("seal", "--store", scratch.Store, "--new-key", scratch.At(name));
        return scratch.At(name);
    }

    private static void CopyTo(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var path in Directory.EnumerateFiles(from))
            File.Copy(path, Path.Combine(to, Path.GetFileName(path)));
    }
}
