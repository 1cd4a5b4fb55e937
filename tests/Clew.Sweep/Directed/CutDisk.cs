using Clew.Store.Segments;

namespace Clew.Sweep.Directed;

/// <summary>A disk of which a process sees nothing more after so many of the calls that change it: there it was killed, or the power went.</summary>
internal sealed class CutDisk(IDisk inner) : IDisk
{
    private int callsLeft = int.MaxValue;
    private bool writesHalf;

    public string Name => inner.Name;

    /// <summary>Whether it has come to that.</summary>
    public bool IsCut => callsLeft < 0;

    /// <summary>Says how many more calls are done.</summary>
    /// <param name="calls">From 0.</param>
    public void CutAfter(int calls) => callsLeft = calls;

    /// <summary>The same, and of the call after them, where it is a write, the first half is done.</summary>
    public void CutInTheMiddleAfter(int calls) => (callsLeft, writesHalf) = (calls, true);

    public ValueTask<IReadOnlyList<string>> ListAsync() => inner.ListAsync();

    public async ValueTask<IDiskFile> OpenAsync(string name, FileUse use)
    {
        if (use == FileUse.Create)
            Pass();
        return new CutFile(this, await inner.OpenAsync(name, use));
    }

    public ValueTask RenameAsync(string from, string to)
    {
        Pass();
        return inner.RenameAsync(from, to);
    }

    public ValueTask DeleteAsync(string name)
    {
        Pass();
        return inner.DeleteAsync(name);
    }

    public ValueTask SyncFolderAsync()
    {
        Pass();
        return inner.SyncFolderAsync();
    }

    public ValueTask<IDisposable?> TryLockAsync(string name, string? holder) => inner.TryLockAsync(name, holder);

    private void Pass()
    {
        if (!TryPass())
            throw Gone();
    }

    private bool TryPass() => callsLeft >= 0 && --callsLeft >= 0;

    private static DiskException Gone() => new(DiskFault.Failed, "The disk is gone.");

    private sealed class CutFile(CutDisk disk, IDiskFile inner) : IDiskFile
    {
        public ValueTask<long> LengthAsync() => inner.LengthAsync();

        public ValueTask<int> ReadAsync(Memory<byte> target, long offset) => inner.ReadAsync(target, offset);

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset)
        {
            if (disk.IsCut)
                throw Gone();
            if (disk.TryPass())
            {
                await inner.WriteAsync(bytes, offset);
                return;
            }

            if (disk.writesHalf)
                await inner.WriteAsync(bytes[..(bytes.Length / 2)], offset);
            throw Gone();
        }

        public ValueTask SyncAsync()
        {
            disk.Pass();
            return inner.SyncAsync();
        }

        public void Dispose() => inner.Dispose();
    }
}
