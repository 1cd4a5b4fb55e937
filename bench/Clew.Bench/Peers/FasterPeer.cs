using Clew.Bench.Measuring;
using FASTER.core;

namespace Clew.Bench.Peers;

/// <summary>FasterLog: a bare log without indexes, expected versions or any other check, to show what those cost.</summary>
internal sealed class FasterPeer : IPeer
{
    private readonly FasterLogSettings settings;
    private readonly FasterLog log;
    private readonly GroupWriter writer;

    public FasterPeer(string folder)
    {
        settings = new FasterLogSettings(folder) { FastCommitMode = true, LogChecksum = LogChecksumType.PerEntry };
        log = new FasterLog(settings);
        writer = new("faster writer", Commit);
    }

    public ValueTask AppendAsync(Draft[] batch) => writer.AppendAsync(batch);

    public ValueTask<Tally> ReadAllAsync()
    {
        var tally = new Tally();
        using var scan = log.Scan(log.BeginAddress, log.CommittedUntilAddress);
        while (scan.GetNext(System.Buffers.MemoryPool<byte>.Shared, out var entry, out var length, out _, out _))
        {
            using (entry)
                tally.Add(PlainRecord.Data(entry.Memory.Span[..length]));
        }

        return ValueTask.FromResult(tally);
    }

    public ValueTask<Tally> ReadStreamAsync(string stream) => throw new NotSupportedException("FasterLog has no index of streams.");

    public ValueTask DisposeAsync()
    {
        writer.Dispose();
        log.Dispose();
        settings.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Commit(IReadOnlyList<Draft[]> group)
    {
        var recordedAt = DateTime.UtcNow.Ticks / TimeSpan.TicksPerMicrosecond;
        foreach (var batch in group)
        {
            foreach (var draft in batch)
                log.Enqueue(PlainRecord.Of(draft, recordedAt).Span);
        }

        log.Commit(spinWait: true);
    }
}
