using Clew.Store.Segments;

namespace Clew.Sweep.Commands;

/// <summary>A healthy disk in memory that is copied in no time: what one trial damages, the next one has whole again.</summary>
internal sealed class MemoryDisk : IDisk
{
    private readonly SortedDictionary<string, Content> files = new(StringComparer.Ordinal);
    private readonly HashSet<string> locked = [];

    public string Name => "memory";

    public IEnumerable<string> Names => files.Keys;

    public byte[] this[string name]
    {
        get => files[name].Span.ToArray();
        set => files[name] = new Content([.. value]);
    }

    public void Flip(string name, int offset, int bit)
    {
        var bytes = this[name];
        bytes[offset] ^= (byte)(1 << bit);
        this[name] = bytes;
    }

    public void Put(string name, int offset, ReadOnlySpan<byte> bytes) => Find(name).Put(bytes, offset);

    public void Remove(string name) => files.Remove(name);

    /// <summary>The process that held the lock is gone.</summary>
    public void Forget() => locked.Clear();

    /// <summary>As it would be found by the next process.</summary>
    public MemoryDisk Copy()
    {
        var copy = new MemoryDisk();
        foreach (var (name, content) in files)
            copy.files[name] = new Content(content.Span.ToArray());
        return copy;
    }

    public ValueTask<IReadOnlyList<string>> ListAsync() => new([.. files.Keys]);

    public ValueTask<IDiskFile> OpenAsync(string name, FileUse use)
    {
        if (use == FileUse.Create)
            files[name] = new Content([]);
        return new(new OpenFile(Find(name)));
    }

    public ValueTask RenameAsync(string from, string to)
    {
        files[to] = Find(from);
        files.Remove(from);
        return default;
    }

    public ValueTask DeleteAsync(string name)
    {
        files.Remove(name);
        return default;
    }

    public ValueTask SyncFolderAsync() => default;

    public ValueTask<IDisposable?> TryLockAsync(string name, string? holder)
    {
        if (!locked.Add(name))
            return new((IDisposable?)null);

        files.TryAdd(name, new Content([]));
        return new(new Lock(this, name));
    }

    private Content Find(string name) =>
        files.TryGetValue(name, out var content) ? content : throw new DiskException(DiskFault.Missing, $"There is no {name}.");

    private sealed class Lock(MemoryDisk disk, string name) : IDisposable
    {
        public void Dispose() => disk.locked.Remove(name);
    }

    private sealed class Content(byte[] bytes)
    {
        private byte[] bytes = bytes;
        private int length = bytes.Length;

        public ReadOnlySpan<byte> Span => bytes.AsSpan(0, length);

        public void Put(ReadOnlySpan<byte> source, int offset)
        {
            var end = offset + source.Length;
            if (end > bytes.Length)
                Array.Resize(ref bytes, Math.Max(end, bytes.Length * 2));
            source.CopyTo(bytes.AsSpan(offset));
            length = Math.Max(length, end);
        }
    }

    private sealed class OpenFile(Content content) : IDiskFile
    {
        public ValueTask<long> LengthAsync() => new(content.Span.Length);

        public ValueTask<int> ReadAsync(Memory<byte> target, long offset)
        {
            var found = offset >= content.Span.Length ? [] : content.Span[(int)offset..];
            found = found[..Math.Min(found.Length, target.Length)];
            found.CopyTo(target.Span);
            return new(found.Length);
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset)
        {
            if (!bytes.IsEmpty)
                content.Put(bytes.Span, (int)offset);
            return default;
        }

        public ValueTask SyncAsync() => default;

        public void Dispose()
        {
        }
    }
}
