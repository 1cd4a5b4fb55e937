using Clew.Events;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>Single facts about the log up to a durable position, looked up in the indexes and confirmed by the events themselves.</summary>
internal static class LogLookup
{
    /// <summary>The version of a stream, and its latest event; null where it has none.</summary>
    public static async ValueTask<(long Version, long Position)?> StreamAsync(LogView view, IndexParts parts, Name stream, long upTo)
    {
        for (var index = parts.Tails.Count - 1; index >= 0; index--)
        {
            if (parts.Tails[index].FindStream(stream.Hash, stream.Bytes, upTo) is { } found)
                return found;
        }

        for (var index = parts.Files.Count - 1; index >= 0; index--)
        {
            var postings = await parts.Files[index].FindAsync(IndexKind.Stream, stream.Hash);
            for (var at = postings.Count - 1; at >= 0; at--)
            {
                var recorded = await new RecordReader(view, parts).ReadAsync(await postings.AtAsync(at));
                if (EventRecord.Stream(recorded.Record).SequenceEqual(stream.Bytes))
                    return (recorded.Version.Value, recorded.Position.Value);
            }
        }

        return null;
    }

    /// <summary>The latest event that matches after a position; null where there is none.</summary>
    public static async ValueTask<long?> LatestMatchAsync(LogView view, IndexParts parts, CompiledQuery query, long after, long upTo)
    {
        if (after >= upTo)
            return null;
        if (query.IsEverything)
            return upTo;

        for (var index = parts.Tails.Count - 1; index >= 0 && parts.Tails[index].Last > after; index--)
        {
            if (parts.Tails[index].LatestMatch(query, after, upTo) is var found and > 0)
                return found;
        }

        for (var index = parts.Files.Count - 1; index >= 0 && parts.Files[index].Last > after; index--)
        {
            var cursor = await Cursor.OverAsync(query, parts.Files[index], after, upTo, ReadDirection.Backwards);
            for (var found = await cursor.SeekAsync(upTo); found != cursor.End; found = await cursor.SeekAsync(found - 1))
            {
                var recorded = await new RecordReader(view, parts).ReadAsync(found);
                if (query.Matches(recorded.Record))
                    return found;
            }
        }

        return null;
    }

    /// <summary>The first event of a batch whose id the log has after a position, and where it has it; null where it has none.</summary>
    public static async ValueTask<(Guid Id, long Position)?> IdsAsync(LogView view, IndexParts parts, IReadOnlyList<EventData> batch, long after, long upTo)
    {
        (int Index, long Position)? known = null;
        for (var index = parts.Tails.Count - 1; index >= 0 && parts.Tails[index].Last > after; index--)
            known = Earlier(known, parts.Tails[index].FindIds(batch, after, upTo));

        for (var index = parts.Files.Count - 1; index >= 0 && parts.Files[index].Last > after; index--)
        {
            for (var place = 0; place < (known?.Index ?? batch.Count); place++)
            {
                if (batch[place].Id <= parts.Files[index].Header.HighestId && await IdAsync(view, parts, batch[place].Id, after, upTo) is { } position)
                    known = (place, position);
            }
        }

        return known is { } found ? (batch[found.Index].Id, found.Position) : null;
    }

    /// <summary>The latest event with an id, after a position; null where there is none.</summary>
    public static async ValueTask<long?> IdAsync(LogView view, IndexParts parts, Guid id, long after, long upTo)
    {
        for (var index = parts.Tails.Count - 1; index >= 0 && parts.Tails[index].Last > after; index--)
        {
            if (parts.Tails[index].FindId(id, upTo) is var found and > 0)
                return found > after ? found : null;
        }

        for (var index = parts.Files.Count - 1; index >= 0 && parts.Files[index].Last > after; index--)
        {
            var file = parts.Files[index];
            if (id < file.Header.LowestId || id > file.Header.HighestId)
                continue;

            var postings = await file.FindAsync(IndexKind.Id, view.Hasher.Of(id));
            for (var at = postings.Count - 1; at >= 0; at--)
            {
                var position = await postings.AtAsync(at);
                if (position > after && position <= upTo && (await new RecordReader(view, parts).ReadAsync(position)).Id == id)
                    return position;
            }
        }

        return null;
    }

    /// <summary>Where a stream reached a version; null where it has not.</summary>
    public static async ValueTask<long?> PositionOfVersionAsync(LogView view, IndexParts parts, CompiledQuery stream, long version, long upTo)
    {
        var name = stream.Items[0].All[0];
        if (await StreamAsync(view, parts, name, upTo) is not { } latest || latest.Version < version)
            return null;

        var passed = 0L;
        var reader = new RecordReader(view, parts);
        for (var index = 0; index < parts.Count; index++)
        {
            var postings = await parts[index].FindAsync(name, 0, upTo);
            if (passed + postings.Count < version)
            {
                passed += postings.Count;
                continue;
            }

            // Where no other stream shares the hash, the n-th hit is the n-th version.
            for (var at = version - passed - 1; at < postings.Count; at++)
            {
                var recorded = await reader.ReadAsync(await postings.AtAsync(at));
                if (recorded.Version.Value == version && stream.Matches(recorded.Record))
                    return recorded.Position.Value;
            }

            passed = version - 1;
        }

        throw new InvalidOperationException("The index of streams has fewer events of a stream than the stream.");
    }

    /// <summary>The last event recorded by a time; 0 where there is none.</summary>
    public static async ValueTask<long> LastRecordedByAsync(LogView view, IndexParts parts, DateTimeOffset time, LogHead head)
    {
        if (head.RecordedAt is null || head.RecordedAt <= time)
            return head.Position.Value;

        var microseconds = UnixMicroseconds.From(time);
        var reader = new RecordReader(view, parts);
        var (low, high) = (0L, head.Position.Value);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (EventRecord.RecordedAt((await reader.ReadAsync(middle)).Record) <= microseconds)
                low = middle;
            else
                high = middle;
        }

        return low;
    }

    private static (int Index, long Position)? Earlier((int Index, long Position)? one, (int Index, long Position)? other) =>
        one is null || (other is not null && other.Value.Index < one.Value.Index) ? other : one;
}
