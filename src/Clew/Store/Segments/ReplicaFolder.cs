using Clew.Events;

namespace Clew.Store.Segments;

/// <summary>Which log the folder of a replica is of, and whether it may become or stay one.</summary>
internal static class ReplicaFolder
{
    /// <summary>What a replica of this source says of itself.</summary>
    /// <param name="lineage">Of the log.</param>
    /// <param name="source">Where its events come from; null where that is no folder.</param>
    public static async ValueTask<ReplicaMark> MarkOfAsync(Lineage lineage, IDisk? source)
    {
        if (source is null)
            return new(lineage, "", "");

        var path = Path.TrimEndingDirectorySeparator(source.Name);
        var ofSource = await ReplicaMark.FindAsync(source, await source.ListAsync());
        return new(lineage, path, ofSource?.Original ?? path);
    }

    /// <returns>Null where there is no replica, or no folder.</returns>
    public static async ValueTask<ReplicaState?> StateAsync(string folder, Func<string, IDisk> folderAt)
    {
        try
        {
            return await StateAsync(folderAt(folder));
        }
        catch (DiskException fault) when (fault.Fault == DiskFault.Missing)
        {
            return null;
        }
    }

    /// <summary>Says which log the folder holds, under its lock: it becomes a replica where it is empty.</summary>
    public static async ValueTask<StoreHeader> IdentifyAsync(Surroundings surroundings, IReadOnlyList<string> names, ReplicaMark mark, IDisk? source)
    {
        var (found, store) = await CheckAsync(surroundings.Disk, names, mark, source);

        // Before there is a store, which nobody may take for one that takes appends.
        if (mark != found)
            await mark.PutAsync(surroundings.Disk);
        return store ?? await CreateAsync(surroundings, mark.Lineage, source);
    }

    // With the index key of its source, so that index files of one are such of the other.
    private static async ValueTask<StoreHeader> CreateAsync(Surroundings surroundings, Lineage lineage, IDisk? source)
    {
        if (source is null || await StoreFolder.HeaderAsync(source, await source.ListAsync()) is not { } copied)
            return await StoreFolder.CreateAsync(surroundings, lineage);

        var now = UnixMicroseconds.From(surroundings.Time.GetUtcNow());
        var made = new StoreHeader(lineage, copied.IndexKey, Math.Max(now, copied.MadeAt + 1));
        await StoreFolder.PutAsync(surroundings.Disk, made);
        return made;
    }

    /// <summary>Whether the folder holds the replica that is meant, or nothing.</summary>
    /// <returns>What it says of itself, and which log it holds, as far as there is either.</returns>
    /// <exception cref="ReplicaRefusedException">It holds something else.</exception>
    public static async ValueTask<(ReplicaMark? Mark, StoreHeader? Store)> CheckAsync(
        IDisk disk, IReadOnlyList<string> names, ReplicaMark wanted, IDisk? source)
    {
        var mark = await ReplicaMark.FindAsync(disk, names);
        var store = await StoreFolder.HeaderAsync(disk, names);
        if (store is not null && source is not null && await IsSameFolderAsync(store, source))
            throw new ReplicaRefusedException($"{disk.Name} is the source itself. Give another folder for the replica, an empty one to begin with.");
        if (store is not null && mark is null)
            throw new ReplicaRefusedException($"{disk.Name} is a store of its own, the log {store.Lineage}, and no replica. Give another folder, an empty one to begin with.");
        if (mark is not null && mark.Lineage != wanted.Lineage)
            throw new ReplicaRefusedException($"{disk.Name} is a replica of the log {mark.Lineage}, and this is {wanted.Lineage}. Give another folder, an empty one to begin with.");
        if (mark is not null && store is not null && store.Lineage != mark.Lineage)
            throw new ReplicaRefusedException($"{disk.Name} is becoming a log of its own, which was not finished. Finish it (Promotion.NewEpoch; clew follow --promote --new-epoch).");

        return (mark, store);
    }

    /// <summary>Whether a folder is the one that a store was found in, by whichever path: see <see cref="StoreHeader.IsOfSameFolder"/>.</summary>
    public static async ValueTask<bool> IsSameFolderAsync(StoreHeader store, IDisk other) =>
        await StoreFolder.HeaderAsync(other, await other.ListAsync()) is { } found && found.IsOfSameFolder(store);

    private static async ValueTask<ReplicaState?> StateAsync(IDisk disk)
    {
        var names = await disk.ListAsync();
        if (await ReplicaMark.FindAsync(disk, names) is not { } mark)
            return null;

        var isPromoting = await StoreFolder.HeaderAsync(disk, names) is { } store && store.Lineage != mark.Lineage;
        return new(mark.Lineage, mark.Source.Length == 0 ? null : mark.Source, mark.Original.Length == 0 ? null : mark.Original, isPromoting);
    }
}
