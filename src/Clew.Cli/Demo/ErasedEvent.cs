using System.Text;
using Clew.Ed25519;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;
using Clew.Store.Segments;
using static System.FormattableString;

namespace Clew.Cli.Demo;

/// <summary>Something is recorded by mistake, sealed, proved, and erased: its content is gone from every file, and all of that still holds.</summary>
internal static class ErasedEvent
{
    private const string Secret = "recorded-by-mistake-5f1c";

    public static DemoStep Step { get; } = new(
        "erasure",
        "An event is erased, and everything still verifies",
        "What must not be kept can go for ever; that it was there, and who erased it and why, stays.",
        RunAsync);

    private static async Task<DemoFinding> RunAsync(string folder, CancellationToken cancellation)
    {
        using var signer = await SmartForgery.KeyAsync(folder, cancellation);
        await using var store = await SegmentEventStore.OpenAsync(folder, null, cancellation);
        var mistake = new EventData("account-eve", "note-taken", Encoding.UTF8.GetBytes($$"""{"note":"{{Secret}}"}"""));
        var position = ((AppendResult.Appended)await store.AppendAsync(mistake)).Last;
        var seal = await store.SealAsync(signer, cancellation);
        var proof = new EventProof(await ReadAsync(store, position, cancellation), (await store.ProveInclusionAsync(position, null, cancellation)).Path, seal);

        var erased = await store.EraseAsync(
            new EraseRequest(new EraseTarget.Position(position)) { Reason = "recorded by mistake", By = "demo" }, cancellation);
        var shown = await ReadAsync(store, position, cancellation);
        await store.DisposeAsync();

        var isGone = Directory.EnumerateFiles(folder).All(path => File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0);
        var report = await SegmentStoreVerification.RunAsync(folder, new() { Known = [seal.Head] }, cancellation);
        var stillProved = proof.WithoutItsContent().Check([new Ed25519Verifier(signer.Key)]) is ProofCheck.Valid;
        return new(
            erased is EraseResult.Erased && shown.IsErased && isGone && report.IsSound && stillProved,
            [
                Invariant($"Event {position} was recorded, sealed, and then erased by \"demo\", because it was recorded by mistake."),
                isGone ? "Its content is in no file of the store." : "Its content is STILL in a file of the store!",
                Invariant($"Reading it gives {(shown.IsErased ? "a marker" : "its content!")}; its type is still {shown.Type}."),
                report.IsSound && stillProved ? "Every checksum, the seal from before, and a proof from before still hold." : "Something does NOT hold any more!",
            ]);
    }

    private static async Task<RecordedEvent> ReadAsync(SegmentEventStore store, GlobalPosition position, CancellationToken cancellation)
    {
        await foreach (var recorded in store.ReadEventsAsync(ReadRequest.All with { After = new(position.Value - 1), Limit = 1 }, cancellation))
            return recorded;

        throw new IOException("The event is not there.");
    }
}
