using System.Diagnostics;
using System.Security.Cryptography;
using Clew.Bench.Measuring;
using Clew.Bench.Peers;
using Clew.Ed25519;
using Clew.Events;
using Clew.Integrity;
using Clew.Store.Segments;

namespace Clew.Bench.Scenarios;

/// <summary>What proofs cost: hashing beside bare SHA-256, appends with the tree and seals, a proof, and checking everything.</summary>
internal static class IntegrityScenario
{
    private const string Tree = "clew tree";
    private const string Bare = "SHA-256";
    private const string WithoutTree = "clew, no tree";
    private const string Sealed = "clew, sealed";

    public static async Task RunAsync(BenchOptions options, Report report)
    {
        await HashAsync(options, report);
        await AppendAsync(options, report);
        await ProveAsync(options, report);
    }

    // Leaves and nodes of events, beside one digest over the same bytes of each.
    private static async Task HashAsync(BenchOptions options, Report report)
    {
        foreach (var dataBytes in (int[])[32, 256, 1_024])
        {
            var records = Enumerable.Range(0, 65_536).Select(number => RecordOf(number, dataBytes)).ToArray();
            var rounds = await Rounds.RunAsync(options.Rounds, [
                new(Tree, () => ClosedLoop.RunAsync(1, options.Time, records.Length, _ => TreeOver(records))),
                new(Bare, () => ClosedLoop.RunAsync(1, options.Time, records.Length, _ => DigestEach(records))),
            ]);
            var name = $"integrity: hashing events of {dataBytes:N0} bytes of data";
            report.Add(name, "events", rounds, new Aim(name, "time ÷ bare SHA-256's", rounds.Ratio(Bare, Tree, sample => sample.Rate), 1.6, IsCeiling: true));
        }
    }

    private static async Task AppendAsync(BenchOptions options, Report report)
    {
        using var signer = Ed25519Signer.Create("bench");
        var contestants = new List<Contestant>();
        var subjects = new List<Subject>();
        foreach (var (name, store) in ((string, SegmentStoreOptions)[])[
            (Sealed, new() { Sealing = new(signer) { EveryEvents = 10_000 } }),
            (WithoutTree, new() { BuildsTree = false }),
        ])
        {
            var folder = options.Folder("integrity-" + name.Replace(", ", "-", StringComparison.Ordinal).Replace(' ', '-'));
            var subject = Subject.Of(name, folder, new ClewPeer(await SegmentEventStore.OpenAsync(folder, store)));
            await ClosedLoop.RunAsync(64, TimeSpan.FromSeconds(2), 1, subject.Appending(64, 1));
            contestants.Add(new(name, () => ClosedLoop.RunAsync(64, options.Time, 1, subject.Appending(64, 1))));
            subjects.Add(subject);
        }

        var rounds = await Rounds.RunAsync(options.Rounds, contestants);
        var title = "integrity: 64 clients × 1 event, sealed every 10,000 events";
        report.Add(title, "events", rounds, new Aim(title, "rate ÷ without the tree's", rounds.Ratio(Sealed, WithoutTree, sample => sample.Rate), 0.85));
        var lag = ((ClewPeer)subjects[0].Peer).Store.TreeLag;
        report.Note($"- the tree lags {lag:N0} events when the last round ends");
        foreach (var subject in subjects)
            await subject.DisposeAsync();
    }

    private static async Task ProveAsync(BenchOptions options, Report report)
    {
        var events = options.Events ?? 10_000_000;
        var folder = options.Folder("integrity-prove");
        var subject = Subject.Of(PeerNames.Clew, folder, await ClewPeer.OpenAsync(folder));
        await subject.LoadAsync(events);
        var store = ((ClewPeer)subject.Peer).Store;
        await store.TreeFiledAsync(events, CancellationToken.None);

        var chance = new Random(4);
        var rounds = await Rounds.RunAsync(options.Rounds, [
            new("inclusion", () => ClosedLoop.RunAsync(1, options.Time, 1, async _ => await store.ProveInclusionAsync(new(chance.NextInt64(1, events))))),
            new("consistency", () => ClosedLoop.RunAsync(1, options.Time, 1, async _ => await store.ProveConsistencyAsync(new(chance.NextInt64(1, events))))),
            new("root", () => ClosedLoop.RunAsync(1, options.Time, 1, async _ => await store.TreeHeadAsync(new(chance.NextInt64(1, events))))),
        ]);
        var name = $"integrity: proofs over {events:N0} events";
        report.Add(name, "proofs", rounds, new Aim(name, "milliseconds an inclusion proof", rounds.Median("inclusion").P50 / 1e3, 1, IsCeiling: true));
        await subject.DisposeAsync();

        var clock = Stopwatch.StartNew();
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        var verified = await SegmentStoreVerification.RunAsync(folder);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime - before;
        if (!verified.IsSound || verified.Events != events)
            throw new InvalidOperationException("The store is not sound.");
        var title = $"integrity: verify {events:N0} events, {verified.Bytes / 1e6:N0} MB with indexes, root included";
        report.Note($"\n## {title}\n\n{clock.Elapsed.TotalSeconds:N1} s, {cpu.TotalSeconds:N1} s of processor time\n");
        report.Add(new Aim(title, "MB/s of one processor", verified.Bytes / 1e6 / cpu.TotalSeconds, 500));
    }

    private static byte[] RecordOf(int number, int dataBytes)
    {
        var data = new EventData(Workload.Stream(number % 1_000), Workload.Type(number), new byte[dataBytes]) { Tags = [Workload.Tag(number)] };
        var record = new byte[EventRecord.BytesOf(data)];
        EventRecord.Write(record, data, 0, 1, new byte[EventRecord.SaltBytes]);
        EventRecord.Place(record, number + 1, 1, number, seed: 0);
        return record;
    }

    private static ValueTask TreeOver(byte[][] records)
    {
        var tree = new TreeSum([]);
        foreach (var record in records)
            tree.Add(record);
        return tree.Head().Size == records.Length ? default : throw new InvalidOperationException("A leaf is missing.");
    }

    private static ValueTask DigestEach(byte[][] records)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (var record in records)
            SHA256.HashData(record, digest);
        return default;
    }
}
