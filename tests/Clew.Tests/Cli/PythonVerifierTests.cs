using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Tests.House;

namespace Clew.Tests.Cli;

/// <summary>The verifier in <c>samples/verifier</c>, which was written from the documentation alone, on what this tool gives out.</summary>
public sealed class PythonVerifierTests
{
    private static readonly string Verifier = Repository.PathOf("samples/verifier");

    [Fact]
    public async Task Its_own_tests_pass()
    {
        var (code, _, said) = await PythonAsync("-m", "unittest", "test_clew_verify");

        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task It_agrees_with_this_tool_on_proofs_seals_and_a_whole_log_also_after_an_erasure()
    {
        using var scratch = new Scratch();
        for (var number = 1; number <= 9; number++)
            await RunAsync("append", "--store", scratch.Store, "--stream", $"order {number % 3}", "--type", "placed", "--tag", "customer:Zoë", "--data", $"{number}");
        var key = scratch.At("log.key");
        await RunAsync("seal", "--store", scratch.Store, "--new-key", key);
        await RunAsync("seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("older"));
        await RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1");
        await RunAsync("erase", "--store", scratch.Store, "--position", "2", "--reason", "by mistake", "--by", "ann", "--yes");
        await RunAsync("seal", "--store", scratch.Store, "--key", key, "--out", scratch.At("newer"));
        await RunAsync("prove", "5", "--store", scratch.Store, "--out", scratch.At("proof"));
        await RunAsync("prove", "2", "--store", scratch.Store, "--out", scratch.At("erased"));
        await RunAsync("prove", "--since", scratch.At("older"), "--store", scratch.Store, "--out", scratch.At("grew"));

        await AgreesAsync("proof", scratch.At("proof"), "--key", key + ".pub", "--seal", scratch.At("newer"));
        await AgreesAsync("proof", scratch.At("erased"), "--key", key + ".pub");
        await AgreesAsync("proof", scratch.At("grew"), "--key", key + ".pub");
        await AgreesAsync("seal", Path.Combine(scratch.Store, "SEALS"), "--key", key + ".pub");
        var log = await AgreesAsync("log", scratch.Store, "--seal", scratch.At("older"), "--seal", scratch.At("newer"), "--key", key + ".pub");

        var verify = await RunAsync("verify", "--store", scratch.Store, "--json");
        var root = System.Text.Json.JsonDocument.Parse(verify.Out).RootElement.GetProperty("root").GetString()!;
        Assert.Contains(root, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_finds_what_this_tool_finds()
    {
        using var scratch = new Scratch();
        await RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", "1");
        var key = scratch.At("log.key");
        await RunAsync("seal", "--store", scratch.Store, "--new-key", key);
        await RunAsync("seal", "--store", scratch.Store, "--key", key);
        var proof = (await RunAsync("prove", "1", "--store", scratch.Store)).Out;
        var forged = scratch.File("forged", proof.Replace("index 0", "index 1", StringComparison.Ordinal));

        var (code, said, _) = await PythonAsync("clew_verify.py", "proof", forged, "--key", key + ".pub");

        Assert.Equal(1, code);
        Assert.NotEqual("", said);
        Assert.Equal(1, (await Tool.RunAsync("check", forged, "--key", key + ".pub")).ExitCode);
    }

    [Fact]
    public async Task It_reads_an_erasure_that_was_cut_short_as_this_tool_does()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var scratch = new Scratch();
        var secret = "\"a secret that must go, and is longer than its digest\""u8.ToArray();
        for (var number = 1; number <= 4; number++)
            await RunAsync("append", "--store", scratch.Store, "--stream", "s", "--type", "t", "--data", number == 2 ? Encoding.UTF8.GetString(secret) : "1");
        var segment = Directory.GetFiles(scratch.Store, "*.seg").Single();
        var start = (await File.ReadAllBytesAsync(segment, cancellation)).AsSpan().IndexOf(secret);
        await RunAsync("erase", "--store", scratch.Store, "--position", "2", "--reason", "by mistake", "--by", "ann", "--yes");
        var whole = await VerifiedAsync();

        // As a crash leaves it: the end of the content is still there, and so is the journal.
        ErasureJournal journal;
        await using (var reader = await SegmentEventReader.OpenAsync(scratch.Store, cancellation: cancellation))
        {
            var record = await reader.ReadEventsAsync(ReadRequest.Stream(EraseRequest.RecordStream), cancellation).SingleAsync(cancellation);
            journal = new((await reader.HeadAsync(cancellation)).Lineage.LogId, record.Id, ErasureRecord.Read(record)!);
        }

        var bytes = await File.ReadAllBytesAsync(segment, cancellation);
        secret[20..].CopyTo(bytes, start + 20);
        await File.WriteAllBytesAsync(segment, bytes, cancellation);
        var without = await PythonAsync("clew_verify.py", "log", scratch.Store);
        await File.WriteAllBytesAsync(Path.Combine(scratch.Store, ErasureJournal.FileName), journal.ToBytes(), cancellation);

        var log = await AgreesAsync("log", scratch.Store);
        Assert.Equal(1, without.Code);
        Assert.Contains("1 of them are half overwritten", log, StringComparison.Ordinal);
        Assert.Contains("5, of which 1 are erased", log, StringComparison.Ordinal);
        Assert.Contains(whole, log, StringComparison.Ordinal);
        Assert.Equal(whole, await VerifiedAsync());

        async Task<string> VerifiedAsync()
        {
            var verify = await RunAsync("verify", "--store", scratch.Store, "--json");
            return System.Text.Json.JsonDocument.Parse(verify.Out).RootElement.GetProperty("root").GetString()!;
        }
    }

    private static async Task<string> AgreesAsync(params string[] arguments)
    {
        var (code, said, error) = await PythonAsync(["clew_verify.py", .. arguments]);
        Assert.True(code == 0, said + error);
        return said;
    }

    private static async Task<Tool> RunAsync(params string[] arguments)
    {
        var run = await Tool.RunAsync(arguments);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        return run;
    }

    private static async Task<(int Code, string Out, string Error)> PythonAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Verifier };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        try
        {
            using var python = Process.Start(start)!;
            var error = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var said = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await python.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (python.ExitCode, said, await error);
        }
        catch (Win32Exception)
        {
            Assert.Skip("python3 is not installed.");
            throw;
        }
    }
}
