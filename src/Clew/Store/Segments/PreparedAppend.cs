using System.Buffers;
using System.Threading.Tasks.Sources;
using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>
/// A batch on its way: encoded by its caller, with what its conditions were found to be against a durable head. The writer only
/// looks at what came after that head, in memory; where anything did that matters, it sends the batch back.
/// </summary>
internal sealed class PreparedAppend : IValueTaskSource<AppendOutcome>, IDisposable
{
    private readonly byte[] bytes;
    private readonly int[] ends;
    private readonly int[] streamOf;
    private ManualResetValueTaskSourceCore<AppendOutcome> answer = new() { RunContinuationsAsynchronously = true };

    public PreparedAppend(AppendBatch batch, KeyHasher hasher, Entropy entropy)
    {
        // The caller's own lists may change before it has its answer.
        Batch = batch with { Events = [.. batch.Events] };
        ends = new int[batch.Events.Count];
        streamOf = new int[ends.Length];
        var total = 0;
        for (var index = 0; index < ends.Length; index++)
            ends[index] = total += EventRecord.BytesOf(Batch.Events[index]);

        bytes = ArrayPool<byte>.Shared.Rent(total);
        Length = total;
        Encode(entropy);
        Hashes = new(ends.Length * 4);
        for (var index = 0; index < ends.Length; index++)
            hasher.Collect(Record(index), Hashes);

        LookedUp = Streams = FindStreams(hasher);
        Conditions = batch.Conditions.Count == 0 ? [] : new CompiledCondition[batch.Conditions.Count];
        for (var index = 0; index < Conditions.Length; index++)
            Conditions[index] = Compile(batch.Conditions[index], hasher);
    }

    public AppendBatch Batch { get; }

    /// <summary>How many bytes the records take.</summary>
    public int Length { get; }

    public int Count => ends.Length;

    /// <summary>Of all its events' keys, in the order in which a tail takes them.</summary>
    public List<ulong> Hashes { get; }

    /// <summary>The streams it writes to.</summary>
    public BatchStream[] Streams { get; }

    /// <summary>These, and the others that it has conditions on.</summary>
    public BatchStream[] LookedUp { get; private set; }

    public CompiledCondition[] Conditions { get; }

    /// <summary>The durable head that everything was looked up against.</summary>
    public long CheckedTo { get; set; }

    /// <summary>What the writer has decided, to be answered once it is durable.</summary>
    public AppendOutcome Outcome { get; set; }

    public Span<byte> Record(int index)
    {
        var start = index == 0 ? 0 : ends[index - 1];
        return bytes.AsSpan(start, ends[index] - start);
    }

    /// <summary>The stream of an event.</summary>
    public BatchStream StreamOf(int index) => Streams[streamOf[index]];

    public ReadOnlySpan<byte> Records => bytes.AsSpan(0, Length);

    public ValueTask<AppendOutcome> Answer => new(this, answer.Version);

    /// <summary>Makes it ready to be handed to the writer again.</summary>
    public void Reset() => answer.Reset();

    public void Complete() => answer.SetResult(Outcome);

    public void Fail(Exception cause) => answer.SetException(cause);

    public void Dispose() => ArrayPool<byte>.Shared.Return(bytes);

    AppendOutcome IValueTaskSource<AppendOutcome>.GetResult(short token) => answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<AppendOutcome>.GetStatus(short token) => answer.GetStatus(token);

    void IValueTaskSource<AppendOutcome>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        answer.OnCompleted(continuation, state, token, flags);

    private void Encode(Entropy entropy)
    {
        var salts = ArrayPool<byte>.Shared.Rent(Count * EventRecord.SaltBytes);
        entropy(salts.AsSpan(0, Count * EventRecord.SaltBytes));
        for (var index = 0; index < Count; index++)
        {
            var salt = salts.AsSpan(index * EventRecord.SaltBytes, EventRecord.SaltBytes);
            EventRecord.Write(Record(index), Batch.Events[index], index, Count, salt);
        }

        ArrayPool<byte>.Shared.Return(salts);
    }

    private BatchStream[] FindStreams(KeyHasher hasher)
    {
        var streams = new List<BatchStream>(1);
        Dictionary<StreamName, int>? places = null;
        for (var index = 0; index < Count; index++)
        {
            var name = Batch.Events[index].Stream;
            if (index > 0 && name == Batch.Events[index - 1].Stream)
            {
                streamOf[index] = streamOf[index - 1];
                continue;
            }

            if (streams.Count > 0)
                places ??= new() { [streams[0].Name] = 0 };
            if (places is not null && places.TryGetValue(name, out var place))
            {
                streamOf[index] = place;
                continue;
            }

            streamOf[index] = streams.Count;
            places?.Add(name, streams.Count);
            streams.Add(new(name, CompiledQuery.Compile(IndexKind.Stream, name.Value, hasher)));
        }

        return [.. streams];
    }

    private CompiledCondition Compile(AppendCondition condition, KeyHasher hasher) => condition switch
    {
        AppendCondition.StreamAtVersion at => new(at, StreamNamed(at.Stream, hasher), null),
        AppendCondition.StreamExists exists => new(exists, StreamNamed(exists.Stream, hasher), null),
        AppendCondition.NoEventMatching none => new(none, null, CompiledQuery.Of(none.Query, hasher)),
        _ => throw new InvalidOperationException("The family of conditions is closed."),
    };

    // Most conditions are on a stream that the batch writes to, and then it is looked up once.
    private BatchStream StreamNamed(StreamName name, KeyHasher hasher)
    {
        foreach (var stream in LookedUp)
        {
            if (stream.Name == name)
                return stream;
        }

        var other = new BatchStream(name, CompiledQuery.Compile(IndexKind.Stream, name.Value, hasher));
        LookedUp = [.. LookedUp, other];
        return other;
    }
}

/// <summary>A stream that a batch writes to, or has a condition on.</summary>
internal sealed class BatchStream(StreamName name, Name key)
{
    public StreamName Name => name;

    public Name Key => key;

    /// <summary>Its version as of the head that was looked up against.</summary>
    public long VersionBefore { get; private set; }

    /// <summary>Its latest event as of then; 0 where it had none.</summary>
    public long PositionBefore { get; private set; }

    /// <summary>Its version as the writer counts it up.</summary>
    public long Version { get; set; }

    public void Found((long Version, long Position)? latest) => (VersionBefore, PositionBefore) = latest ?? default;
}

/// <summary>A condition made ready for the indexes: on a stream, or a query.</summary>
internal sealed record CompiledCondition(AppendCondition Condition, BatchStream? Stream, CompiledQuery? Query);

/// <summary>What the writer says of a batch: the positions it got, or that it must be looked at again.</summary>
internal readonly record struct AppendOutcome(long First, bool IsWritten);
