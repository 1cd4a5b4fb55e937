using System.Text;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Contract;

/// <summary>What erasing leaves in a real folder, and what others see who look into it meanwhile.</summary>
public sealed partial class SegmentEventStoreTests
{
    [Fact]
    public async Task After_erasing_no_file_of_the_folder_holds_any_of_the_content()
    {
        var folder = folders.Next();
        var options = new ContractOptions();
        await using (var store = await OpenAsync(folder, options))
        {
            for (var batch = 0; batch < 60; batch++)
                await store.AppendAsync(Batch([.. Enumerable.Range(0, 30).Select(_ => Canary("sings", "k:sings")), Canary("stays", "k:stays")]), Cancellation);
        }

        Assert.Contains(Directory.EnumerateFiles(folder), file => Holds(file, "canary-sings"));
        await using (var store = await OpenAsync(folder, options))
            Assert.Equal(Erased(1_800, 0, 1_861, 1_862), await EraseAsync(store, new EraseTarget.Matching(Query.Tags("k:sings"))));

        Assert.All(Directory.EnumerateFiles(folder), file => Assert.False(Holds(file, "canary-sings"), file));
        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);
        Assert.True(report.IsSound);
        Assert.Empty(report.Notes);
        await using var again = await OpenAsync(folder, options);
        Assert.All(await AllAsync(again, ReadRequest.Matching(Query.Tags("k:stays"))), stays => Assert.Contains("canary-stays", Encoding.UTF8.GetString(stays.Data.Span), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_reads_or_verifies_beside_an_erasure_finds_no_damage_and_then_none_of_the_content()
    {
        var folder = folders.Next();
        await using var store = await OpenAsync(folder, new());
        for (var batch = 0; batch < 60; batch++)
            await store.AppendAsync(Batch([.. Enumerable.Range(0, 20).Select(number => Canary($"{number % 4}", "k:1"))]), Cancellation);
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        var before = await AllAsync(reader);

        var erasing = Task.Run(async () =>
        {
            for (var position = 1; position <= 200; position++)
                await EraseAsync(store, At(position));
            await EraseAsync(store, new EraseTarget.OfStream("2"));
        }, Cancellation);
        var reading = Task.Run(async () =>
        {
            while (!erasing.IsCompleted)
            {
                foreach (var pair in before.Zip(await AllAsync(reader)))
                    AssertSameOrErased(pair.First, pair.Second);
                for (var position = 1; position <= 200; position += 20)
                    AssertSameOrErased(before[position - 1], Assert.Single(await AllAsync(reader, new EraseTarget.Position(At(position)).ToRead())));
            }
        }, Cancellation);
        var opening = Task.Run(async () =>
        {
            while (!erasing.IsCompleted)
            {
                await using var late = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
                foreach (var pair in before.Zip(await AllAsync(late)))
                    AssertSameOrErased(pair.First, pair.Second);
                Assert.Null((await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)).FirstDamage);
            }
        }, Cancellation);
        await Task.WhenAll(erasing, reading, opening);

        var head = await store.HeadAsync(Cancellation);
        await FollowedAsync(reader, EventFilter.All, head.Position.Value);
        for (var position = 1; position <= 200; position++)
            Assert.True(Assert.Single(await AllAsync(reader, new EraseTarget.Position(At(position)).ToRead())).IsErased);
        Assert.All(await AllAsync(reader, ReadRequest.Stream("2")), recorded => Assert.True(recorded.IsErased));
    }

    private static EventData Canary(string stream, string tag) => new(stream, "sang", Encoding.UTF8.GetBytes($"{new string('.', 100)}canary-{stream}{new string('.', 300)}"))
    {
        Metadata = Encoding.UTF8.GetBytes($"canary-{stream}"),
        Tags = [tag],
    };

    private static bool Holds(string file, string text) => File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
}
