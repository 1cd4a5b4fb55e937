using System.Buffers;
using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>
/// Makes the leaves of events that follow each other, out of their records where these lie: nobody keeps what was read, and nobody asks for
/// events.
/// </summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class LeafReader(LogView view, LeafHasher hasher)
{
    private const int WindowBytes = 256 * 1024;
    private const int TogetherEvents = 1024;

    /// <summary>Where the last one ends is not known; most are not longer than this.</summary>
    private const int LastBytes = 4 * 1024;

    private readonly uint[] offsets = new uint[TogetherEvents];

    /// <summary>Reads the events between two positions.</summary>
    /// <param name="after">The position before the first.</param>
    /// <param name="upTo">The last position; durable.</param>
    /// <param name="leaves">Where theirs are added.</param>
    /// <exception cref="StoreCorruptedException">One of them is not there as it was written.</exception>
    public async ValueTask ReadAsync(long after, long upTo, List<Digest> leaves)
    {
        var parts = view.Parts;
        var window = ArrayPool<byte>.Shared.Rent(WindowBytes);
        try
        {
            for (var done = after; done < upTo;)
            {
                var read = await ReadTogetherAsync(parts, done + 1, upTo, window);
                if (read == 0)
                    hasher.Add((await new RecordReader(view, parts).ReadAsync(done + 1)).Record);

                hasher.MoveTo(leaves);
                done += Math.Max(1, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    /// <returns>How many of them were read; none where the first is too long for this, is being erased, or is damaged.</returns>
    private async ValueTask<int> ReadTogetherAsync(IndexParts parts, long first, long upTo, byte[] window)
    {
        var segment = view.Segments.Of(first);
        var part = parts[parts.IndexOf(first)];
        var last = Math.Min(Math.Min(part.Last, view.Segments.FirstAfter(segment) - 1), upTo);
        var count = (int)Math.Min(TogetherEvents, last - first + 1);
        await part.OffsetsAsync(first, offsets.AsMemory(0, count));

        var wanted = Math.Clamp((long)offsets[count - 1] - offsets[0] + LastBytes, 0, window.Length);
        var length = await view.Segments.ReadAsync(segment, window.AsMemory(0, (int)wanted), offsets[0]);
        for (var index = 0; index < count; index++)
        {
            var at = (int)(offsets[index] - offsets[0]);
            if (!RecordReader.IsEvent(segment, window.AsSpan(0, length), at, first + index, out var recordBytes))
                return index;
            hasher.Add(window.AsSpan(at, recordBytes));
        }

        return count;
    }
}
