using System.Runtime.ExceptionServices;
using Clew.Store.Segments.Indexes;

namespace Clew.Store.Segments;

/// <summary>
/// Reads a long stretch of the whole log in portions that end between batches. While one portion is read or dealt with, the next one is
/// read and checked aside.
/// </summary>
/// <param name="view">The log.</param>
/// <param name="everything">The query that means every event.</param>
/// <param name="after">The position before the first that counts.</param>
/// <param name="upTo">The last position that counts, further on; durable.</param>
internal sealed class ReadAhead(LogView view, CompiledQuery everything, long after, long upTo) : IPages
{
    /// <summary>What is read aside of one portion: all of it where events are of usual size, and no more memory than this where they are large.</summary>
    private const int PagesAside = 4;

    private readonly Queue<Task<Portion>> running = new();
    private Portion? portion;
    private long begunTo = after;

    /// <inheritdoc/>
    public bool IsDone { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<EventPage> NextAsync()
    {
        while (true)
        {
            if (portion?.Pages.TryDequeue(out var page) == true)
                return Seen(page);
            portion?.Fault?.Throw();
            if (portion?.Rest.IsDone == false)
                return Seen(await portion.Rest.NextAsync());

            await BeginAsync();
            portion = await running.Dequeue();
        }
    }

    /// <summary>Ends once nothing is read any more.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(running);

    private EventPage Seen(EventPage page)
    {
        IsDone = page.ReadTo.Value == upTo;
        return page with { AtHead = IsDone };
    }

    private async ValueTask BeginAsync()
    {
        // Whoever wants no more than the first page has no more read.
        var count = portion is null ? 1 : 2;
        while (running.Count < count && begunTo < upTo)
        {
            var end = await EndAsync(begunTo);
            var pages = new PageReader(view, everything, begunTo, end, ReadDirection.Forwards, null);
            running.Enqueue(view.Workers.Aside(() => ReadAsync(pages)));
            begunTo = end;
        }
    }

    /// <summary>The end of the batch in which a portion is full.</summary>
    private async ValueTask<long> EndAsync(long start)
    {
        var full = start + view.PortionEvents;
        if (full >= upTo)
            return upTo;

        try
        {
            var last = await new RecordReader(view, view.Parts).ReadAsync(full);
            return Math.Min(full - last.BatchIndex + last.BatchCount - 1, upTo);
        }
        catch (Exception fault) when (PageReader.IsUnreadable(fault))
        {
            // Reading ends there, and what comes before is read first.
            return upTo;
        }
    }

    private static async Task<Portion> ReadAsync(PageReader pages)
    {
        var read = new Queue<EventPage>(PagesAside);
        try
        {
            while (!pages.IsDone && read.Count < PagesAside)
                read.Enqueue(await pages.NextAsync());

            return new(read, pages, null);
        }
        catch (Exception fault)
        {
            return new(read, pages, ExceptionDispatchInfo.Capture(fault));
        }
    }

    /// <param name="Pages">What was read aside and is not given yet.</param>
    /// <param name="Rest">Reads what is left of it.</param>
    /// <param name="Fault">Why there is no more to read.</param>
    private sealed record Portion(Queue<EventPage> Pages, PageReader Rest, ExceptionDispatchInfo? Fault);
}
