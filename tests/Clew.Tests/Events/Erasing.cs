using Clew.Events;

namespace Clew.Tests.Events;

/// <summary>Events as they are once they are erased.</summary>
internal static class Erasing
{
    public static RecordedEvent Erased(RecordedEvent recorded)
    {
        var record = recorded.Record.ToArray();
        EventRecord.Erase(record, EventRecord.Digest(record));
        return new(record, 0, record.Length);
    }
}
