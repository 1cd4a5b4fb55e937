using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>
/// The first look at a batch, by its caller and against a durable head: whether the log has it already, and which of its conditions
/// do not hold.
/// </summary>
internal static class AppendCheck
{
    /// <returns>The answer, where there already is one; else null, and the batch is ready for the writer.</returns>
    /// <exception cref="EventIdReusedException">Some of its ids belong to other events.</exception>
    public static async ValueTask<AppendResult?> RunAsync(LogView view, PreparedAppend append)
    {
        var head = view.Head.Position.Value;
        var parts = view.Parts;
        append.CheckedTo = head;

        var windowStart = Math.Max(0, head - view.WindowEvents);
        if (await LogLookup.IdsAsync(view, parts, append.Batch.Events, windowStart, head) is { } known)
            return await EarlierAsync(view, parts, append.Batch, head) ?? throw new EventIdReusedException(known.Id, new(known.Position));

        foreach (var stream in append.LookedUp)
            stream.Found(await LogLookup.StreamAsync(view, parts, stream.Key, head));

        if (await BrokenAsync(view, parts, append, head) is not { } broken)
            return null;

        return await EarlierAsync(view, parts, append.Batch, head) ?? new AppendResult.Conflict(broken);
    }

    private static async ValueTask<IReadOnlyList<BrokenCondition>?> BrokenAsync(LogView view, IndexParts parts, PreparedAppend append, long head)
    {
        List<BrokenCondition>? broken = null;
        foreach (var condition in append.Conditions)
        {
            if (await CheckAsync(view, parts, condition, head) is { } failed)
                (broken ??= []).Add(failed);
        }

        return broken;
    }

    private static async ValueTask<BrokenCondition?> CheckAsync(LogView view, IndexParts parts, CompiledCondition compiled, long head)
    {
        if (compiled.Condition is AppendCondition.NoEventMatching none)
        {
            return await LogLookup.LatestMatchAsync(view, parts, compiled.Query!, none.After.Value, head) is { } match
                ? new(none, new(match), null)
                : null;
        }

        var stream = compiled.Stream!;
        var actual = new StreamVersion(stream.VersionBefore);
        if (compiled.Condition is AppendCondition.StreamAtVersion at)
            return actual == at.Version ? null : new(at, actual > at.Version ? new GlobalPosition(stream.PositionBefore) : null, actual);

        return actual == StreamVersion.None ? new(compiled.Condition, null, actual) : null;
    }

    /// <summary>The same batch, where the log has it: as one whole batch with the same ids, streams and types in the same order.</summary>
    private static async ValueTask<AppendResult?> EarlierAsync(LogView view, IndexParts parts, AppendBatch batch, long upTo)
    {
        if (await LogLookup.IdAsync(view, parts, batch.Events[0].Id, 0, upTo) is not { } first)
            return null;

        if (first + batch.Events.Count - 1 > upTo)
            return null;

        var positions = Enumerable.Range(0, batch.Events.Count).Select(index => first + index).ToArray();
        var found = new List<RecordedEvent>(positions.Length);
        var reader = new RecordReader(view, parts);
        for (var read = 0; read < positions.Length; read = found.Count)
        {
            await reader.ReadAsync(positions.AsMemory(read), found);
            for (var index = read; index < found.Count; index++)
            {
                if (!IsSame(found[index], batch, index))
                    return null;
            }
        }

        var versions = new OrderedDictionary<StreamName, StreamVersion>();
        foreach (var recorded in found)
            versions[recorded.Stream] = recorded.Version;

        return new AppendResult.Appended(new(first), new(positions[^1]), [.. versions.Select(at => new StreamAt(at.Key, at.Value))]);
    }

    private static bool IsSame(RecordedEvent recorded, AppendBatch batch, int index)
    {
        var data = batch.Events[index];
        return recorded.Id == data.Id
            && recorded.BatchCount == batch.Events.Count
            && recorded.BatchIndex == index
            && recorded.Stream == data.Stream
            && recorded.Type == data.Type;
    }
}
