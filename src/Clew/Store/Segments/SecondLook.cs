using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>
/// The second look at a batch, when its group forms: its caller checked it against a durable head, and this asks only what came after
/// that, which lies in memory.
/// </summary>
internal static class SecondLook
{
    /// <summary>Whether anything came that the batch's decision might rest on; sets the versions it starts from.</summary>
    /// <param name="append">The batch.</param>
    /// <param name="parts">The index, with what is written but not durable yet.</param>
    /// <param name="last">The latest position that was given to an event.</param>
    public static bool HasNews(PreparedAppend append, IndexParts parts, long last)
    {
        foreach (var stream in append.LookedUp)
            stream.Version = stream.VersionBefore;

        if (append.CheckedTo == last)
            return false;
        if (append.CheckedTo < parts.FiledTo)
            return true;

        foreach (var tail in parts.Tails)
        {
            if (tail.Last > append.CheckedTo && HasNews(append, tail))
                return true;
        }

        return false;
    }

    private static bool HasNews(PreparedAppend append, TailIndex tail)
    {
        if (tail.FindIds(append.Batch.Events, append.CheckedTo, long.MaxValue) is not null)
            return true;

        foreach (var stream in append.LookedUp)
        {
            if (tail.FindStream(stream.Key.Hash, stream.Key.Bytes, long.MaxValue) is { } latest && latest.Position > append.CheckedTo)
                stream.Version = latest.Version;
        }

        foreach (var condition in append.Conditions)
        {
            var isNews = condition.Condition switch
            {
                AppendCondition.StreamAtVersion => condition.Stream!.Version != condition.Stream.VersionBefore,
                AppendCondition.NoEventMatching none => tail.LatestMatch(condition.Query!, Math.Max(none.After.Value, append.CheckedTo), long.MaxValue) > 0,
                _ => false,
            };
            if (isNews)
                return true;
        }

        return false;
    }
}
