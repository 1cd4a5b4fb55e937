using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Tests.Contract;
using Clew.Tests.House;

namespace Clew.Tests.Golden;

public sealed class GoldenTests : IDisposable
{
    private const string Kept = "tests/Clew.Tests/Golden/format-1";
    private const string KeptErasing = "tests/Clew.Tests/Golden/format-1-erasing";

    private readonly TestFolder folders = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folders.Dispose();

    [Fact]
    public void The_same_appends_give_the_same_bytes_as_ever() => CheckBytes(GoldenLog.Write(), Kept);

    [Fact]
    public void The_same_erasure_gives_the_same_bytes_as_ever() => CheckBytes(GoldenLog.WriteErasing(), KeptErasing);

    [Fact]
    public async Task The_kept_store_in_which_an_erasure_was_cut_short_reads_the_same_before_and_after_it_is_ended()
    {
        var folder = Copy(KeptErasing);
        List<RecordedEvent> before, after;
        await using (var reader = await SegmentEventReader.OpenAsync(folder, GoldenLog.Options, Cancellation))
            before = await reader.ReadEventsAsync(ReadRequest.All, Cancellation).ToListAsync(Cancellation);
        await using (var store = await SegmentEventStore.OpenAsync(folder, GoldenLog.Options, Cancellation))
            after = await store.ReadEventsAsync(ReadRequest.All, Cancellation).ToListAsync(Cancellation);

        Assert.Equal(before, after);
        Assert.All(after, recorded => Assert.Equal(recorded.Stream == new StreamName("account-1"), recorded.IsErased));
        Assert.Equal(3, after.Count(recorded => recorded.IsErased));
        Assert.Equal(EraseRequest.RecordStream, after[^1].Stream);
        Assert.False(File.Exists(Path.Combine(folder, ErasureJournal.FileName)));
        Assert.True((await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)).IsSound);
    }

    [Fact]
    public async Task The_kept_store_is_sound()
    {
        var report = await SegmentStoreVerification.RunAsync(Copy(), cancellation: Cancellation);

        Assert.True(report.IsSound, $"{report.FirstDamage}");
        Assert.Empty(report.Notes);
        Assert.Equal((GoldenLog.Batches.Sum(batch => batch.Events.Count), 2, 1), (report.Events, report.Segments, report.IndexFiles));
    }

    [Fact]
    public async Task The_kept_store_opens_and_reads_as_what_was_appended()
    {
        await using var store = await SegmentEventStore.OpenAsync(Copy(), GoldenLog.Options, Cancellation);

        await CheckAsync(store);
    }

    [Fact]
    public async Task The_kept_store_opens_for_reading_and_reads_as_what_was_appended()
    {
        await using var reader = await SegmentEventReader.OpenAsync(Copy(), GoldenLog.Options, Cancellation);

        await CheckAsync(reader);
    }

    [Fact]
    public async Task The_kept_store_reads_the_same_without_its_index_and_its_mark()
    {
        var folder = Copy();
        foreach (var path in Directory.EnumerateFiles(folder, "*.idx").Append(Path.Combine(folder, Watermark.FileName)))
            File.Delete(path);
        await using var store = await SegmentEventStore.OpenAsync(folder, GoldenLog.Options, Cancellation);

        await CheckAsync(store);
    }

    [Fact]
    public async Task The_kept_store_knows_its_batches_and_takes_new_ones()
    {
        var folder = Copy();
        var last = GoldenLog.Batches.Sum(batch => batch.Events.Count);
        await using (var store = await SegmentEventStore.OpenAsync(folder, GoldenLog.Options, Cancellation))
        {
            var again = (AppendResult.Appended)await store.AppendAsync(GoldenLog.Batches[3], Cancellation);
            var added = (AppendResult.Appended)await store.AppendAsync(
                new EventData("account-1", "account-closed", default), new AppendCondition.StreamAtVersion("account-1", new(3)));

            Assert.Equal((4, 6), (again.First.Value, again.Last.Value));
            Assert.Equal((last + 1, 4), (added.Last.Value, added.Version.Value));
        }

        Assert.True((await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)).IsSound);
    }

    private static void CheckBytes(MemoryDisk written, string kept)
    {
        var folder = Repository.PathOf(kept);
        if (Environment.GetEnvironmentVariable("CLEW_ACCEPT") == "1" && !Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            foreach (var name in written.Names)
                File.WriteAllBytes(Path.Combine(folder, name), written[name]);
        }

        Assert.Equal(Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal), written.Names);
        Assert.All(written.Names, name =>
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, name));
            Assert.True(bytes.AsSpan().SequenceEqual(written[name]), $"{name} is another from byte {bytes.AsSpan().CommonPrefixLength(written[name])} on");
        });
    }

    private string Copy(string kept = Kept)
    {
        var folder = Directory.CreateDirectory(folders.Next()).FullName;
        foreach (var path in Directory.EnumerateFiles(Repository.PathOf(kept)))
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        return folder;
    }

    private static async Task CheckAsync(IEventReader store)
    {
        var recorded = await store.ReadEventsAsync(ReadRequest.All, Cancellation).ToListAsync(Cancellation);
        var versions = new Dictionary<StreamName, long>();
        var expected = GoldenLog.Batches
            .SelectMany(batch => batch.Events.Select((data, index) => (Data: data, Index: index, batch.Events.Count)))
            .ToArray();

        Assert.Equal(expected.Length, recorded.Count);
        for (var index = 0; index < expected.Length; index++)
        {
            var data = expected[index].Data;
            var version = versions[data.Stream] = versions.GetValueOrDefault(data.Stream) + 1;
            AssertSame(data, recorded[index]);
            Assert.Equal((index + 1, version), (recorded[index].Position.Value, recorded[index].Version.Value));
            Assert.Equal((expected[index].Index, expected[index].Count), (recorded[index].BatchIndex, recorded[index].BatchCount));
        }

        foreach (var (stream, version) in versions)
        {
            Assert.Equal(
                recorded.Where(one => one.Stream == stream),
                await store.ReadEventsAsync(ReadRequest.Stream(stream), Cancellation).ToListAsync(Cancellation));
            Assert.Equal(version, recorded.Count(one => one.Stream == stream));
        }

        foreach (var tag in recorded.SelectMany(one => one.Tags).Distinct())
        {
            Assert.Equal(
                recorded.Where(one => one.Tags.Contains(tag)),
                await store.ReadEventsAsync(ReadRequest.Matching(Query.Tags(tag)), Cancellation).ToListAsync(Cancellation));
        }
    }

    private static void AssertSame(EventData data, RecordedEvent recorded)
    {
        Assert.Equal((data.Id, data.Stream, data.Type), (recorded.Id, recorded.Stream, recorded.Type));
        Assert.Equal((data.SchemaVersion, data.ContentType), (recorded.SchemaVersion, recorded.ContentType));
        Assert.Equal((GoldenLog.Moment, data.OccurredAt ?? GoldenLog.Moment), (recorded.RecordedAt, recorded.OccurredAt));
        Assert.Equal((data.CorrelationId, data.CausationId), (recorded.CorrelationId, recorded.CausationId));
        Assert.Equal(data.Tags, recorded.Tags);
        Assert.True(data.Data.Span.SequenceEqual(recorded.Data.Span));
        Assert.True(data.Metadata.Span.SequenceEqual(recorded.Metadata.Span));
    }
}
