namespace Clew.Store.Segments;

/// <summary>The embedded event store: a folder of segment files, with one writer and any number of readers.</summary>
public sealed class SegmentEventStore : IEventStore
{
    private SegmentEventStore()
    {
    }

    /// <summary>Opens the store in a folder for appending and reading; makes it where the folder is empty or missing.</summary>
    public static ValueTask<SegmentEventStore> OpenAsync(
        string folder, SegmentStoreOptions? options = null, CancellationToken cancellation = default) => throw new NotSupportedException();

    internal static ValueTask<SegmentEventStore> OpenAsync(
        Surroundings surroundings, SegmentStoreOptions options, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<AppendResult> AppendAsync(AppendBatch batch, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> ReadAsync(ReadRequest request, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> SubscribeAsync(SubscribeRequest request, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<LogHead> HeadAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}

/// <summary>The reading side of an embedded store, for as many processes as like, also while another one appends.</summary>
public sealed class SegmentEventReader : IEventReader
{
    private SegmentEventReader()
    {
    }

    /// <summary>Opens the store in a folder for reading.</summary>
    public static ValueTask<SegmentEventReader> OpenAsync(
        string folder, SegmentStoreOptions? options = null, CancellationToken cancellation = default) => throw new NotSupportedException();

    internal static ValueTask<SegmentEventReader> OpenAsync(
        Surroundings surroundings, SegmentStoreOptions options, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>What the store takes on its disk.</summary>
    public SegmentStoreStatistics Statistics => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> ReadAsync(ReadRequest request, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<EventPage> SubscribeAsync(SubscribeRequest request, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<LogHead> HeadAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
