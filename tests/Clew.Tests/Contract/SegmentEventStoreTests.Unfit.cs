using System.Diagnostics;
using Clew.Store;
using Clew.Store.Segments;

namespace Clew.Tests.Contract;

/// <summary>What may lie in a folder in place of what a store puts there.</summary>
public sealed partial class SegmentEventStoreTests
{
    [Fact]
    public async Task A_folder_of_folders_is_no_store_and_the_root_of_a_file_system_can_become_one()
    {
        var shelf = folders.Next();
        Directory.CreateDirectory(Path.Combine(shelf, "a store"));
        var root = folders.Next();
        Directory.CreateDirectory(Path.Combine(root, "lost+found"));

        var refused = await Assert.ThrowsAsync<StoreFormatException>(async () => await SegmentEventStore.OpenAsync(shelf, cancellation: Cancellation));
        await using var made = await SegmentEventStore.OpenAsync(root, cancellation: Cancellation);

        Assert.Contains("a store/", refused.Message, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(shelf));
        Assert.IsType<AppendResult.Appended>(await made.AppendAsync(Event("a")));
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("00000001-00000000000000000001.seg")]
    public async Task A_store_writes_through_no_symbolic_link_and_can_be_read_through_one(string name)
    {
        var folder = await StoreOfOneAsync();
        var moved = folders.Next();
        File.Move(Path.Combine(folder, name), moved);
        File.CreateSymbolicLink(Path.Combine(folder, name), moved);
        var before = await File.ReadAllBytesAsync(moved, Cancellation);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);

        Assert.Contains($"{name} is a symbolic link", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(moved, Cancellation));
        Assert.Single(await AllAsync(reader));
    }

    [Fact]
    public async Task A_link_where_a_new_file_goes_is_replaced_and_not_followed()
    {
        var folder = Directory.CreateDirectory(folders.Next()).FullName;
        var victim = folders.Next();
        await File.WriteAllTextAsync(victim, "mine", Cancellation);
        File.CreateSymbolicLink(Path.Combine(folder, StoreFolder.UnfinishedStore), victim);

        await (await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation)).DisposeAsync();

        Assert.Equal("mine", await File.ReadAllTextAsync(victim, Cancellation));
        Assert.Null(new FileInfo(Path.Combine(folder, StoreHeader.FileName)).LinkTarget);
    }

    [Fact]
    public async Task A_link_to_nothing_is_no_place_for_a_store()
    {
        var link = folders.Next();
        File.CreateSymbolicLink(link, folders.Next());

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventStore.OpenAsync(link, cancellation: Cancellation));

        Assert.Contains("is a symbolic link to", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("STORE")]
    [InlineData("LOCK")]
    [InlineData("00000001-00000000000000000001.seg")]
    public async Task A_pipe_in_place_of_a_file_is_named_and_nobody_waits_for_it(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes with names are made by mkfifo.");
        var folder = await StoreOfOneAsync();
        File.Delete(Path.Combine(folder, name));
        using (var make = Process.Start("mkfifo", Path.Combine(folder, name)))
            await make.WaitForExitAsync(Cancellation);

        var unwritten = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));

        Assert.Contains($"{name} is no regular file", unwritten.Message, StringComparison.Ordinal);
        if (name != "LOCK")
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation));
    }

    [Fact]
    public async Task A_reader_whose_folder_is_taken_away_says_so()
    {
        var folder = await StoreOfOneAsync();
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        await using var following = reader.SubscribeAsync(new(EventFilter.All), Cancellation).GetAsyncEnumerator(Cancellation);
        await following.MoveNextAsync();

        Directory.Delete(folder, recursive: true);

        var told = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
        {
            while (await following.MoveNextAsync())
            {
            }
        });
        Assert.Contains($"The store in {folder} is gone", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("LOCK")]
    public async Task A_folder_where_a_file_goes_is_named(string name)
    {
        var folder = await StoreOfOneAsync();
        File.Delete(Path.Combine(folder, name));
        Directory.CreateDirectory(Path.Combine(folder, name));

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));

        Assert.Contains($"{name} is a folder, and a store has a file there. Move it away.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mark_that_is_gone_is_named_and_the_next_writer_makes_it_anew()
    {
        var folder = await StoreOfOneAsync();
        File.Delete(Path.Combine(folder, Watermark.FileName));

        var unread = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation));
        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);
        await (await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation)).DisposeAsync();

        Assert.Equal(new Damage(Watermark.FileName, null, null, "it is missing"), unread.Damage);
        Assert.Contains("Open the store for writing once", unread.Message, StringComparison.Ordinal);
        Assert.Equal((false, Watermark.FileName), (report.IsSound, report.FirstDamage?.File));
        await using var reader = await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation);
        Assert.Single(await AllAsync(reader));
    }

    [Fact]
    public async Task A_mark_that_was_cut_short_is_whole_again_once_a_writer_has_opened_the_store()
    {
        var folder = await StoreOfOneAsync();
        await File.WriteAllBytesAsync(Path.Combine(folder, Watermark.FileName), [1, 2, 3], Cancellation);

        await using var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);

        Assert.Equal(Watermark.FileBytes, new FileInfo(Path.Combine(folder, Watermark.FileName)).Length);
        Assert.Single(await AllAsync(store));
    }

    [Fact]
    public async Task A_store_whose_segments_are_gone_is_damaged_to_all_who_look()
    {
        var folder = await StoreOfOneAsync();
        File.Delete(Path.Combine(folder, "00000001-00000000000000000001.seg"));

        var unread = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation));
        var unwritten = await Assert.ThrowsAsync<StoreCorruptedException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation));
        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);

        Assert.Equal(unread.Damage, unwritten.Damage);
        Assert.Equal(unread.Damage, report.FirstDamage);
        Assert.False(report.IsSound);
    }

    [Fact]
    public async Task Events_that_only_an_index_still_knows_are_damage_of_the_log_and_not_of_the_index()
    {
        var folder = folders.Next();
        await using (var store = await SegmentEventStore.OpenAsync(folder, OptionsOf(new()), Cancellation))
        {
            for (var number = 0; number < 40; number++)
                await store.AppendAsync(new AppendBatch([.. Enumerable.Range(0, 40).Select(_ => Event("a"))]), Cancellation);
        }

        File.Delete(Path.Combine(folder, Watermark.FileName));
        foreach (var segment in Directory.EnumerateFiles(folder, "*.seg").Order(StringComparer.Ordinal).TakeLast(2))
            File.Delete(segment);
        var report = await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation);

        Assert.Contains("were indexed", report.FirstDamage?.What, StringComparison.Ordinal);
        Assert.Empty(report.IndexDamage);
    }

    [Fact]
    public void A_user_without_permission_is_told_and_changes_nothing() => Permissions.WithoutAny(folders.Next(), async folder =>
    {
        await using var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        await store.AppendAsync(Event("a"));
    }, async folder =>
    {
        var refusals = new[]
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation)),
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentEventReader.OpenAsync(folder, cancellation: Cancellation)),
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await SegmentStoreVerification.RunAsync(folder, cancellation: Cancellation)),
        };

        Assert.All(refusals, refused => Assert.Contains("Run as a user who may", refused.Message, StringComparison.Ordinal));
    });

    private async Task<string> StoreOfOneAsync()
    {
        var folder = folders.Next();
        await using var store = await SegmentEventStore.OpenAsync(folder, cancellation: Cancellation);
        await store.AppendAsync(Event("a"));
        return folder;
    }

    // All but the lock, which names its last holder, and the mark, which counts how often it was written.
    private static SortedDictionary<string, string> Bytes(string folder) => new(Directory.EnumerateFiles(folder)
        .Where(path => Path.GetFileName(path) is not (StoreFolder.Lock or Watermark.FileName))
        .ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))));
}
