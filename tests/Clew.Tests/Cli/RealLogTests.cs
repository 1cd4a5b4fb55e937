using Clew.Cli.Import;
using Clew.Events;

namespace Clew.Tests.Cli;

public sealed class RealLogTests
{
    [RealLogFact("bpic2012.xes.gz")]
    public void The_loan_log_has_262200_events_in_13087_streams()
    {
        using var file = ImportFile.Open(RealLogFactAttribute.PathOf("bpic2012.xes.gz"), TestContext.Current.CancellationToken);
        var streams = new HashSet<StreamName>();
        var events = 0;
        foreach (var (data, _, _, _) in XesSource.Read(file.Content))
        {
            events++;
            streams.Add(data.Stream);
        }

        Assert.Equal((262_200, 13_087), (events, streams.Count));
        Assert.Contains("case-173688", streams);
    }

    [RealLogFact("receipt.xes.gz")]
    public async Task The_permit_log_is_imported_once_however_often_it_is_imported()
    {
        var path = RealLogFactAttribute.PathOf("receipt.xes.gz");
        using var scratch = new Scratch();

        var first = await Tool.RunAsync("import", path, "--store", scratch.Store, "--json");
        var second = await Tool.RunAsync("import", path, "--store", scratch.Store, "--json");

        Assert.Equal("""{"format":"xes","imported":8577,"alreadyThere":0,"streams":1434}""", first.Out.Trim());
        Assert.Equal("""{"format":"xes","imported":0,"alreadyThere":8577,"streams":1434}""", second.Out.Trim());
        Assert.Equal(1434, (await Tool.RunAsync("streams", "--store", scratch.Store, "--json")).Lines.Length);
    }

    [RealLogFact("agent-runs.jsonl.gz")]
    public async Task The_agent_runs_become_a_stream_each()
    {
        var path = RealLogFactAttribute.PathOf("agent-runs.jsonl.gz");
        using var scratch = new Scratch();

        var import = await Tool.RunAsync("import", path, "--store", scratch.Store, "--json");

        // 100 runs started and finished, 100 system, 757 user and 699 assistant messages, 572 tools called and returned.
        Assert.Equal("""{"format":"agent-runs","imported":2900,"alreadyThere":0,"streams":100}""", import.Out.Trim());
        var called = await Tool.RunAsync("read", "--store", scratch.Store, "--type", "tool-called", "--json");
        Assert.Equal(572, called.Lines.Length);
    }
}
