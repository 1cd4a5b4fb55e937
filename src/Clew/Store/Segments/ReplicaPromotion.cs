namespace Clew.Store.Segments;

/// <summary>Makes a replica a store that takes appends, in steps each of which leaves a replica that can be promoted again, until the last.</summary>
/// <param name="surroundings">The replica's disk, time, chance and threads.</param>
/// <param name="options">How it is opened.</param>
/// <param name="folderAt">Finds another folder.</param>
internal sealed class ReplicaPromotion(Surroundings surroundings, SegmentStoreOptions options, Func<string, IDisk> folderAt)
{
    private readonly IDisk disk = surroundings.Disk;

    /// <returns>Where the log stands, and which it is from now on.</returns>
    public async ValueTask<LogHead> RunAsync(Promotion promotion, CancellationToken cancellation)
    {
        // A folder that is no replica is left without even a lock.
        await MarkAsync(disk);
        using var folderLock = await FolderLock.TakeAsync(surroundings, options.LockWait, cancellation);
        var mark = await MarkAsync(disk);
        var store = await StoreAsync(disk);
        RefuseHalfway(promotion, mark, store);

        var head = await RecoverAsync();
        using var original = promotion == Promotion.SameLog ? await OriginalLog.HoldAsync(surroundings, mark, store, head.Position.Value, folderAt, cancellation) : null;
        if (promotion == Promotion.NewEpoch)
        {
            await StoreFolder.PutAsync(disk, store with { Lineage = mark.Lineage with { Epoch = mark.Lineage.Epoch + 1 } });
            head = await RecoverAsync();
        }

        await disk.DeleteAsync(ReplicaMark.FileName);
        await disk.SyncFolderAsync();
        return head;
    }

    /// <summary>Only the look; the original is let go again.</summary>
    /// <exception cref="PromotionRefusedException">It may not be promoted so.</exception>
    public static async ValueTask<bool> CheckAsync(
        Surroundings surroundings, Promotion promotion, Func<string, IDisk> folderAt, CancellationToken cancellation)
    {
        var mark = await MarkAsync(surroundings.Disk);
        var store = await StoreAsync(surroundings.Disk);
        RefuseHalfway(promotion, mark, store);
        if (promotion == Promotion.SameLog)
        {
            var end = await OriginalLog.EndAsync(surroundings, store);
            using var original = await OriginalLog.HoldAsync(surroundings, mark, store, end, folderAt, cancellation);
        }

        return true;
    }

    private static async ValueTask<ReplicaMark> MarkAsync(IDisk disk) =>
        await ReplicaMark.FindAsync(disk, await disk.ListAsync()) ?? throw new PromotionRefusedException(
            $"{disk.Name} holds no replica, so there is nothing to promote. A store takes appends as it is.");

    private static async ValueTask<StoreHeader> StoreAsync(IDisk disk) =>
        await StoreFolder.HeaderAsync(disk, await disk.ListAsync()) ?? throw new PromotionRefusedException(
            $"The making of the replica in {disk.Name} was not finished, and it holds no events. Have it follow its source again, or remove it.");

    private static void RefuseHalfway(Promotion promotion, ReplicaMark mark, StoreHeader store)
    {
        if (promotion == Promotion.SameLog && store.Lineage != mark.Lineage)
        {
            throw new PromotionRefusedException(
                $"The replica is becoming a log of its own, {store.Lineage}, and can no longer be {mark.Lineage}. Finish it (Promotion.NewEpoch; clew follow --promote --new-epoch).");
        }
    }

    /// <summary>Finds the end of the log, and marks it as clean, under the identity that the folder has now.</summary>
    private async ValueTask<LogHead> RecoverAsync()
    {
        var log = await OpenLog.OpenAsync(surroundings, options, NoLock.Instance, async (_, _) => await StoreAsync(disk));
        var head = log.View.Head;
        await log.CloseAsync();
        return head;
    }
}
