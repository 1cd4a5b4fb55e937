using Clew.Bench.Peers;

namespace Clew.Bench.Scenarios;

/// <summary>A peer with a store of its own, and the versions that its streams have by now.</summary>
internal sealed class Subject : IAsyncDisposable
{
    private const int LoadBatch = 1_000;
    private const int LongStreams = 100;

    private readonly string folder;
    private readonly long[] versions = new long[Workload.Streams];
    private long appended;

    private Subject(string name, string folder, IPeer peer)
    {
        Name = name;
        this.folder = folder;
        Peer = peer;
    }

    public string Name { get; }

    public IPeer Peer { get; private set; }

    public static Subject Of(string name, string folder, IPeer peer) => new(name, folder, peer);

    public static async Task<Subject> OpenAsync(BenchOptions options, string scenario, string name)
    {
        var folder = options.Folder($"{scenario}-{name}");
        return new(name, folder, await PeerNames.OpenAsync(name, folder));
    }

    public static async Task<List<Subject>> OpenAllAsync(BenchOptions options, string scenario, params string[] names)
    {
        var subjects = new List<Subject>();
        foreach (var name in names.Where(options.Includes))
            subjects.Add(await OpenAsync(options, scenario, name));

        return subjects;
    }

    /// <summary>What one of so many clients does: it appends a batch to one of the streams that are its own.</summary>
    public Func<int, ValueTask> Appending(int clients, int events)
    {
        var chances = Enumerable.Range(0, clients).Select(client => new Random(client)).ToArray();
        return client => AppendAsync(client + clients * chances[client].Next(Workload.Streams / clients), events);
    }

    /// <summary>Fills the store in batches over many streams: one event in ten goes to one of 100 long streams, far from its neighbours.</summary>
    public async Task LoadAsync(int events)
    {
        for (var start = 0; start < events; start += LoadBatch)
        {
            var batch = new Draft[Math.Min(LoadBatch, events - start)];
            for (var index = 0; index < batch.Length; index++)
                batch[index] = Next(LoadedStream(start + index));

            await Peer.AppendAsync(batch);
        }
    }

    /// <summary>A stream that <see cref="LoadAsync"/> gave 1,000 events for each million it loaded.</summary>
    public static string LongStream(int number) => Workload.Stream(number % LongStreams);

    public async Task ReopenAsync()
    {
        await Peer.DisposeAsync();
        Peer = await PeerNames.OpenAsync(Name, folder);
    }

    public ValueTask DisposeAsync() => Peer.DisposeAsync();

    private ValueTask AppendAsync(int stream, int events)
    {
        var batch = new Draft[events];
        for (var index = 0; index < events; index++)
            batch[index] = Next(stream);

        return Peer.AppendAsync(batch);
    }

    private Draft Next(int stream) => Workload.Event(Interlocked.Increment(ref appended) - 1, Workload.Stream(stream), versions[stream]++);

    private static int LoadedStream(int number)
    {
        var (tens, rest) = Math.DivRem(number, 10);
        return rest == 0 ? tens % LongStreams : LongStreams + (tens * 9 + rest - 1) % (Workload.Streams - LongStreams);
    }
}
