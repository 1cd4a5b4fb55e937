using Clew.Bench;
using Clew.Bench.Measuring;
using Clew.Bench.Scenarios;

if (args is [ChildProcess.Command, ..])
    return await ChildProcess.RunAsync(args[1..]);

if (BenchOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

if (options.Command == "micro")
{
    Micro.Run();
    return 0;
}

var scenarios = new Dictionary<string, Func<BenchOptions, Report, Task>>
{
    ["append"] = AppendScenario.RunAsync,
    ["read"] = ReadScenario.RunAsync,
    ["open"] = OpenScenario.RunAsync,
    ["dcb"] = DcbScenario.RunAsync,
    ["integrity"] = IntegrityScenario.RunAsync,
    ["backup"] = BackupScenario.RunAsync,
    ["cold"] = ColdScenario.RunAsync,
};
string[] chosen = options.Command == "all" ? ["append", "read", "open"] : [options.Command];

Directory.CreateDirectory(options.Directory);
try
{
    var report = new Report(Console.Out);
    foreach (var name in chosen)
        await scenarios[name](options, report);

    if (options.JsonFile is { } file)
        report.WriteJson(file);
}
finally
{
    Directory.Delete(options.Directory, recursive: true);
}

return 0;
