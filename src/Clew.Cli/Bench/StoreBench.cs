using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Cli.Bench;

/// <summary>Measures a store in a folder of its own, beside the bare device under it.</summary>
internal sealed class StoreBench(string folder, TimeProvider time, TimeSpan duration, CancellationToken cancellation)
{
    public const int PayloadBytes = 200;

    private const int ClientsMany = 64;
    private const int BatchLarge = 100;
    private const int StreamsCount = 1_000;

    private static readonly byte[] Payload = [.. "{\"n\":\""u8, .. Enumerable.Repeat((byte)'x', PayloadBytes - 8), .. "\"}"u8];

    private long made;

    public async IAsyncEnumerable<Measurement> RunAsync()
    {
        var options = new SegmentStoreOptions { Time = time };
        var store = Path.Combine(folder, "store");
        yield return Flush();

        long head;
        await using (var log = await SegmentEventStore.OpenAsync(store, options, cancellation))
        {
            yield return await AppendAsync(log, "append, 1 client, 1 event", "append1x1", clients: 1, batch: 1);
            yield return await AppendAsync(log, $"append, {ClientsMany} clients, 1 event", "append64x1", ClientsMany, batch: 1);
            yield return await AppendAsync(log, $"append, 1 client, {BatchLarge} events", "append1x100", clients: 1, BatchLarge);
            yield return await ReadAsync(log);
            head = (await log.HeadAsync(cancellation)).Position.Value;
        }

        yield return await OpenAsync(store, options, head);
    }

    private Measurement Flush()
    {
        using var device = new DeviceFlush(Path.Combine(folder, "flush"));
        var count = 0L;
        var started = time.GetTimestamp();
        for (; count == 0 || time.GetElapsedTime(started) < duration; count++)
        {
            cancellation.ThrowIfCancellationRequested();
            device.WriteAndFlush();
        }

        return new("device: write 4 KiB, flush", "flush", "flushes", count, time.GetElapsedTime(started));
    }

    private async Task<Measurement> AppendAsync(SegmentEventStore log, string name, string key, int clients, int batch)
    {
        var started = time.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => ClientAsync(log, batch, started))));
        return new(name, key, "events", counts.Sum(), time.GetElapsedTime(started));
    }

    private async Task<long> ClientAsync(SegmentEventStore log, int batch, long started)
    {
        var count = 0L;
        while (count == 0 || time.GetElapsedTime(started) < duration)
        {
            var events = new EventData[batch];
            for (var index = 0; index < batch; index++)
                events[index] = new($"bench-{Interlocked.Increment(ref made) % StreamsCount}", "measured", Payload);

            if (await log.AppendAsync(new AppendBatch(events), cancellation) is not AppendResult.Appended)
                throw new IOException("An append without conditions was refused.");

            count += batch;
        }

        return count;
    }

    private async Task<Measurement> ReadAsync(SegmentEventStore log)
    {
        var count = 0L;
        var started = time.GetTimestamp();
        while (count == 0 || time.GetElapsedTime(started) < duration)
        {
            await foreach (var page in log.ReadAsync(ReadRequest.All, cancellation))
                count += page.Events.Count;
        }

        return new("read everything", "read", "events", count, time.GetElapsedTime(started));
    }

    private async Task<Measurement> OpenAsync(string store, SegmentStoreOptions options, long head)
    {
        var count = 0L;
        var started = time.GetTimestamp();
        for (; count == 0 || time.GetElapsedTime(started) < duration; count++)
        {
            await using var log = await SegmentEventStore.OpenAsync(store, options, cancellation);
            if ((await log.HeadAsync(cancellation)).Position.Value != head)
                throw new IOException("The store lost events between closing and opening.");
        }

        return new("open and close", "open", "times", count, time.GetElapsedTime(started));
    }
}
