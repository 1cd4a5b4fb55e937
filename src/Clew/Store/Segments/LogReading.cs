using System.Runtime.CompilerServices;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Reads and subscriptions over a log, in whichever process: the same for its writer and for mere readers.</summary>
internal static class LogReading
{
    public static async IAsyncEnumerable<EventPage> ReadAsync(
        LogView view, ReadRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(view.IsClosed, view);
        var head = view.Head;
        var query = CompiledQuery.Of(request.Filter, view.Hasher);
        var (after, upTo) = await BoundsAsync(view, request, query, head);
        await using var pages = Pages(view, query, after, upTo, request.Direction, request.Limit);
        while (!pages.IsDone)
        {
            cancellation.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(view.IsClosed, view);
            yield return await pages.NextAsync();
        }
    }

    public static async IAsyncEnumerable<EventPage> SubscribeAsync(
        LogView view, SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(view.IsClosed, view);
        var head = view.Head;
        if (request.After is { } checkpoint && (checkpoint.Lineage != view.Lineage || checkpoint.Position > head.Position || checkpoint.Position.Value < 0))
            throw new CheckpointRefusedException(checkpoint, head);

        var query = CompiledQuery.Of(request.Filter, view.Hasher);
        var readTo = request.After?.Position.Value ?? 0;
        while (true)
        {
            await using var pages = Pages(view, query, readTo, view.Head.Position.Value, ReadDirection.Forwards, null);
            while (!pages.IsDone)
            {
                cancellation.ThrowIfCancellationRequested();
                if (view.IsClosed)
                    yield break;

                var page = await pages.NextAsync();
                readTo = page.ReadTo.Value;
                yield return page;
            }

            var seen = readTo;
            await view.Waiters.WaitAsync(() => view.Head.Position.Value > seen || view.Failure is not null, cancellation);
            if (view.IsClosed)
                yield break;
            if (view.Failure is { } failure && view.Head.Position.Value == seen)
                throw failure;
        }
    }

    private static IPages Pages(LogView view, CompiledQuery query, long after, long upTo, ReadDirection direction, long? limit) =>
        query.IsEverything && direction == ReadDirection.Forwards && limit is null && upTo - after > view.PortionEvents
            ? new ReadAhead(view, query, after, upTo)
            : new PageReader(view, query, after, upTo, direction, limit);

    private static async ValueTask<(long After, long UpTo)> BoundsAsync(LogView view, ReadRequest request, CompiledQuery query, LogHead head)
    {
        var parts = view.Parts;
        var after = request.After.Value;
        if (request.AfterVersion.Value > 0)
        {
            var version = await LogLookup.PositionOfVersionAsync(view, parts, query, request.AfterVersion.Value, head.Position.Value);
            after = Math.Max(after, version ?? head.Position.Value);
        }

        var upTo = request.AsOf switch
        {
            AsOf.Position position => Math.Min(position.Last.Value, head.Position.Value),
            AsOf.Version { Last.Value: 0 } => 0,
            AsOf.Version version => await LogLookup.PositionOfVersionAsync(view, parts, query, version.Last.Value, head.Position.Value)
                ?? head.Position.Value,
            AsOf.RecordedTime time => await LogLookup.LastRecordedByAsync(view, parts, time.Last, head),
            _ => head.Position.Value,
        };
        return (Math.Min(after, upTo), upTo);
    }
}
