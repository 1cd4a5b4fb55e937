using System.Numerics;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Clew.Events;
using Clew.Store;

namespace Clew.Bench.Scenarios;

/// <summary>What an append costs its caller before the store sees it, and what a checksum of a record costs at least.</summary>
[MemoryDiagnoser]
public class Micro
{
    private readonly byte[] payload = Workload.Json(1, Workload.PayloadBytes);
    private readonly byte[] record = new byte[448];
    private readonly EventType type = "order-placed";
    private readonly string stream = "order-1234";

    internal static void Run() => BenchmarkRunner.Run<Micro>(
        ManualConfig.Create(DefaultConfig.Instance).AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));

    [Benchmark]
    public StreamName NameOfAStream() => new(stream);

    [Benchmark]
    public EventData EventWithATag() => new(stream, type, payload) { Tags = ["customer:42"] };

    [Benchmark]
    public AppendBatch BatchOfOne() => new(
        [new EventData(stream, type, payload) { Tags = ["customer:42"] }],
        new AppendCondition.StreamAtVersion(stream, new(7)));

    [Benchmark]
    public uint ChecksumOfARecord()
    {
        var checksum = 0u;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(record))
            checksum = BitOperations.Crc32C(checksum, word);

        return checksum;
    }
}
