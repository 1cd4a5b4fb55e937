using Clew.Events;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Tampering;

/// <summary>A history in which one thing is another than it was.</summary>
/// <param name="Kind">What was done to it.</param>
/// <param name="Batches">The history afterwards.</param>
/// <param name="FirstPosition">The first event that is not what it was; where the end was cut off, the first that is gone.</param>
internal sealed record Forgery(ForgeryKind Kind, IReadOnlyList<LoggedBatch> Batches, long FirstPosition)
{
    public static Forgery Of(ForgeryKind kind, IReadOnlyList<LoggedBatch> original, Chance chance)
    {
        var batches = original.ToList();
        var at = chance.Below(batches.Count);
        var (batch, index) = (batches[at], chance.Below(batches[at].Entries.Count));
        var position = batches.Take(at).Sum(before => before.Entries.Count) + index + 1;
        var first = position - index;
        switch (kind)
        {
            case ForgeryKind.Payload:
                batches[at] = With(batch, index, data => data with { Data = Changed(data.Data.ToArray(), chance) });
                return new(kind, batches, position);
            case ForgeryKind.Metadata:
                batches[at] = With(batch, index, data => data with { Metadata = Changed(data.Metadata.ToArray(), chance) });
                return new(kind, batches, position);
            case ForgeryKind.Type:
                batches[at] = With(batch, index, data => data with { Type = data.Type.Value + "-2" });
                return new(kind, batches, position);
            case ForgeryKind.Tag:
                batches[at] = With(batch, index, data => data with { Tags = [.. data.Tags, new("forged", "1")] });
                return new(kind, batches, position);
            case ForgeryKind.Stream:
                batches[at] = With(batch, index, data => data with { Stream = "other" });
                return new(kind, batches, position);
            case ForgeryKind.Time:
                batches[at] = batch with { RecordedAt = OtherTime(batches, at) };
                return new(kind, batches, first);
            case ForgeryKind.Swap:
                return Swapped(batches, chance);
            case ForgeryKind.Removal:
                batches.RemoveAt(at);
                return new(kind, batches, first);
            case ForgeryKind.Insertion:
                batches.Insert(at, batch with { Entries = [batch.Entries[0] with { Data = batch.Entries[0].Data with { Id = new Guid(chance.Below(int.MaxValue), 1, 1, new byte[8]) } }] });
                return new(kind, batches, first);
            default:
                batches.RemoveRange(at, batches.Count - at);
                return new(kind, batches, first);
        }
    }

    private static Forgery Swapped(List<LoggedBatch> batches, Chance chance)
    {
        var (one, other) = (chance.Below(batches.Count - 1), 0);
        other = one + 1 + chance.Below(batches.Count - one - 1);
        var (first, second) = (batches[one].Entries[0], batches[other].Entries[0]);
        batches[one] = batches[one] with { Entries = [second, .. batches[one].Entries.Skip(1)] };
        batches[other] = batches[other] with { Entries = [first, .. batches[other].Entries.Skip(1)] };
        return new(ForgeryKind.Swap, batches, batches.Take(one).Sum(before => before.Entries.Count) + 1);
    }

    private static LoggedBatch With(LoggedBatch batch, int index, Func<EventData, EventData> change) => batch with
    {
        Entries = [.. batch.Entries.Select((entry, at) => at == index ? entry with { Data = change(entry.Data) } : entry)],
    };

    private static byte[] Changed(byte[] bytes, Chance chance)
    {
        if (bytes.Length == 0 || chance.Below(4) == 0)
            return [.. bytes, (byte)chance.Below(256)];

        bytes[chance.Below(bytes.Length)] ^= (byte)(1 << chance.Below(8));
        return bytes;
    }

    // A time that still runs forwards.
    private static long OtherTime(List<LoggedBatch> batches, int at)
    {
        var own = batches[at].RecordedAt;
        return at == 0 || batches[at - 1].RecordedAt < own ? own - 1
            : at == batches.Count - 1 || batches[at + 1].RecordedAt > own ? own + 1
            : throw new InvalidOperationException("The sample's times differ from batch to batch.");
    }
}

internal enum ForgeryKind
{
    Payload,
    Metadata,
    Type,
    Tag,
    Stream,
    Time,
    Swap,
    Removal,
    Insertion,
    Tail,
}
