using System.Runtime.CompilerServices;

namespace Clew.Store.Segments.Indexes;

/// <summary>
/// Entries in chunks of one size, so that a list of many megabytes grows without being copied and without garbage of its own size. One
/// writer; what a reader knows to be there it may read meanwhile.
/// </summary>
internal sealed class ChunkedList<T>
{
    private const int ChunkBits = 14;
    private const int ChunkEntries = 1 << ChunkBits;

    private T[][] chunks = [new T[64]];

    public int Count { get; private set; }

    public ref T this[int index] => ref chunks[index >> ChunkBits][index & (ChunkEntries - 1)];

    public void Add(T entry)
    {
        if ((Count >> ChunkBits) >= chunks.Length || (Count & (ChunkEntries - 1)) >= chunks[^1].Length)
            Grow();

        chunks[^1][Count & (ChunkEntries - 1)] = entry;
        Count++;
    }

    public void RemoveLast()
    {
        Count--;
        if (Count > 0 && (Count & (ChunkEntries - 1)) == 0)
            chunks = chunks[..^1];
    }

    /// <summary>The entries from an index on, as many as the target takes.</summary>
    public void CopyTo(int index, Span<T> target)
    {
        while (!target.IsEmpty)
        {
            var start = index & (ChunkEntries - 1);
            var count = Math.Min(target.Length, ChunkEntries - start);
            chunks[index >> ChunkBits].AsSpan(start, count).CopyTo(target);
            target = target[count..];
            index += count;
        }
    }

    public T[] ToArray()
    {
        var all = new T[Count];
        CopyTo(0, all);
        return all;
    }

    // The first chunk begins small; the others have their full size.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        if (chunks[^1].Length == ChunkEntries)
        {
            chunks = [.. chunks, new T[ChunkEntries]];
            return;
        }

        var larger = new T[chunks[^1].Length * 2];
        chunks[^1].CopyTo(larger, 0);
        chunks = [.. chunks[..^1], larger];
    }
}
