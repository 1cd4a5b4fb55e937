using System.Diagnostics;
using System.Globalization;
using Clew.Bench.Peers;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Bench.Scenarios;

/// <summary>What has to happen in a process of its own: the first opening in one, and being killed.</summary>
internal static class ChildProcess
{
    public const string Command = "child";

    private const string Ready = "ready";

    public static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case ["open", var peer, var folder, var stream]:
                var start = Stopwatch.GetTimestamp();
                var events = await OpenAndReadAsync(peer, folder, stream);
                var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{took} {events}"));
                return 0;
            case ["backup", var from, var to]:
                await CopyAsync(from, to);
                return 0;
            case ["append", var peer, var folder]:
                await AppendForEverAsync(peer, folder);
                return 1;
            default:
                return 2;
        }
    }

    /// <returns>Milliseconds from before the store is opened until the stream is read, and how many events it had.</returns>
    public static async Task<(double Milliseconds, int Events)> OpenAsync(string peer, string folder, string stream)
    {
        using var child = Start("open", peer, folder, stream);
        var words = (await child.StandardOutput.ReadToEndAsync()).Split(' ');
        await child.WaitForExitAsync();
        return (double.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Lets a process append to the store for a while, and kills it.</summary>
    public static async Task AppendAndKillAsync(string peer, string folder, TimeSpan time)
    {
        using var child = Start("append", peer, folder);
        if (await child.StandardOutput.ReadLineAsync() != Ready)
            throw new InvalidOperationException("The process that was to be killed did not come up.");
        await Task.Delay(time);
        child.Kill();
        await child.WaitForExitAsync();
    }

    /// <summary>Replicates a store in a process of its own.</summary>
    public static async Task BackUpAsync(string from, string to)
    {
        using var child = Start("backup", from, to);
        await child.WaitForExitAsync();
        if (child.ExitCode != 0)
            throw new InvalidOperationException("The backup failed.");
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Command, .. args]) { RedirectStandardOutput = true };
        return Process.Start(start) ?? throw new InvalidOperationException("No process was started.");
    }

    private static async Task<long> OpenAndReadAsync(string peer, string folder, string stream)
    {
        if (peer == PeerNames.Sqlite)
            return SqlitePeer.OpenAndRead(folder, stream).Events;

        await using var clew = new ClewPeer(await SegmentEventStore.OpenAsync(folder));
        return (await clew.ReadAsync(ReadRequest.Stream(stream))).Events;
    }

    private static async Task CopyAsync(string from, string to)
    {
        await using var source = await SegmentEventReader.OpenAsync(from);
        await using var replica = await SegmentReplica.OpenAsync(to, (await source.HeadAsync()).Lineage, from);
        await Replication.CopyAsync(source, replica);
    }

    private static async Task AppendForEverAsync(string peer, string folder)
    {
        await using var opened = await PeerNames.OpenAsync(peer, folder);
        Console.WriteLine(Ready);
        var stream = $"killed-{Guid.NewGuid():N}";
        for (var version = 0L; ; version++)
            await opened.AppendAsync([Workload.Event(version, stream, version)]);
    }
}
