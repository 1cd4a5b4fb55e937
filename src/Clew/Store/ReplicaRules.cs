using System.Runtime.InteropServices;
using Clew.Events;

namespace Clew.Store;

/// <summary>What recorded events must be to go on with a replica; the same for every store.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class ReplicaRules
{
    private readonly Dictionary<InStream, long> versions = [];

    /// <exception cref="ArgumentException">They break a rule; the message names the position.</exception>
    public void Check(IReadOnlyList<RecordedEvent> events, LogHead head)
    {
        versions.Clear();
        var before = head.Position.Value;
        var time = head.RecordedAt is { } last ? UnixMicroseconds.From(last) : long.MinValue;
        var (index, count) = (0, 0);
        for (var at = 0; at < events.Count; at++)
        {
            var recorded = events[at];
            if (recorded.IsNone)
                throw Refused(before + 1, "there is no event, only the default value");
            if (recorded.Position.Value != before + 1)
                throw Refused(recorded.Position.Value, $"the one before it is {before}{(at == 0 ? ", where the log ends" : "")}; give the events in order, without gaps, from the head on");
            if (recorded.BatchIndex != index || (index > 0 && recorded.BatchCount != count))
                throw Refused(before + 1, "it is of another batch than its place says; give whole batches");

            var recordedAt = EventRecord.RecordedAt(recorded.Record);
            if (recordedAt < time || (index > 0 && recordedAt != time))
                throw Refused(before + 1, "it is recorded before the event before it, or at another time than its batch");

            ref var version = ref CollectionsMarshal.GetValueRefOrAddDefault(versions, new(recorded), out var isKnown);
            if (isKnown && recorded.Version.Value != version + 1)
                throw Refused(before + 1, $"it is version {recorded.Version} of {recorded.Stream}, and the one before it is {version}");

            (before, time, version) = (before + 1, recordedAt, recorded.Version.Value);
            (index, count) = index + 1 == recorded.BatchCount ? (0, 0) : (index + 1, recorded.BatchCount);
        }

        if (index > 0)
            throw Refused(before, $"its batch has {count - index} more; give whole batches");
    }

    private static ArgumentException Refused(long position, string why) =>
        new($"The event at position {position} cannot be replicated: {why}. Nothing was written.");

    /// <summary>An event that stands for its stream.</summary>
    private readonly struct InStream(RecordedEvent recorded) : IEquatable<InStream>
    {
        private ReadOnlySpan<byte> Name => EventRecord.Stream(recorded.Record);

        public bool Equals(InStream other) => Name.SequenceEqual(other.Name);

        public override bool Equals(object? obj) => obj is InStream other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(Name);
            return hash.ToHashCode();
        }
    }
}
