using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Disk;

/// <summary>The bytes of one file: as the page cache has them, and as the device has them.</summary>
internal sealed class StoredFile(int number)
{
    public const int SectorBytes = 512;

    private readonly List<(long Offset, byte[] Bytes)> pending = [];
    private Content cache = new();
    private readonly Content durable = new();

    // After a failed sync the pages count as clean although the device does not have them.
    private bool isCacheAhead;

    /// <summary>Tells files apart, whatever they are called.</summary>
    public int Number => number;

    public long Length => cache.Length;

    public bool HasUnsynced => pending.Count > 0;

    public ReadOnlySpan<byte> Durable => durable.Span;

    public ReadOnlySpan<byte> Cache => cache.Span;

    /// <summary>How many syncs have failed: whoever had the file open meanwhile is told with his next one, as Linux does it.</summary>
    public int FailedSyncs { get; private set; }

    public int Read(Span<byte> target, long offset)
    {
        if (offset >= cache.Length)
            return 0;

        var found = cache.Span[(int)offset..];
        found = found[..Math.Min(found.Length, target.Length)];
        found.CopyTo(target);
        return found.Length;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.IsEmpty)
            return;

        cache.Put(bytes, offset);
        pending.Add((offset, bytes.ToArray()));
    }

    public void Sync()
    {
        foreach (var (offset, bytes) in pending)
            durable.Put(bytes, offset);
        pending.Clear();
    }

    /// <summary>Some of it reaches the device, and the kernel forgets that the rest did not.</summary>
    public void FailSync(Chance chance)
    {
        PutSome(PowerLossMode.AnySectors, chance, tearsInsideSectors: false);
        isCacheAhead = true;
        FailedSyncs++;
    }

    /// <summary>The kernel needs the memory: what counts as clean is read from the device the next time.</summary>
    /// <returns>Whether that changed what is read.</returns>
    public bool Evict()
    {
        if (!isCacheAhead)
            return false;

        cache = durable.Copy();
        foreach (var (offset, bytes) in pending)
            cache.Put(bytes, offset);
        isCacheAhead = false;
        return true;
    }

    /// <returns>How many unsynced writes did not survive as a whole, and how many of them in part.</returns>
    public (int Lost, int Torn) LosePower(PowerLossMode mode, Chance chance, bool tearsInsideSectors)
    {
        if (pending.Count == 0 && !isCacheAhead)
            return default;

        var outcome = PutSome(mode, chance, tearsInsideSectors);
        cache = durable.Copy();
        isCacheAhead = false;
        return outcome;
    }

    /// <summary>A bit on the device turns over; the cache may still have it right.</summary>
    public void FlipBit(long offset, int bit, bool alsoInCache)
    {
        durable.Flip(offset, bit);
        if (alsoInCache && offset < cache.Length)
            cache.Flip(offset, bit);
    }

    private (int Lost, int Torn) PutSome(PowerLossMode mode, Chance chance, bool tearsInsideSectors)
    {
        var keeps = mode switch
        {
            PowerLossMode.Nothing => 0,
            PowerLossMode.Prefix => chance.Below(pending.Count + 1),
            _ => pending.Count,
        };
        var outcome = (Lost: 0, Torn: 0);
        var stale = new HashSet<long>();
        for (var index = 0; index < pending.Count; index++)
        {
            var isSplit = mode == PowerLossMode.AnySectors || (mode == PowerLossMode.Prefix && index == keeps);
            var kept = isSplit ? PutSectors(pending[index], stale, chance, tearsInsideSectors)
                : index < keeps ? PutAll(pending[index]) : 0;
            outcome.Lost += kept < pending[index].Bytes.Length ? 1 : 0;
            outcome.Torn += kept > 0 && kept < pending[index].Bytes.Length ? 1 : 0;
        }

        pending.Clear();
        return outcome;
    }

    private int PutAll((long Offset, byte[] Bytes) write)
    {
        durable.Put(write.Bytes, write.Offset);
        return write.Bytes.Length;
    }

    // A sector is written as the cache has it at some moment, so one that missed a write also misses all that come after it.
    private int PutSectors((long Offset, byte[] Bytes) write, HashSet<long> stale, Chance chance, bool tears)
    {
        var kept = 0;
        for (var at = 0; at < write.Bytes.Length;)
        {
            var sector = (write.Offset + at) / SectorBytes;
            var length = (int)Math.Min(((sector + 1) * SectorBytes) - write.Offset - at, write.Bytes.Length - at);
            var reaches = !stale.Contains(sector) && chance.Happens(0.5) ? length : 0;
            if (reaches == 0 && stale.Add(sector) && tears && chance.Happens(0.1))
                reaches = chance.Below(length);
            durable.Put(write.Bytes.AsSpan(at, reaches), write.Offset + at);
            kept += reaches;
            at += length;
        }

        return kept;
    }

    private sealed class Content
    {
        private byte[] bytes = [];

        public int Length { get; private set; }

        public Span<byte> Span => bytes.AsSpan(0, Length);

        public void Put(ReadOnlySpan<byte> source, long offset)
        {
            if (source.IsEmpty)
                return;

            var end = (int)offset + source.Length;
            if (end > bytes.Length)
                Array.Resize(ref bytes, Math.Max(end, Math.Min(bytes.Length * 2, bytes.Length + (1 << 18))));
            source.CopyTo(bytes.AsSpan((int)offset));
            Length = Math.Max(Length, end);
        }

        public void Flip(long offset, int bit) => bytes[offset] ^= (byte)(1 << bit);

        public Content Copy() => new() { bytes = Span.ToArray(), Length = Length };
    }
}
