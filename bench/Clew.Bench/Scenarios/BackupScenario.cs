using System.Diagnostics;
using Clew.Bench.Measuring;
using Clew.Bench.Peers;
using Clew.Store.Segments;

namespace Clew.Bench.Scenarios;

/// <summary>A backup into an empty folder beside <c>cp -r</c> of the same files, each until all of it is on the device; and one of what is new since.</summary>
internal static class BackupScenario
{
    private const string Copy = "cp -r";

    /// <summary>What comes between two backups, of the events there are.</summary>
    private const int NewShare = 100;

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        var events = options.Events ?? 1_000_000;
        var source = options.Folder("backup-source");
        var subject = Subject.Of(PeerNames.Clew, source, await ClewPeer.OpenAsync(source));
        await subject.LoadAsync(events);
        await subject.DisposeAsync();

        var (copy, backup) = (Path.Combine(options.Directory, "backup-cp"), Path.Combine(options.Directory, "backup-clew"));
        var rounds = await Rounds.RunAsync(options.Rounds, [
            new(PeerNames.Clew, () => MeasureAsync(backup, () => ChildProcess.BackUpAsync(source, backup))),
            new(Copy, () => MeasureAsync(copy, () => RunAsync("cp", "-r", source, copy))),
        ]);
        if (await SegmentStoreVerification.RunAsync(backup) is not { IsSound: true } sound || sound.Events != events)
            throw new InvalidOperationException("The backup is not sound.");
        var name = $"backup: {events:N0} events, {new DirectoryInfo(source).EnumerateFiles().Sum(file => file.Length) / 1e6:N0} MB of files, into an empty folder";
        report.Add(name, "copies", rounds, new Aim(name, "speed ÷ cp -r's", rounds.Ratio(Copy, PeerNames.Clew, sample => sample.P50), 0.7));

        await subject.ReopenAsync();
        await subject.LoadAsync(events / NewShare);
        await subject.DisposeAsync();
        var clock = Stopwatch.StartNew();
        await ChildProcess.BackUpAsync(source, backup);
        report.Note($"\n{events / NewShare:N0} events more: {clock.Elapsed.TotalSeconds:N2} s");
    }

    private static async Task<Sample> MeasureAsync(string target, Func<Task> copy)
    {
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        await RunAsync("sync");
        var clock = Stopwatch.StartNew();
        await copy();
        await RunAsync("sync", "-f", target);
        var took = clock.Elapsed.TotalMicroseconds;
        return new(1e6 / took, took, took);
    }

    private static async Task RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(program, args);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} failed.");
    }
}
