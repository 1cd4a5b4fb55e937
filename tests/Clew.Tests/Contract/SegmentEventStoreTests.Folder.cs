using System.Buffers.Binary;
using Clew.Store;
using Clew.Store.Segments;
using CsCheck;

namespace Clew.Tests.Contract;

public sealed partial class SegmentEventStoreTests
{
    [Fact]
    public async Task A_second_writer_is_refused_and_told_which_process_is_the_first()
    {
        var folder = folders.Next();
        await using var first = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);

        var refused = await Assert.ThrowsAsync<StoreInUseException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));

        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", refused.Message, StringComparison.Ordinal);
        Assert.IsType<AppendResult.Appended>(await first.AppendAsync(Event("a")));
    }

    [Fact]
    public async Task A_second_writer_is_refused_even_where_the_lock_was_deleted_as_a_leftover()
    {
        var folder = folders.Next();
        await using var first = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        File.Delete(Path.Combine(folder, StoreFolder.Lock));

        var refused = await Assert.ThrowsAsync<StoreInUseException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));

        Assert.Contains("LOCK is free: that file was deleted or replaced", refused.Message, StringComparison.Ordinal);
        Assert.IsType<AppendResult.Appended>(await first.AppendAsync(Event("a")));
    }

    [Fact]
    public async Task A_second_writer_that_waits_has_the_store_once_the_first_lets_go()
    {
        var folder = folders.Next();
        var first = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        var opening = SegmentEventStore.OpenAsync(folder, new() { LockWait = TimeSpan.FromMinutes(1), Time = new HandClock() }, Cancellation).AsTask();
        await first.AppendAsync(Event("a"));
        Assert.False(opening.IsCompleted);

        await first.DisposeAsync();

        await using var second = await opening;
        Assert.Single(await AllAsync(second));
    }

    [Fact]
    public async Task Every_append_is_answered_though_the_store_closes_while_more_wait_than_it_takes_in()
    {
        const int appends = 6_000;
        var folder = folders.Next();
        var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        var answers = Enumerable.Range(0, appends).Select(number => store.AppendAsync(new AppendBatch([Event($"s-{number}")]), Cancellation).AsTask()).ToArray();

        await store.DisposeAsync();
        await Task.WhenAll(answers.Select(answer => answer.ContinueWith(
            ended => Assert.True(ended.IsCompletedSuccessfully || ended.Exception?.InnerException is ObjectDisposedException, $"{ended.Exception}"),
            Cancellation, TaskContinuationOptions.None, TaskScheduler.Default)));

        await using var again = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        Assert.Equal(answers.Count(answer => answer.IsCompletedSuccessfully), (await AllAsync(again)).Count);
    }

    [Fact]
    public async Task A_wait_for_the_folder_can_be_cancelled()
    {
        var folder = folders.Next();
        await using var first = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var opening = SegmentEventStore.OpenAsync(folder, new() { LockWait = TimeSpan.FromMinutes(1), Time = new HandClock() }, source.Token).AsTask();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
    }

    [Fact]
    public async Task A_folder_of_other_things_is_refused_and_left_as_it_is()
    {
        var folder = Directory.CreateDirectory(folders.Next()).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "thesis.txt"), "Ariadne", Cancellation);

        await Assert.ThrowsAsync<StoreFormatException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));
        await Assert.ThrowsAsync<StoreFormatException>(async () => await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation));

        Assert.Equal(["thesis.txt"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        Assert.Equal("Ariadne", await File.ReadAllTextAsync(Path.Combine(folder, "thesis.txt"), Cancellation));
    }

    [Fact]
    public async Task A_store_of_a_newer_format_is_refused()
    {
        var folder = folders.Next();
        await (await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation)).DisposeAsync();
        var header = Path.Combine(folder, StoreHeader.FileName);
        var bytes = await File.ReadAllBytesAsync(header, Cancellation);
        bytes[8] = StoreHeader.FormatVersion + 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(60), Clew.Events.Crc32C.Of(bytes.AsSpan(0, 60)));
        await File.WriteAllBytesAsync(header, bytes, Cancellation);

        var before = Bytes(folder);

        var refusals = new[]
        {
            await Assert.ThrowsAsync<StoreFormatException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation)),
            await Assert.ThrowsAsync<StoreFormatException>(async () => await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation)),
            await Assert.ThrowsAsync<StoreFormatException>(async () => await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)),
        };

        Assert.All(refusals, refused => Assert.Contains($"format {StoreHeader.FormatVersion + 1}", refused.Message, StringComparison.Ordinal));
        Assert.Equal(before, Bytes(folder));
    }

    [Fact]
    public async Task A_lock_that_is_a_symbolic_link_is_refused_and_what_it_points_to_is_left_alone()
    {
        var folder = Directory.CreateDirectory(folders.Next()).FullName;
        var victim = folders.Next();
        await File.WriteAllTextAsync(victim, "mine", Cancellation);
        File.CreateSymbolicLink(Path.Combine(folder, StoreFolder.Lock), victim);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));

        Assert.Contains("LOCK is a symbolic link", refused.Message, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(victim, Cancellation));
    }

    [Fact]
    public async Task A_file_where_the_folder_should_be_is_no_store()
    {
        var path = folders.Next();
        await File.WriteAllTextAsync(path, "mine", Cancellation);

        var refusals = new[]
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventStore.OpenAsync(path, cancellation: Cancellation)),
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventReader.OpenAsync(path, cancellation: Cancellation)),
        };

        Assert.All(refusals, refused => Assert.Contains($"{path} is no folder", refused.Message, StringComparison.Ordinal));
        Assert.Equal("mine", await File.ReadAllTextAsync(path, Cancellation));
    }

    [Theory]
    [InlineData(3_650)]
    [InlineData(-2)]
    public async Task A_clock_far_from_the_logs_last_event_is_refused_at_opening_until_it_is_confirmed(int days)
    {
        var folder = folders.Next();
        var clock = new HandClock();
        var options = new SegmentStoreOptions { Time = clock };
        var store = await SegmentEventStore.OpenAsync(folder, options, Cancellation);
        await store.AppendAsync(Event("a"));
        await store.DisposeAsync();
        clock.Jump(TimeSpan.FromDays(days));
        var before = Bytes(folder);

        await using (var again = await SegmentEventStore.OpenAsync(folder, options, Cancellation))
        {
            var refused = await Assert.ThrowsAsync<ClockRefusedException>(async () => await again.AppendAsync(Event("a")));
            Assert.Contains("ClockBounds.Confirmed", refused.Message, StringComparison.Ordinal);
            Assert.Single(await AllAsync(again));
        }

        Assert.Equal(before, Bytes(folder));
        await using var confirmed = await SegmentEventStore.OpenAsync(folder, options with { Clock = new() { Confirmed = true } }, Cancellation);
        Assert.IsType<AppendResult.Appended>(await confirmed.AppendAsync(Event("a")));
    }

    [Fact]
    public Task Without_its_indexes_and_its_mark_a_log_is_still_the_same() =>
        ModelGen.Step.Array[1, 60].SampleAsync(steps => RunAsync([.. steps, new ModelStep.Reopen()], ReopenBareAsync), iter: Histories, print: Printed);

    [Fact]
    public Task Without_its_indexes_and_its_mark_a_long_log_is_still_the_same() =>
        Gen.Select(LongBatches, ModelGen.Read.Array[10]).SampleAsync(
            async (batches, reads) => await RunAsync([.. batches, new ModelStep.Reopen(), .. reads.Select(Stretched)], ReopenBareAsync),
            iter: Histories / 10);

    private async ValueTask<IEventStore> ReopenBareAsync(IEventStore store, ContractOptions options)
    {
        await store.DisposeAsync();
        var folder = folderOf[store];
        foreach (var path in Directory.EnumerateFiles(folder, "*.idx").Append(Path.Combine(folder, Watermark.FileName)))
            File.Delete(path);

        return await ReopenAsync(store, options);
    }
}
