using System.Text;
using Clew.Ed25519;
using Clew.Events;
using Clew.Integrity;
using Clew.Store;

namespace Clew.Tests.Integrity;

public sealed class WholeWayTests
{
    [Fact]
    public async Task Who_has_two_files_and_two_public_keys_knows_that_an_event_was_recorded()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var store = new InMemoryEventStore();
        await store.AppendAsync(new AppendBatch([new EventData("order-7", "placed", """{"total":40}"""u8.ToArray())]), cancellation);
        var recorded = await store.ReadEventsAsync(ReadRequest.All, cancellation).FirstAsync(cancellation);
        var lineage = (await store.HeadAsync(cancellation)).Lineage;

        // Where the log is: a key of its own, a seal over what it holds, and a proof that the event is in it.
        var origin = SealOrigin.Of(lineage.LogId, lineage.Epoch);
        using var log = Ed25519Signer.Create(origin);
        var seal = Seal.Sign(origin, new TreeHead(Size: 1, Root: EventProof.LeafOf(recorded)), log);

        // Elsewhere: somebody signs that he has seen it.
        using var auditor = Ed25519Signer.Create("audit.example");
        seal = seal.SignedBy(auditor);

        var file = new EventProof(recorded, path: [], seal).ToString();
        var (logKey, auditorKey) = (log.Key.ToString(), auditor.Key.ToString());

        // Anywhere: the file and the public keys, and no store.
        Assert.True(NoteKey.TryParse(logKey, out var known, out _));
        Assert.True(NoteKey.TryParse(auditorKey, out var alsoKnown, out _));
        Assert.True(EventProof.TryParse(Encoding.UTF8.GetBytes(file), out var proof, out var fault), fault);
        var check = proof.Check([new Ed25519Verifier(known), new Ed25519Verifier(alsoKnown)], origin);

        Assert.Equal([known, alsoKnown], Assert.IsType<ProofCheck.Valid>(check).Keys);
        Assert.Equal("""{"total":40}""", Encoding.UTF8.GetString(proof.Event.Data.Span));
    }
}
