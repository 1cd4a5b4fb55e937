using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Store;

public sealed class IdTableTests
{
    [Fact]
    public void It_knows_the_latest_place_of_each_id_and_nothing_that_was_taken_back() =>
        Gen.Select(Gen.Int[0, 40], Gen.Bool).Array[0, 400].Sample(steps =>
        {
            var table = new IdTable(new KeyHasher(7));
            var model = new List<Guid>();
            foreach (var (number, isAddition) in steps)
            {
                if (isAddition || model.Count == 0)
                {
                    table.Add(IdOf(number));
                    model.Add(IdOf(number));
                }
                else
                {
                    table.RemoveLast();
                    model.RemoveAt(model.Count - 1);
                }
            }

            return table.Ids.ToArray().SequenceEqual(model) && Enumerable.Range(0, 41).All(number => table.Find(IdOf(number)) == model.LastIndexOf(IdOf(number)));
        });

    private static Guid IdOf(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}
