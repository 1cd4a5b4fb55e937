using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Clew.Store;

namespace Clew.Sweep.Commands;

/// <summary>Kills the writer at its n-th system call of each kind, and lets its writes and syncs fail one after the other.</summary>
internal sealed class StraceSweep(int count, int step, string durability) : IDisposable
{
    /// <summary>Calls by which a store changes what is on a disk.</summary>
    public static readonly IReadOnlyList<string> Calls =
        ["pwrite64", "pwritev", "fdatasync", "fsync", "rename", "unlink", "ftruncate", "fallocate"];

    public static readonly IReadOnlyList<string> Failing = ["fdatasync", "fsync", "pwrite64"];

    private readonly TemporaryFolder temporary = new();

    public static int Run(Arguments arguments)
    {
        if (WhyNot() is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 2;
        }

        using var sweep = new StraceSweep(
            arguments.Number("--count", 120), arguments.Number("--step", 1), arguments.Text("--durability") ?? "flushed");
        foreach (var call in Calls)
            Console.WriteLine(sweep.KillAsync(call).GetAwaiter().GetResult());
        foreach (var call in Failing)
        {
            Console.WriteLine(sweep.FailAsync(call, "EIO").GetAwaiter().GetResult());
            Console.WriteLine(sweep.FailAsync(call, "ENOSPC").GetAwaiter().GetResult());
        }

        return 0;
    }

    /// <returns>Why it cannot be done here; none where it can.</returns>
    public static string? WhyNot()
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("strace", ["-f", "-o", "/dev/null", "-e", "trace=none", "true"])
            {
                RedirectStandardError = true,
            })!;
            var errors = probe.StandardError.ReadToEnd();
            probe.WaitForExit();
            return probe.ExitCode == 0 ? null : $"strace may not trace here: {errors.Trim()}";
        }
        catch (Win32Exception)
        {
            return "strace is not installed";
        }
    }

    public async Task<string> KillAsync(string call)
    {
        var (points, acks) = (0, 0);
        for (var at = 1; ; at += step)
        {
            var outcome = Start(call, $"signal=KILL:when={at}");
            await CheckAsync(outcome.Store, $"killed at {call} number {at}");
            if (outcome.Exit == 0)
                return $"kill at {call,-10} {points,5} points, {acks,7:N0} acknowledged, none lost";
            points++;
            acks += outcome.Store.Acks;
        }
    }

    public async Task<string> FailAsync(string call, string error)
    {
        var (points, acks, told) = (0, 0, 0);
        for (var at = 1; ; at += step)
        {
            var where = $"{error} from {call} number {at}";
            var outcome = Start(call, $"error={error}:when={at}");
            if (!outcome.WasInjected)
                return $"{error,-6} from {call,-10} {points,5} points, {told} told by an append, the others when opening or closing; {acks,7:N0} acknowledged, none lost";

            told += IsTold(outcome, where) ? 1 : 0;
            await CheckAsync(outcome.Store, where);
            points++;
            acks += outcome.Store.Acks;
        }
    }

    public void Dispose() => temporary.Dispose();

    private Outcome Start(string call, string injection)
    {
        var store = new ChildStore(temporary.Fresh("store"), ChildCommand.OptionsOf(new Arguments(["--durability", durability])));
        var log = Path.Combine(temporary.Path, "strace");
        using var child = ChildProcess.Start(
            ["strace", "-f", "-qq", "-o", log, "-e", $"trace={call}", "-e", $"inject={call}:{injection}"],
            store.Folder, "--durability", durability, "--count", count.ToString(CultureInfo.InvariantCulture));
        var exit = child.Wait();
        store.Take(child);
        return new(exit, store, child.Lines, child.Errors, File.ReadAllText(log).Contains("(INJECTED)", StringComparison.Ordinal));
    }

    // A failed flush must be known: to an append, or else to who opened or closed. After it nothing is acknowledged any more.
    private static bool IsTold(Outcome outcome, string where)
    {
        var lines = outcome.Lines;
        var failed = Enumerable.Range(0, lines.Count)
            .FirstOrDefault(line => lines[line].Contains(nameof(StoreFailedException), StringComparison.Ordinal), -1);
        if (failed >= 0 && lines.Skip(failed).Any(line => line.StartsWith("ack", StringComparison.Ordinal)))
            throw new InvalidOperationException($"{where}: an append was acknowledged after the store had failed");
        if (outcome.Exit != 0 && !outcome.Errors.Contains("Clew.Store.Store", StringComparison.Ordinal))
            throw new InvalidOperationException($"{where}: the child ended with {outcome.Exit}\n{outcome.Errors}");

        return lines.Any(line => line.StartsWith("failed", StringComparison.Ordinal));
    }

    private static async Task CheckAsync(ChildStore store, string where)
    {
        try
        {
            await store.CheckAsync();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{where}: {exception.Message}", exception);
        }
    }

    private sealed record Outcome(int Exit, ChildStore Store, IReadOnlyList<string> Lines, string Errors, bool WasInjected);
}
