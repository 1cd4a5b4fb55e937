using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Store;

public sealed class ChunkedListTests
{
    [Fact]
    public void It_holds_what_a_list_holds_across_the_edges_of_its_chunks() =>
        Gen.Select(Gen.Int[0, 40_000], Gen.Int[0, 300], Gen.Int[0, 300]).Sample((first, removed, second) =>
        {
            var (chunked, list) = (new ChunkedList<int>(), new List<int>());
            Add(first);
            for (var count = Math.Min(removed, list.Count); count > 0; count--)
            {
                chunked.RemoveLast();
                list.RemoveAt(list.Count - 1);
            }

            Add(second);
            var part = new int[list.Count / 2];
            chunked.CopyTo(list.Count / 3, part);
            return chunked.Count == list.Count && chunked.ToArray().SequenceEqual(list) && part.SequenceEqual(list.Skip(list.Count / 3).Take(part.Length))
                && (list.Count == 0 || chunked[list.Count - 1] == list[^1]);

            void Add(int count)
            {
                for (; count > 0; count--)
                {
                    chunked.Add(list.Count * 7);
                    list.Add(list.Count * 7);
                }
            }
        });
}
