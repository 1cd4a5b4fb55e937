using System.Text;
using Clew.Events;
using Clew.Store;
using CsCheck;

namespace Clew.Tests.Store;

public sealed class ErasureRecordTests
{
    private static readonly Gen<ErasedEvent[]> Events = Gen.Select(Gen.Int[1, 1_000_000], Gen.Byte.Array[EventRecord.DigestBytes]).Array[1, 40].Select(steps =>
        steps.Select((step, index) => new ErasedEvent(steps[..(index + 1)].Sum(one => (long)one.Item1), step.Item2)).ToArray());

    [Fact]
    public void What_an_erasure_records_is_read_again() => Gen.Select(Events, Gen.String[1, 50], Gen.String[1, 50]).Sample((events, reason, by) =>
    {
        var request = new EraseRequest(new EraseTarget.Position(new(1))) { Reason = reason, By = by };
        var read = ErasureRecord.Read(At(events[^1].Position + 1, ErasureRecord.Of(request, events, Guid.NewGuid()).Data.ToArray()))!;

        Assert.Equal(events.Select(erased => (erased.Position, Convert.ToHexString(erased.Digest))), read.Select(erased => (erased.Position, Convert.ToHexString(erased.Digest))));
    });

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"events":{}}""")]
    [InlineData("""{"events":[]}""")]
    [InlineData("""{"events":[{"position":"1"}]}""")]
    [InlineData("""{"events":[{"position":1,"digest":"?"}]}""")]
    [InlineData("""{"events":[{"position":1,"digest":"AQ=="}]}""")]
    [InlineData("""{"events":[{"position":0,"digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}""")]
    [InlineData("""{"events":[{"position":9,"digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}""")]
    [InlineData("""{"events":[{"position":1.5,"digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}""")]
    public void What_an_erasure_cannot_have_recorded_is_not_read(string data) =>
        Assert.Null(ErasureRecord.Read(At(9, Encoding.UTF8.GetBytes(data))));

    private static RecordedEvent At(long position, byte[] bytes)
    {
        var data = new EventData(EraseRequest.RecordStream, EraseRequest.RecordType, bytes);
        var record = new byte[EventRecord.BytesOf(data)];
        EventRecord.Write(record, data, 0, 1, new byte[EventRecord.SaltBytes]);
        EventRecord.Place(record, position, 1, 1, 0);
        return new(record, 0, record.Length);
    }
}
