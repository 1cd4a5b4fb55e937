using System.Diagnostics;
using Clew.Ed25519;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>One event is proved to somebody who has only the public key: by this tool, and by a Python script that knows nothing of it.</summary>
internal static class CheckedProof
{
    private static readonly string[] Scripts = ["clew_verify.py", "ed25519.py"];

    public static DemoStep Step { get; } = new(
        "proof",
        "One event is proved without the log",
        "An auditor needs neither the store nor this software: a text file, a public key, and some Python.",
        RunAsync);

    private static async Task<DemoFinding> RunAsync(string folder, CancellationToken cancellation)
    {
        using var signer = await SmartForgery.KeyAsync(folder, cancellation);
        var seal = await SegmentSeals.SealAsync(folder, signer, null, cancellation);
        var proof = await ProveAsync(folder, new(seal.Head.Size / 2), seal, cancellation);
        var path = folder.TrimEnd(Path.DirectorySeparatorChar) + "-event.tlog-proof";
        await File.WriteAllTextAsync(path, proof.ToString(), cancellation);

        var own = proof.Check([new Ed25519Verifier(signer.Key)]) is ProofCheck.Valid;
        var (isOtherValid, other) = await PythonAsync(folder, path, cancellation);
        return new(
            own && isOtherValid,
            [
                Invariant($"Event {proof.Event.Position} of {seal.Head.Size:N0}: {proof.Inclusion.Path.Count} hashes and a seal, {new FileInfo(path).Length:N0} bytes of text."),
                own ? "Checked by the public key alone: valid." : "Checked by the public key alone: NOT valid!",
                other,
            ]);
    }

    private static async Task<EventProof> ProveAsync(string folder, GlobalPosition position, Seal seal, CancellationToken cancellation)
    {
        await using var reader = await SegmentEventReader.OpenAsync(folder, null, cancellation);
        var inclusion = await reader.ProveInclusionAsync(position, new(seal.Head.Size), cancellation);
        await foreach (var recorded in reader.ReadEventsAsync(ReadRequest.All with { After = new(position.Value - 1), Limit = 1 }, cancellation))
            return new EventProof(recorded, inclusion.Path, seal);

        throw new IOException("The store is empty.");
    }

    private static async Task<(bool IsValid, string Line)> PythonAsync(string folder, string proof, CancellationToken cancellation)
    {
        var scripts = Directory.CreateDirectory(folder.TrimEnd(Path.DirectorySeparatorChar) + "-verifier").FullName;
        foreach (var name in Scripts)
            await WriteAsync(name, Path.Combine(scripts, name), cancellation);

        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(scripts, Scripts[0]), "proof", proof, "--key", folder.TrimEnd(Path.DirectorySeparatorChar) + ".key.pub"])
            start.ArgumentList.Add(argument);

        try
        {
            using var python = Process.Start(start)!;
            var said = await python.StandardOutput.ReadToEndAsync(cancellation);
            await python.WaitForExitAsync(cancellation);
            return python.ExitCode == 0
                ? (true, "Checked by samples/verifier, in Python: " + said.Split('\n')[0])
                : (false, $"Checked by samples/verifier, in Python: NOT valid! {said}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (true, "samples/verifier would check it in Python, which is not installed here.");
        }
    }

    private static async Task WriteAsync(string name, string path, CancellationToken cancellation)
    {
        await using var script = typeof(CheckedProof).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is part of this program.");
        await using var file = File.Create(path);
        await script.CopyToAsync(file, cancellation);
    }
}
