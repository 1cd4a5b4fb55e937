using Clew.Store.Segments.Indexes;
using CsCheck;

namespace Clew.Tests.Store;

public sealed class IdTableTests
{
    [Fact]
    public void It_knows_the_latest_place_of_each_id_and_nothing_that_was_taken_back_whenever_it_is_asked() =>
        Gen.Select(Gen.Int[0, 40], Gen.Frequency((6, Gen.Const(Step.Add)), (3, Gen.Const(Step.RemoveLast)), (1, Gen.Const(Step.Find)))).Array[0, 400].Sample(steps =>
        {
            var table = new IdTable(new KeyHasher(7));
            var model = new List<Guid>();
            foreach (var (number, step) in steps)
            {
                if (step == Step.Find)
                {
                    Assert.Equal(model.LastIndexOf(IdOf(number)), table.Find(IdOf(number)));
                }
                else if (step == Step.Add || model.Count == 0)
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

            Assert.Equal(model, table.Ids.ToArray());
            Assert.All(Enumerable.Range(0, 41), number => Assert.Equal(model.LastIndexOf(IdOf(number)), table.Find(IdOf(number))));
        });

    private enum Step
    {
        Add,
        RemoveLast,
        Find,
    }

    private static Guid IdOf(int number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}
