using System.Buffers.Binary;
using System.Numerics;
using Clew.Ed25519;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>A payment in a copy of the store is changed together with its checksum; a seal from before must find it.</summary>
internal static class SmartForgery
{
    private const string Subject = "account-eve";

    // Where the fields of a record lie: docs/reference/format.md.
    private const int PayloadChecksumAt = 4;
    private const int StateAt = 8;
    private const int EnvelopeAt = 12;
    private const int IdAt = EnvelopeAt + 56;
    private const int SaltBytes = 16;
    private const int PayloadBytesMin = 32;

    public static DemoStep Step { get; } = new(
        "forgery",
        "A payment in a copy is changed, with its checksum",
        "Who can write the files can make every checksum anew. A seal that lies elsewhere he cannot.",
        RunAsync);

    /// <summary>The key that the demo seals with; made where there is none yet.</summary>
    public static async Task<Ed25519Signer> KeyAsync(string folder, CancellationToken cancellation)
    {
        var path = folder.TrimEnd(Path.DirectorySeparatorChar) + ".key";
        if (File.Exists(path))
            return Ed25519Signer.Load(path);

        var lineage = await SegmentStoreVerification.LineageAsync(folder, cancellation);
        var signer = Ed25519Signer.Create(SealOrigin.Of(lineage.LogId, lineage.Epoch));
        signer.Save(path);
        await File.WriteAllTextAsync(path + ".pub", signer.Key + "\n", cancellation);
        return signer;
    }

    private static async Task<DemoFinding> RunAsync(string folder, CancellationToken cancellation)
    {
        using var signer = await KeyAsync(folder, cancellation);
        var seal = await SegmentSeals.SealAsync(folder, signer, null, cancellation);
        var copy = folder.TrimEnd(Path.DirectorySeparatorChar) + "-forged";
        Copy(folder, copy);
        var victim = await LargestPaymentAsync(folder, cancellation);
        Forge(copy, victim);

        var alone = await SegmentStoreVerification.RunAsync(copy, null, cancellation);
        var found = await SegmentStoreVerification.RunAsync(copy, new() { Known = [seal.Head], Against = folder }, cancellation);
        return new(
            alone.IsSound && found.FirstChange is not null && found.Comparison?.FirstDifference == victim.Position,
            [
                Invariant($"Sealed {seal.Head.Size:N0} events. Then, in a copy, event {victim.Position} was given another amount."),
                alone.IsSound ? "Its own checksums say nothing: every byte \"is as it was written\"." : "Its own checksums notice, which they should not have!",
                found.FirstChange is { } change
                    ? Invariant($"The seal says: the events up to {change.UpTo} are not those that were sealed.")
                    : "The seal says nothing!",
                found.Comparison?.FirstDifference is { } first ? Invariant($"Held against the original: position {first} is the first that differs.") : "",
            ]);
    }

    private static async Task<RecordedEvent> LargestPaymentAsync(string folder, CancellationToken cancellation)
    {
        await using var reader = await SegmentEventReader.OpenAsync(folder, null, cancellation);
        var payments = new List<RecordedEvent>();
        await foreach (var recorded in reader.ReadEventsAsync(ReadRequest.Stream(Subject), cancellation))
            payments.Add(recorded);

        return payments.MaxBy(Account.AmountOf);
    }

    private static void Forge(string folder, RecordedEvent victim)
    {
        var id = new byte[16];
        victim.Id.TryWriteBytes(id, bigEndian: true, out _);
        foreach (var path in Directory.EnumerateFiles(folder, "*.seg"))
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.AsSpan().IndexOf(id) is not (>= IdAt and var at))
                continue;

            Rewrite(bytes.AsSpan(at - IdAt), victim.Data.Length, victim.Metadata.Length);
            File.WriteAllBytes(path, bytes);
        }

        // What the store derived from the true events would give it away, until its writer makes it anew.
        File.Delete(Path.Combine(folder, "TREE"));
    }

    private static void Rewrite(Span<byte> record, int dataBytes, int metadataBytes)
    {
        var payload = record[(EnvelopeAt + BinaryPrimitives.ReadInt32LittleEndian(record[EnvelopeAt..]))..];
        payload = payload[..Math.Max(PayloadBytesMin, SaltBytes + dataBytes + metadataBytes)];
        var digit = payload[SaltBytes..].IndexOfAnyInRange((byte)'1', (byte)'8');
        payload[SaltBytes + digit]++;

        var checksum = Crc32C(record[IdAt..(IdAt + 16)], 0);
        checksum = Crc32C(record[StateAt..EnvelopeAt], checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(record[PayloadChecksumAt..], Crc32C(payload, checksum));
    }

    private static uint Crc32C(ReadOnlySpan<byte> bytes, uint seed)
    {
        var crc = ~seed;
        foreach (var single in bytes)
            crc = BitOperations.Crc32C(crc, single);

        return ~crc;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var path in Directory.EnumerateFiles(from))
            File.Copy(path, Path.Combine(to, Path.GetFileName(path)));
    }
}
