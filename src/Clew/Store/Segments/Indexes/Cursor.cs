namespace Clew.Store.Segments.Indexes;

/// <summary>
/// Candidates of a query, in one direction. <see cref="SeekAsync"/> goes to the nearest one at or beyond a position; targets never
/// turn back. Forwards beyond is higher, and <see cref="long.MaxValue"/> says that none is left; backwards it is lower, and 0 says so.
/// </summary>
internal abstract class Cursor(ReadDirection direction)
{
    protected ReadDirection Direction { get; } = direction;

    protected bool IsForwards => Direction == ReadDirection.Forwards;

    public long End => EndOf(Direction);

    public abstract ValueTask<long> SeekAsync(long target);

    /// <summary>The candidates from a position on, as many as there is room for.</summary>
    /// <returns>How many were found; fewer than there is room for only where none is left.</returns>
    public virtual async ValueTask<int> FillAsync(long target, Memory<long> into)
    {
        for (var count = 0; count < into.Length; count++)
        {
            var found = await SeekAsync(target);
            if (found == End)
                return count;

            into.Span[count] = found;
            target = IsForwards ? found + 1 : found - 1;
        }

        return into.Length;
    }

    public static long EndOf(ReadDirection direction) => direction == ReadDirection.Forwards ? long.MaxValue : 0;

    /// <summary>A query's candidates in one part of the index, between two positions.</summary>
    public static async ValueTask<Cursor> OverAsync(
        CompiledQuery query, IIndexPart part, long after, long upTo, ReadDirection direction)
    {
        after = Math.Max(after, part.First - 1);
        upTo = Math.Min(upTo, part.Last);
        if (query.IsEverything)
            return new StretchCursor(after + 1, upTo, direction);

        var items = new List<Cursor>();
        foreach (var item in query.Items)
        {
            if (await OverAsync(item, part, after, upTo, direction) is { } cursor)
                items.Add(cursor);
        }

        return items.Count == 1 ? items[0] : new UnionCursor(items, direction);
    }

    private static async ValueTask<Cursor?> OverAsync(
        CompiledQuery.Item item, IIndexPart part, long after, long upTo, ReadDirection direction)
    {
        var needed = new List<(long Count, Cursor Cursor)>();
        foreach (var name in item.All)
        {
            var postings = await part.FindAsync(name, after, upTo);
            if (postings.Count == 0)
                return null;
            needed.Add((postings.Count, new PostingsCursor(postings, after, upTo, direction)));
        }

        var (any, anyCount) = (new List<Cursor>(), 0L);
        foreach (var name in item.Any)
        {
            var postings = await part.FindAsync(name, after, upTo);
            anyCount += postings.Count;
            if (postings.Count > 0)
                any.Add(new PostingsCursor(postings, after, upTo, direction));
        }

        if (item.Any.Count > 0)
        {
            if (anyCount == 0)
                return null;
            needed.Add((anyCount, any.Count == 1 ? any[0] : new UnionCursor(any, direction)));
        }

        return needed.Count == 1 ? needed[0].Cursor : new IntersectionCursor([.. needed.OrderBy(one => one.Count).Select(one => one.Cursor)], direction);
    }
}

/// <summary>Every position of a stretch.</summary>
internal sealed class StretchCursor(long first, long last, ReadDirection direction) : Cursor(direction)
{
    public override ValueTask<long> SeekAsync(long target)
    {
        var at = IsForwards ? Math.Max(target, first) : Math.Min(target, last);
        return new(at >= first && at <= last ? at : End);
    }

    public override ValueTask<int> FillAsync(long target, Memory<long> into)
    {
        var (at, step) = IsForwards ? (Math.Max(target, first), 1) : (Math.Min(target, last), -1);
        var count = (int)Math.Clamp(IsForwards ? last - at + 1 : at - first + 1, 0, into.Length);
        foreach (ref var position in into.Span[..count])
        {
            position = at;
            at += step;
        }

        return new(count);
    }
}

/// <summary>The positions of one list between two bounds, found by galloping from the last hit.</summary>
internal sealed class PostingsCursor(Postings postings, long after, long upTo, ReadDirection direction) : Cursor(direction)
{
    private long at = -1;

    public override async ValueTask<long> SeekAsync(long target)
    {
        at = IsForwards ? await GallopUpAsync(Math.Max(target, after + 1)) : await GallopDownAsync(Math.Min(target, upTo));
        if (at < 0 || at >= postings.Count)
            return End;

        var found = await postings.AtAsync(at);
        return found > after && found <= upTo ? found : End;
    }

    public override async ValueTask<int> FillAsync(long target, Memory<long> into)
    {
        if (!IsForwards)
            return await base.FillAsync(target, into);

        at = await GallopUpAsync(Math.Max(target, after + 1));
        for (var count = 0; count < into.Length; count++, at++)
        {
            var found = at < postings.Count ? await postings.AtAsync(at) : End;
            if (found > upTo)
                return count;
            into.Span[count] = found;
        }

        return into.Length;
    }

    // The first index whose position is not below the target.
    private async ValueTask<long> GallopUpAsync(long target)
    {
        var low = Math.Max(at, 0);
        if (low >= postings.Count || await postings.AtAsync(low) >= target)
            return low;

        var step = 1L;
        while (low + step < postings.Count && await postings.AtAsync(low + step) < target)
        {
            low += step;
            step *= 2;
        }

        var high = Math.Min(low + step, postings.Count);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (await postings.AtAsync(middle) < target)
                low = middle;
            else
                high = middle;
        }

        return high;
    }

    // The last index whose position is not above the target; -1 where there is none.
    private async ValueTask<long> GallopDownAsync(long target)
    {
        var high = at < 0 ? postings.Count - 1 : at;
        if (high < 0 || await postings.AtAsync(high) <= target)
            return high;

        var step = 1L;
        while (high - step >= 0 && await postings.AtAsync(high - step) > target)
        {
            high -= step;
            step *= 2;
        }

        var low = Math.Max(high - step, -1);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (await postings.AtAsync(middle) > target)
                high = middle;
            else
                low = middle;
        }

        return low;
    }
}

/// <summary>Positions that any of several cursors has.</summary>
internal sealed class UnionCursor(IReadOnlyList<Cursor> cursors, ReadDirection direction) : Cursor(direction)
{
    private readonly long[] heads = new long[cursors.Count];
    private bool isOpen;

    public override async ValueTask<long> SeekAsync(long target)
    {
        var nearest = End;
        for (var index = 0; index < cursors.Count; index++)
        {
            var isBehind = !isOpen || (IsForwards ? heads[index] < target : heads[index] > target);
            if (isBehind)
                heads[index] = await cursors[index].SeekAsync(target);
            nearest = IsForwards ? Math.Min(nearest, heads[index]) : Math.Max(nearest, heads[index]);
        }

        isOpen = true;
        return nearest;
    }
}

/// <summary>Positions that all of several cursors have; the rarest comes first.</summary>
internal sealed class IntersectionCursor(IReadOnlyList<Cursor> cursors, ReadDirection direction) : Cursor(direction)
{
    public override async ValueTask<long> SeekAsync(long target)
    {
        var agreeing = 0;
        for (var next = 0; agreeing < cursors.Count; next = (next + 1) % cursors.Count)
        {
            var found = await cursors[next].SeekAsync(target);
            if (found == End)
                return End;

            agreeing = found == target ? agreeing + 1 : 1;
            target = found;
        }

        return target;
    }
}
