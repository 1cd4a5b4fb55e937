using Clew.Cli.Commands;
using Clew.Events;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>One bit of a copy of the store is turned; checking must find it, and the place.</summary>
internal static class FlippedBit
{
    public static DemoStep Step { get; } = new(
        "damage",
        "One bit of a copy is turned",
        "Every byte lies under a checksum: rot has a place and a name.",
        RunAsync);

    private static async Task<DemoFinding> RunAsync(string folder, CancellationToken cancellation)
    {
        var original = await SegmentStoreVerification.RunAsync(folder, null, cancellation);
        var copy = folder.TrimEnd(Path.DirectorySeparatorChar) + "-with-one-bit-turned";
        Copy(folder, copy);
        var victim = await MiddleAsync(folder, cancellation);
        var (file, offset) = Turn(copy, victim.Data.Span);
        var found = await SegmentStoreVerification.RunAsync(copy, null, cancellation);

        var place = found.FirstDamage is { } first ? VerifyCommand.Place(first).Split(": ", 2) : ["nothing!"];
        return new(
            original.IsSound && found.FirstDamage is { } damage && damage.File == file && damage.Position <= victim.Position,
            [
                Invariant($"The original is {(original.IsSound ? "sound" : "NOT sound")}:")
                    + Invariant($" {original.Events:N0} events, {original.Bytes:N0} bytes checked."),
                Invariant($"Turned one bit of the copy, within event {victim.Position}, at offset {offset:N0}. Found:"),
                .. place,
            ]);
    }

    private static async Task<RecordedEvent> MiddleAsync(string folder, CancellationToken cancellation)
    {
        await using var reader = await SegmentEventReader.OpenAsync(folder, null, cancellation);
        var middle = (await reader.HeadAsync(cancellation)).Position.Value / 2;
        var request = ReadRequest.All with { After = new(middle), Limit = 1 };
        await foreach (var recorded in reader.ReadEventsAsync(request, cancellation))
            return recorded;

        throw new IOException("The store is empty.");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var path in Directory.EnumerateFiles(from))
            File.Copy(path, Path.Combine(to, Path.GetFileName(path)));
    }

    private static (string File, long Offset) Turn(string folder, ReadOnlySpan<byte> content)
    {
        foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.AsSpan().IndexOf(content) is not (>= 0 and var start))
                continue;

            var offset = start + (content.Length / 2);
            bytes[offset] ^= 1;
            File.WriteAllBytes(path, bytes);
            return (Path.GetFileName(path), offset);
        }

        throw new IOException("The event is in none of the store's files.");
    }
}
