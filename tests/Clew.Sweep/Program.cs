using Clew.Sweep.Commands;

var commands = new Dictionary<string, Func<Arguments, int>>
{
    ["simulate"] = SimulateCommand.Run,
    ["replay"] = SimulateCommand.Replay,
    ["child"] = ChildCommand.Run,
    ["kill"] = KillSweep.Run,
    ["strace"] = StraceSweep.Run,
    ["truncate"] = TruncateSweep.Run,
    ["flip"] = FlipSweep.Run,
    ["tamper"] = TamperSweep.Run,
    ["directed"] = DirectedCommand.Run,
    ["full"] = FullDiskSweep.Run,
    ["mutants"] = MutantsCommand.Run,
};

if (args.Length > 0 && commands.TryGetValue(args[0], out var command))
    return command(new Arguments(args[1..]));

Console.Error.WriteLine($"usage: Clew.Sweep {string.Join("|", commands.Keys)} [options]");
return 2;
