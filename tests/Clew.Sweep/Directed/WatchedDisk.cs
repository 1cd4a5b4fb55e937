using Clew.Store.Segments;
using Clew.Sweep.Commands;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Directed;

/// <summary>
/// A disk in memory that knows what its device would hold if the power went now, and on which a read or a flush can be held back for as
/// long as something else is to happen first.
/// </summary>
internal sealed class WatchedDisk(MemoryDisk cache) : IDisk
{
    private readonly Dictionary<string, Flushed> flushed =
        cache.Names.ToDictionary(name => name, name => new Flushed(name) { Bytes = cache[name] });

    private HashSet<string> durableNames = [.. cache.Names];
    private Hold? heldRead;
    private Hold? heldAnswer;
    private Hold? heldFlush;

    public string Name => cache.Name;

    /// <summary>As the system has it: what the next process finds after a kill.</summary>
    public MemoryDisk Cache => cache;

    /// <summary>Called before a read, with the name of its file.</summary>
    public Action<string>? Reading { get; set; }

    /// <summary>Called before a write, with the name of its file and its place.</summary>
    public Action<string, long>? Writing { get; set; }

    /// <summary>Called after a write, with the same.</summary>
    public Action<string, long>? Written { get; set; }

    /// <summary>Called before a file is opened, with its name.</summary>
    public Action<string>? Opening { get; set; }

    /// <summary>Called before a file is removed, with its name.</summary>
    public Action<string>? Deleting { get; set; }

    /// <summary>Called before a file gets another name, with both.</summary>
    public Action<string, string>? Renaming { get; set; }

    /// <summary>Called after anything on the disk changed: bytes, what is flushed of them, or a name.</summary>
    public Action? Changed { get; set; }

    /// <summary>Whether a file would be there after a power loss.</summary>
    public bool HasDurable(string name) => durableNames.Contains(name);

    /// <summary>Whether all of a file's bytes are on the device.</summary>
    public bool IsFlushed(string name) => flushed[name].Bytes.AsSpan().SequenceEqual(cache[name]);

    /// <summary>As the device has it: what is found after a power loss that takes every byte it can take, and no name.</summary>
    public MemoryDisk Device()
    {
        var device = new MemoryDisk();
        foreach (var name in cache.Names)
            device[name] = flushed[name].Bytes;
        return device;
    }

    /// <summary>The same, with the names that are on the device: what was named since is lost, and what was removed since is back.</summary>
    public MemoryDisk DeviceAsNamed()
    {
        var device = new MemoryDisk();
        foreach (var name in durableNames.Where(flushed.ContainsKey))
            device[name] = flushed[name].Bytes;
        return device;
    }

    /// <summary>Opens the store as a new process, does something with it, and lets the process die.</summary>
    public T With<T>(Func<SegmentEventStore, SimulatedProcess, Task<T>> work) => Laboratory.Run(this, cache, Laboratory.Options, work);

    public void With(Func<SegmentEventStore, SimulatedProcess, Task> work) => With(async (store, process) =>
    {
        await work(store, process);
        return true;
    });

    /// <summary>Holds back the next read of a file with such a name.</summary>
    public Hold HoldRead(string suffix) => heldRead = new(suffix);

    /// <summary>Holds back what the next read of a file with such a name has found.</summary>
    public Hold HoldAnswer(string suffix) => heldAnswer = new(suffix);

    /// <summary>Holds back the next flush of a file with such a name.</summary>
    public Hold HoldFlush(string suffix) => heldFlush = new(suffix);

    public ValueTask<IReadOnlyList<string>> ListAsync() => cache.ListAsync();

    public async ValueTask<IDiskFile> OpenAsync(string name, FileUse use)
    {
        Opening?.Invoke(name);
        var file = await cache.OpenAsync(name, use);
        if (use == FileUse.Create)
        {
            flushed[name] = new(name);
            Changed?.Invoke();
        }

        flushed.TryAdd(name, new(name));
        return new WatchedFile(this, file, flushed[name]);
    }

    public ValueTask RenameAsync(string from, string to)
    {
        Renaming?.Invoke(from, to);
        flushed.Remove(from, out var moved);
        flushed[to] = moved!;
        moved!.Name = to;
        var renamed = cache.RenameAsync(from, to);
        Changed?.Invoke();
        return renamed;
    }

    public ValueTask DeleteAsync(string name)
    {
        Deleting?.Invoke(name);
        var deleted = cache.DeleteAsync(name);
        Changed?.Invoke();
        return deleted;
    }

    public ValueTask SyncFolderAsync()
    {
        durableNames = [.. cache.Names];
        return default;
    }

    public ValueTask<IDisposable?> TryLockAsync(string name, string? holder)
    {
        flushed.TryAdd(name, new(name));
        return cache.TryLockAsync(name, holder);
    }

    /// <summary>One call that does not go on before it is let go.</summary>
    internal sealed class Hold(string suffix)
    {
        private readonly TaskCompletionSource gate = new();

        /// <summary>Whether the call has come and waits.</summary>
        public bool IsReached { get; private set; }

        public void LetGo() => gate.SetResult();

        public Task PassAsync(string name)
        {
            if (IsReached || !name.EndsWith(suffix, StringComparison.Ordinal))
                return Task.CompletedTask;

            IsReached = true;
            return gate.Task;
        }
    }

    private sealed class Flushed(string name)
    {
        public string Name { get; set; } = name;

        public byte[] Bytes { get; set; } = [];
    }

    private sealed class WatchedFile(WatchedDisk disk, IDiskFile inner, Flushed flushed) : IDiskFile
    {
        public ValueTask<long> LengthAsync() => inner.LengthAsync();

        public async ValueTask<int> ReadAsync(Memory<byte> target, long offset)
        {
            if (disk.heldRead is { } held)
                await held.PassAsync(flushed.Name);
            disk.Reading?.Invoke(flushed.Name);
            var read = await inner.ReadAsync(target, offset);
            if (disk.heldAnswer is { } answer)
                await answer.PassAsync(flushed.Name);
            return read;
        }

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset)
        {
            disk.Writing?.Invoke(flushed.Name, offset);
            await inner.WriteAsync(bytes, offset);
            disk.Written?.Invoke(flushed.Name, offset);
            disk.Changed?.Invoke();
        }

        public async ValueTask SyncAsync()
        {
            if (disk.heldFlush is { } held)
                await held.PassAsync(flushed.Name);
            flushed.Bytes = disk.Cache[flushed.Name];
            disk.Changed?.Invoke();
        }

        public void Dispose() => inner.Dispose();
    }
}
