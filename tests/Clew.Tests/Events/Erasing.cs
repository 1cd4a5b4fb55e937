using Clew.Events;

namespace Clew.Tests.Events;

/// <summary>Events as they are once they are erased.</summary>
internal static class Erasing
{
    public static RecordedEvent Erased(RecordedEvent recorded)
    {
        var record = recorded.Record.ToArray();
        var payload = record.AsSpan(EventRecord.Payload(record).Start);
        var digest = new byte[EventRecord.DigestBytes];
        EventRecord.Digest(record, digest);
        payload.Clear();
        digest.CopyTo(payload);
        record[8] = 1;
        HostileRecord.Seal(record, seed: 0);
        return new(record, 0, record.Length);
    }
}
