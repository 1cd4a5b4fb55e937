using Clew.Bench.Measuring;

namespace Clew.Bench.Peers;

/// <summary>A store under measurement.</summary>
internal interface IPeer : IAsyncDisposable
{
    /// <summary>The answer comes when all of it is on the device; an event whose stream is at another version is a fault.</summary>
    ValueTask AppendAsync(Draft[] batch);

    /// <summary>Every event, in the order of the log.</summary>
    ValueTask<Tally> ReadAllAsync();

    /// <summary>The events of one stream, in order.</summary>
    /// <exception cref="NotSupportedException">The peer has no index of streams.</exception>
    ValueTask<Tally> ReadStreamAsync(string stream);
}

internal static class PeerNames
{
    public const string Clew = "clew";
    public const string Sqlite = "sqlite";
    public const string RocksDb = "rocksdb";
    public const string Faster = "faster";
    public const string Probe = "fdatasync";

    public static async Task<IPeer> OpenAsync(string name, string folder) => name switch
    {
        Clew => await ClewPeer.OpenAsync(folder),
        Sqlite => new SqlitePeer(folder),
        RocksDb => new RocksDbPeer(folder),
        Faster => new FasterPeer(folder),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such peer."),
    };
}
