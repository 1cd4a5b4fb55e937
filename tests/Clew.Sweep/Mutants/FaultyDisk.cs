using Clew.Store.Segments;

namespace Clew.Sweep.Mutants;

/// <summary>Bugs that can be planted between the engine and its disk, without touching a source.</summary>
internal enum DiskBug
{
    SegmentsNotFlushed,
    NothingFlushed,
    FolderNotFlushed,
    FlushErrorSwallowed,
    FlushRetried,
    WriteErrorSwallowed,
    LockIgnored,
}

internal sealed class FaultyDisk(IDisk inner, DiskBug bug) : IDisk
{
    public string Name => inner.Name;

    public ValueTask<IReadOnlyList<string>> ListAsync() => inner.ListAsync();

    public async ValueTask<IDiskFile> OpenAsync(string name, FileUse use) => new FaultyFile(await inner.OpenAsync(name, use), name, bug);

    public ValueTask RenameAsync(string from, string to) => inner.RenameAsync(from, to);

    public ValueTask DeleteAsync(string name) => inner.DeleteAsync(name);

    public ValueTask SyncFolderAsync() => bug is DiskBug.FolderNotFlushed or DiskBug.NothingFlushed ? default : inner.SyncFolderAsync();

    public async ValueTask<IDisposable?> TryLockAsync(string name, string? holder) =>
        await inner.TryLockAsync(name, holder) ?? (bug == DiskBug.LockIgnored ? new MemoryStream() : null);

    private sealed class FaultyFile(IDiskFile inner, string name, DiskBug bug) : IDiskFile
    {
        public ValueTask<long> LengthAsync() => inner.LengthAsync();

        public ValueTask<int> ReadAsync(Memory<byte> target, long offset) => inner.ReadAsync(target, offset);

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset)
        {
            try
            {
                await inner.WriteAsync(bytes, offset);
            }
            catch (DiskException fault) when (bug == DiskBug.WriteErrorSwallowed && fault.Fault == DiskFault.Failed)
            {
            }
        }

        public async ValueTask SyncAsync()
        {
            if (bug == DiskBug.NothingFlushed || (bug == DiskBug.SegmentsNotFlushed && name.Contains(".seg", StringComparison.Ordinal)))
                return;

            try
            {
                await inner.SyncAsync();
            }
            catch (DiskException) when (bug is DiskBug.FlushErrorSwallowed or DiskBug.FlushRetried)
            {
                if (bug == DiskBug.FlushRetried)
                    await inner.SyncAsync();
            }
        }

        public void Dispose() => inner.Dispose();
    }
}
