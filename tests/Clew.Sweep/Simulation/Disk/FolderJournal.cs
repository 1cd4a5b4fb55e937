using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Disk;

/// <summary>The names in a folder: as programs see them, and as they would be after a power loss.</summary>
internal sealed class FolderJournal
{
    private readonly List<Change> pending = [];
    private readonly Dictionary<string, StoredFile> durable = [];

    /// <summary>In the order of the names, because a hash table's order is no part of a seed.</summary>
    public SortedDictionary<string, StoredFile> Names { get; private set; } = new(StringComparer.Ordinal);

    /// <summary>Every file that has a name, or would have one after a power loss.</summary>
    public IEnumerable<StoredFile> Files => Names.Values.Concat(durable.Values).Distinct().OrderBy(file => file.Number);

    public void Create(string name, StoredFile file) => Do(new Change(null, name, file));

    public void Rename(string from, string to) => Do(new Change(from, to, Names[from]));

    public void Delete(string name) => Do(new Change(name, null, Names[name]));

    public void Sync() => Keep(_ => true);

    /// <summary>Some names become durable, and some later ones without the earlier; but what concerns one name or file keeps its order.</summary>
    public void SyncSome(Chance chance) => Keep(_ => chance.Happens(0.5));

    /// <returns>How many changes were lost.</returns>
    public int LosePower(PowerLossMode mode, Chance chance)
    {
        var keeps = mode == PowerLossMode.Prefix ? chance.Below(pending.Count + 1) : 0;
        Keep(index => mode switch
        {
            PowerLossMode.Nothing => false,
            PowerLossMode.Everything => true,
            PowerLossMode.Prefix => index < keeps,
            _ => chance.Happens(0.5),
        });
        var lost = pending.Count;
        pending.Clear();
        Names = new(durable, StringComparer.Ordinal);
        return lost;
    }

    private void Do(Change change)
    {
        Apply(Names, change);
        pending.Add(change);
    }

    private void Keep(Func<int, bool> isKept)
    {
        var blocked = new HashSet<object>();
        var lost = new List<Change>();
        for (var index = 0; index < pending.Count; index++)
        {
            var change = pending[index];
            if (!change.Touches.Any(blocked.Contains) && isKept(index))
            {
                Apply(durable, change);
                continue;
            }

            blocked.UnionWith(change.Touches);
            lost.Add(change);
        }

        pending.Clear();
        pending.AddRange(lost);
    }

    private static void Apply(IDictionary<string, StoredFile> names, Change change)
    {
        if (change.From is { } from)
            names.Remove(from);
        if (change.To is { } to)
            names[to] = change.File;
    }

    private sealed record Change(string? From, string? To, StoredFile File)
    {
        public IEnumerable<object> Touches =>
            new object?[] { From, To, File }.Where(touched => touched is not null).Cast<object>();
    }
}
