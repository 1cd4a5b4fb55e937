using System.Text;
using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Indexes;

public sealed class KeyTableTests
{
    // So few hashes that nearly every name shares one, and many share a slot.
    private static readonly Gen<(int Name, int Hash)> Key = Gen.Int[0, 300].Select(name => (name, name % 7 * 64));

    [Fact]
    public void It_holds_what_a_dictionary_of_lists_holds_also_when_additions_are_taken_back() =>
        Gen.Select(Key, Gen.Int[0, 3]).Array[1, 600].Sample(steps =>
        {
            var table = new KeyTable();
            var added = new Stack<(int Name, int Hash)>();
            var model = new Dictionary<int, List<int>>();
            for (var ordinal = 0; ordinal < steps.Length; ordinal++)
            {
                var (key, takenBack) = steps[ordinal];
                for (; takenBack > 1 && added.TryPop(out var last); takenBack--)
                {
                    table.RemoveLast((ulong)last.Hash, Bytes(last.Name));
                    model[last.Name].RemoveAt(model[last.Name].Count - 1);
                }

                var ordinals = model.TryGetValue(key.Name, out var known) ? known : model[key.Name] = [];
                table.Add((ulong)key.Hash, Bytes(key.Name), ordinal, version: 50 + ordinals.Count);
                ordinals.Add(ordinal);
                added.Push(key);
            }

            for (var name = 0; name <= 300; name++)
                Check(table, name, model.GetValueOrDefault(name) ?? [], upTo: steps.Length * 2 / 3);
        });

    private static void Check(KeyTable table, int name, List<int> ordinals, int upTo)
    {
        var hash = (ulong)(name % 7 * 64);
        Assert.Equal(ordinals, table.ChainOf(hash, Bytes(name), int.MaxValue).After(-1));

        var chain = table.ChainOf(hash, Bytes(name), upTo);
        var expected = ordinals.Where(ordinal => ordinal <= upTo).ToList();
        Assert.Equal(expected.Count, chain.Count);
        Assert.Equal(expected.Count == 0 ? -1 : expected[^1], chain.Ordinal);
        if (expected.Count > 0)
            Assert.Equal(50 + expected.Count - 1, chain.Version);

        chain.SeekBack(upTo / 2);
        Assert.Equal(ordinals.LastOrDefault(ordinal => ordinal <= upTo / 2, -1), chain.Ordinal);
        Assert.Equal(ordinals.Where(ordinal => ordinal > upTo / 4 && ordinal <= upTo / 2), chain.After(upTo / 4));
    }

    private static byte[] Bytes(int name) => Encoding.UTF8.GetBytes($"name-{name}");
}
