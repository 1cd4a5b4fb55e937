using Clew.Store.Segments;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Disk;

/// <summary>The folder on the simulated machine: it outlives processes, and loses at a power loss what was not synced.</summary>
internal sealed class SimulatedDisk(Scheduler scheduler, FaultCounts counts, Chance chance)
{
    private readonly FolderJournal folder = new();
    private readonly List<DiskCall> underWay = [];
    private readonly Dictionary<string, SimulatedProcess> locks = [];
    private int files;
    private int misdirected;

    public DiskFaults Faults { get; set; } = new();

    /// <summary>No space is left.</summary>
    public bool IsFull { get; set; }

    public long Calls { get; private set; }

    /// <summary>The names of the files, in order.</summary>
    public IReadOnlyCollection<string> Names => folder.Names.Keys;

    /// <summary>The folder as one process sees it.</summary>
    public IDisk For(SimulatedProcess process) => new ProcessDisk(this, process);

    public StoredFile? Find(string name) => folder.Names.GetValueOrDefault(name);

    /// <summary>The process is gone: of what it had asked for, each call was still done, in part, or not at all.</summary>
    public void Forget(SimulatedProcess process)
    {
        foreach (var call in underWay.Where(call => call.Process == process).ToArray())
        {
            underWay.Remove(call);
            counts.Add(FaultKind.InterruptedCall);
            if (chance.Happens(0.6))
                call.Interrupt(chance);
        }

        foreach (var name in locks.Where(held => held.Value == process).Select(held => held.Key).ToArray())
            locks.Remove(name);
    }

    /// <summary>Every process must be gone already.</summary>
    public void LosePower(PowerLossMode mode)
    {
        counts.Add(FaultKind.LostName, folder.LosePower(mode, chance));
        foreach (var file in folder.Files)
        {
            var (lost, torn) = file.LosePower(MixedUp(mode), chance, Faults.TearsInsideSectors);
            counts.Add(FaultKind.LostWrite, lost);
            counts.Add(FaultKind.TornWrite, torn);
        }
    }

    /// <summary>Called when what the cache held, and the device does not, is gone.</summary>
    public Action CacheLost { get; set; } = () => { };

    /// <summary>The kernel drops clean pages, also those that it only believes to be clean.</summary>
    public void EvictPages() => Evict(folder.Files);

    private void Evict(IEnumerable<StoredFile> files)
    {
        var evicted = files.Count(file => file.Evict());
        counts.Add(FaultKind.CacheEvicted, evicted);
        if (evicted > 0)
            CacheLost();
    }

    /// <summary>A bit turns over somewhere in what is on the device.</summary>
    public string? Rot()
    {
        var hit = folder.Names.Where(named => !named.Value.Durable.IsEmpty).ToArray();
        if (hit.Length == 0)
            return null;

        var (name, file) = chance.Pick(hit);
        var offset = PlaceToRot(file);
        file.FlipBit(offset, chance.Below(8), alsoInCache: chance.Happens(0.7));
        counts.Add(FaultKind.Rot);
        return $"{name}@{offset}";
    }

    // A prepared segment is mostly zeros, which nobody would miss: half of the flips look for a byte that means something.
    private long PlaceToRot(StoredFile file)
    {
        var place = chance.Below(file.Durable.Length);
        for (var trial = 0; trial < 200 && file.Durable[place] == 0 && trial >= 0; trial++)
        {
            if (trial == 0 && chance.Happens(0.3))
                break;
            place = chance.Below(file.Durable.Length);
        }

        return place;
    }

    // Files are written back independently of each other, so now and then each fares differently.
    private PowerLossMode MixedUp(PowerLossMode mode) =>
        chance.Happens(0.3) ? (PowerLossMode)chance.Below(4) : mode;

    private async Task<T> PerformAsync<T>(SimulatedProcess process, DiskCall<T> call, double latencyMean)
    {
        Calls++;
        var delay = 5 + scheduler.Chance.Exponential(latencyMean);
        if (scheduler.Chance.Happens(Faults.Stall))
        {
            counts.Add(FaultKind.Stall);
            delay += scheduler.Chance.Below(Faults.StallMicroseconds);
        }

        underWay.Add(call);
        scheduler.After(delay, null, () =>
        {
            if (underWay.Remove(call))
                call.Finish();
        });
        scheduler.Trace.Add(call.What);
        scheduler.Trace.Add((ulong)delay);
        try
        {
            var result = await call.Answer;
            scheduler.Trace.Say(scheduler.Now, process.Name, call.What);
            return result;
        }
        catch (DiskException exception)
        {
            scheduler.Trace.Say(scheduler.Now, process.Name, $"{call.What}: {exception.Fault}");
            throw;
        }
    }

    private static DiskException Failed(string what) => new(DiskFault.Failed, $"{what}: Input/output error (simulated)");

    private static DiskException Full(string what) => new(DiskFault.Full, $"{what}: No space left on device (simulated)");

    private StoredFile Open(string name, FileUse use)
    {
        if (use == FileUse.Create)
        {
            if (IsFull && chance.Happens(0.5))
                throw Counted(FaultKind.FullOnCreate, Full($"create {name}"));

            folder.Create(name, new StoredFile(files++));
        }

        return folder.Names.GetValueOrDefault(name) ?? throw new DiskException(DiskFault.Missing, $"{name}: No such file (simulated)");
    }

    private bool TryLock(string name, SimulatedProcess process)
    {
        if (!locks.TryAdd(name, process))
            return false;

        if (!folder.Names.ContainsKey(name))
            folder.Create(name, new StoredFile(files++));
        return true;
    }

    private bool Rename(string from, string to)
    {
        if (!folder.Names.ContainsKey(from))
            throw new DiskException(DiskFault.Missing, $"{from}: No such file (simulated)");

        folder.Rename(from, to);
        return true;
    }

    private bool Delete(string name)
    {
        if (folder.Names.ContainsKey(name))
            folder.Delete(name);
        return true;
    }

    private bool SyncFolder()
    {
        if (chance.Happens(Faults.SyncError / 2))
        {
            folder.SyncSome(chance);
            throw Counted(FaultKind.FolderSyncError, Failed("sync folder"));
        }

        folder.Sync();
        return true;
    }

    private int Read(string name, StoredFile file, Memory<byte> target, long offset) =>
        chance.Happens(Faults.ReadError)
            ? throw Counted(FaultKind.ReadError, Failed($"read {name}"))
            : file.Read(target.Span, offset);

    private bool Write(string name, StoredFile file, ReadOnlyMemory<byte> bytes, long offset)
    {
        if (IsFull && (Faults.CopiesOnWrite || offset + bytes.Length > file.Length))
        {
            // The first of two halves may be empty.
            file.Write(bytes.Span[..chance.Below(Math.Max(1, bytes.Length))], offset);
            throw Counted(FaultKind.FullOnWrite, Full($"write {name}"));
        }

        if (chance.Happens(Faults.WriteError))
        {
            file.Write(bytes.Span[..chance.Below(bytes.Length + 1)], offset);
            throw Counted(FaultKind.WriteError, Failed($"write {name}"));
        }

        if (misdirected < Faults.MisdirectedMax && chance.Happens(Faults.Misdirected))
            Misdirect(file, bytes, offset);
        else
            file.Write(bytes.Span, offset);
        return true;
    }

    private void Misdirect(StoredFile file, ReadOnlyMemory<byte> bytes, long offset)
    {
        misdirected++;
        counts.Add(FaultKind.Misdirected);
        var other = chance.Happens(0.3) ? chance.Pick(folder.Files.ToArray()) : file;
        var shift = StoredFile.SectorBytes * (long)chance.Between(-8, 8);
        other.Write(bytes.Span, Math.Max(0, other == file && shift == 0 ? offset + StoredFile.SectorBytes : offset + shift));
    }

    private bool Sync(string name, StoredFile file, ref int failuresTold)
    {
        if (failuresTold != file.FailedSyncs)
        {
            failuresTold = file.FailedSyncs;
            file.Sync();
            throw Counted(FaultKind.SyncErrorOfAnother, Failed($"sync {name}"));
        }

        var isFull = IsFull && Faults.CopiesOnWrite && file.HasUnsynced && chance.Happens(0.2);
        if (!isFull && !chance.Happens(Faults.SyncError))
        {
            file.Sync();
            return true;
        }

        file.FailSync(chance);
        failuresTold = file.FailedSyncs;
        if (chance.Happens(0.2))
            Evict([file]);
        throw isFull
            ? Counted(FaultKind.FullOnSync, Full($"sync {name}"))
            : Counted(FaultKind.SyncError, Failed($"sync {name}"));
    }

    private int? WritesInHalves(int length)
    {
        if (length == 0 || IsFull || !chance.Happens(Faults.HalfWrite))
            return null;

        counts.Add(FaultKind.HalfWriteSeen);
        return chance.Below(length);
    }

    private DiskException Counted(FaultKind kind, DiskException exception)
    {
        counts.Add(kind);
        return exception;
    }

    private sealed class ProcessDisk(SimulatedDisk disk, SimulatedProcess process) : IDisk
    {
        public string Name => "simulated";

        public async ValueTask<IReadOnlyList<string>> ListAsync() =>
            await Do<IReadOnlyList<string>>("list", () => [.. disk.folder.Names.Keys]);

        public async ValueTask<IDiskFile> OpenAsync(string name, FileUse use) =>
            new ProcessFile(disk, process, name, await Do($"open {name} ({use})", () => disk.Open(name, use)));

        public async ValueTask RenameAsync(string from, string to) =>
            await Do($"rename {from} to {to}", () => disk.Rename(from, to));

        public async ValueTask DeleteAsync(string name) => await Do($"delete {name}", () => disk.Delete(name));

        public async ValueTask SyncFolderAsync() => await disk.PerformAsync(
            process, new DiskCall<bool>(process, "sync folder", disk.SyncFolder), disk.Faults.SyncLatencyMean);

        public async ValueTask<IDisposable?> TryLockAsync(string name, string? holder) =>
            await Do($"lock {name}", () => disk.TryLock(name, process)) ? new Lock(disk, name, process) : null;

        private Task<T> Do<T>(string what, Func<T> effect) =>
            disk.PerformAsync(process, new DiskCall<T>(process, what, effect), disk.Faults.LatencyMean);
    }

    private sealed class Lock(SimulatedDisk disk, string name, SimulatedProcess holder) : IDisposable
    {
        public void Dispose()
        {
            if (disk.locks.GetValueOrDefault(name) == holder)
                disk.locks.Remove(name);
        }
    }

    private sealed class ProcessFile(SimulatedDisk disk, SimulatedProcess process, string name, StoredFile file) : IDiskFile
    {
        private int failuresTold = file.FailedSyncs;
        private bool isClosed;

        public async ValueTask<long> LengthAsync() => await Do($"length of {name}", () => file.Length, disk.Faults.LatencyMean);

        public async ValueTask<int> ReadAsync(Memory<byte> target, long offset) => await Do(
            $"read {name} @{offset}+{target.Length}", () => disk.Read(name, file, target, offset), disk.Faults.LatencyMean);

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset)
        {
            if (disk.WritesInHalves(bytes.Length) is { } half)
            {
                await Write(bytes[..half], offset);
                await Write(bytes[half..], offset + half);
                return;
            }

            await Write(bytes, offset);
        }

        public async ValueTask<bool> TryAllocateAsync(long offset, long length) =>
            disk.Faults.Allocates && await Write(new byte[length], offset);

        public async ValueTask SyncAsync() =>
            await Do($"sync {name}", () => disk.Sync(name, file, ref failuresTold), disk.Faults.SyncLatencyMean);

        public void Dispose() => isClosed = true;

        private Task<bool> Write(ReadOnlyMemory<byte> bytes, long offset) => Do(
            $"write {name} @{offset}+{bytes.Length}",
            () => disk.Write(name, file, bytes, offset),
            disk.Faults.LatencyMean,
            part => file.Write(bytes.Span[..part.Below(bytes.Length + 1)], offset));

        private Task<T> Do<T>(string what, Func<T> effect, double latencyMean, Action<Chance>? part = null)
        {
            ObjectDisposedException.ThrowIf(isClosed, this);
            return disk.PerformAsync(process, new DiskCall<T>(process, what, effect, part), latencyMean);
        }
    }
}
