using System.Text.Json;
using Clew.Events;
using Clew.Store;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Oracle;

/// <summary>
/// Everything that anybody outside the engine was told in a run. What contradicts itself is found at once; the rest is held
/// against the log as it is in the end, by <see cref="Judge"/>.
/// </summary>
internal sealed class History(Scheduler scheduler, int windowEvents)
{
    private readonly Dictionary<long, Fact> facts = [];

    public int WindowEvents => windowEvents;

    public List<SentBatch> Batches { get; } = [];

    /// <summary>Which batches an event was sent in.</summary>
    public Dictionary<Guid, List<(SentBatch Batch, int Index)>> Senders { get; } = [];

    public List<AckedAppend> Acks { get; } = [];

    public List<ToldConflict> Conflicts { get; } = [];

    public List<SeenPage> Pages { get; } = [];

    public List<DoneRead> Reads { get; } = [];

    public List<SentErasure> Erasures { get; } = [];

    /// <summary>The events that record erasures, as somebody has seen them.</summary>
    public Dictionary<Guid, (SentErasure Erasure, IReadOnlyList<ErasedEvent> Events)> ErasureRecords { get; } = [];

    /// <summary>Of what is or was in each event that somebody has seen: the SHA-256 of salt, data and metadata.</summary>
    public Dictionary<long, string> Digests { get; } = [];

    /// <summary>Whether bytes have changed that a sync had promised: a write that went astray has erased nothing, and nobody can know.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>The last position that somebody has seen, or was told of.</summary>
    public long KnownHead { get; private set; }

    /// <summary>The same, where it was seen in the store's own process. Another process may see an event a moment before.</summary>
    public long KnownHeadInStore { get; private set; }

    public Lineage? Lineage { get; private set; }

    /// <summary>How often so far what only the cache held was lost: with the power, or after a flush that failed.</summary>
    public int CacheLosses { get; set; }

    public IReadOnlyDictionary<long, Fact> Facts => facts;

    public SentBatch Sent(AppendBatch batch, bool reusesIds = false)
    {
        var sent = new SentBatch(Batches.Count, batch, scheduler.Steps, KnownHead) { ReusesIds = reusesIds };
        Batches.Add(sent);
        for (var index = 0; index < batch.Events.Count; index++)
        {
            if (!Senders.TryGetValue(batch.Events[index].Id, out var senders))
                Senders[batch.Events[index].Id] = senders = [];
            senders.Add((sent, index));
        }

        return sent;
    }

    public void Acknowledged(SentBatch sent, AppendResult.Appended answer)
    {
        var events = sent.Batch.Events;
        Require(!sent.ReusesIds, $"{sent} was appended although its ids belong to other events");
        Require(
            answer.Last.Value - answer.First.Value + 1 == events.Count && answer.First.Value > 0,
            $"{sent} was answered with positions {answer.First} to {answer.Last}");
        for (var index = 0; index < events.Count; index++)
            Know(answer.First.Value + index, events[index].Id, "an acknowledgement");
        sent.IsAcknowledged = true;
        SawHeadInStore(answer.Last.Value);
        Acks.Add(new(sent, answer));
    }

    public void Refused(SentBatch sent, AppendResult.Conflict answer, long headWhenSent)
    {
        sent.Refusals++;
        Require(answer.Broken.Count > 0, $"the conflict of {sent} names no broken condition");
        Conflicts.Add(new(sent, answer, headWhenSent, scheduler.Steps));
    }

    public SentErasure Erasing(EraseTarget target)
    {
        Erasures.Add(new(Erasures.Count, target, scheduler.Steps, KnownHeadInStore));
        return Erasures[^1];
    }

    public void Erased(SentErasure sent, EraseResult answer)
    {
        if (answer is EraseResult.Erased { Records: [.., var last] })
            SawHeadInStore(last.Value);
        sent.Take(answer, scheduler.Steps, KnownHeadInStore);
    }

    /// <summary>The engine sends these batches itself, each once.</summary>
    public void SawErasureRecord(RecordedEvent recorded)
    {
        if (ErasureRecords.ContainsKey(recorded.Id))
            return;

        var events = ErasureRecord.Read(recorded) ?? throw new Violation($"{recorded} does not say what was erased");
        using var data = JsonDocument.Parse(recorded.Data);
        var erasure = Erasures.Find(sent => sent.Reason == data.RootElement.GetProperty("reason").GetString())
            ?? throw new Violation($"{recorded} records an erasure that nobody asked for");
        Require(!erasure.IsRefused, $"{recorded} records the {erasure}, which was answered with a refusal");
        ErasureRecords[recorded.Id] = (erasure, events);
        var batch = new AppendBatch([new(recorded.Stream, recorded.Type, recorded.Data) { Id = recorded.Id }]);
        Batches.Add(new(Batches.Count, batch, erasure.Sent, erasure.HeadBefore) { Attempts = 1, IsAcknowledged = true });
        Senders[recorded.Id] = [(Batches[^1], 0)];
    }

    /// <summary>Whether an event may be seen like this, with or without its content.</summary>
    /// <param name="recorded">As it was seen.</param>
    /// <param name="sent">As it was sent.</param>
    /// <param name="from">Since when and from where somebody has been looking at the log.</param>
    public void CheckErasures(RecordedEvent recorded, EventData sent, LookedFrom from)
    {
        var position = recorded.Position.Value;
        if (recorded.IsErased)
            Require(Erasures.Any(erasure => !erasure.IsRefused && erasure.Means(position, sent)), $"{recorded} is erased, and nobody asked for that");
        else if (!IsDamaged && Erasures.Find(erasure => erasure.Forbids(position, sent, from) && recorded.Stream != EraseRequest.RecordStream) is { } erasure)
            throw new Violation($"{recorded} still has its content after the {erasure}");
    }

    public void SawPage(SeenPage page)
    {
        See(page.Events, page.ToString());
        Require(page.To >= page.From, $"{page} goes backwards");
        SawHead(page.To);
        Pages.Add(page);
    }

    public void DidRead(DoneRead read)
    {
        See(read.Events, read.ToString());
        Reads.Add(read);
    }

    public void SawHead(long position) => KnownHead = Math.Max(KnownHead, position);

    public void SawHeadInStore(long position)
    {
        KnownHeadInStore = Math.Max(KnownHeadInStore, position);
        SawHead(position);
    }

    public void SawLineage(Lineage lineage)
    {
        Lineage ??= lineage;
        Require(Lineage == lineage, $"the log was {Lineage} and is {lineage}");
    }

    private void See(IReadOnlyList<SeenEvent> events, string where)
    {
        foreach (var seen in events)
            Know(seen.Position, seen.Id, where);
    }

    private void Know(long position, Guid id, string source)
    {
        if (!facts.TryAdd(position, new(id, source, CacheLosses)) && facts[position].Id != id)
            throw new Violation($"position {position} held {Named(facts[position].Id)} ({facts[position].Source}), and holds {Named(id)} ({source})");

        SawHead(position);
    }

    /// <summary>What a client has sent as the event with an id.</summary>
    public EventData SentAs(Guid id)
    {
        var (batch, index) = Senders[id][0];
        return batch.Batch.Events[index];
    }

    public string Named(Guid id) =>
        Senders.TryGetValue(id, out var senders) ? $"event {senders[0].Index} of {senders[0].Batch}" : $"the unknown event {id}";

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new Violation(otherwise);
    }
}

/// <summary>What somebody was told about a position, who, and after how many losses of the cache.</summary>
internal readonly record struct Fact(Guid Id, string Source, int CacheLosses);

internal sealed record AckedAppend(SentBatch Batch, AppendResult.Appended Answer);

/// <param name="Batch">What was refused.</param>
/// <param name="Answer">Why.</param>
/// <param name="HeadWhenSent">What was already known of the log when it was sent.</param>
/// <param name="Answered">The step in which the answer came.</param>
internal sealed record ToldConflict(SentBatch Batch, AppendResult.Conflict Answer, long HeadWhenSent, long Answered);

/// <summary>An event as a reader got it; its content was compared with what was sent when it was seen.</summary>
internal readonly record struct SeenEvent(long Position, Guid Id, long Version, DateTimeOffset RecordedAt)
{
    /// <summary>What an erased event has kept of its content; none where it has all of it.</summary>
    public string? Digest { get; init; }
}

/// <summary>A page of a subscription: all matches after one position, up to another.</summary>
internal sealed record SeenPage(string Viewer, EventFilter Filter, long From, long To, IReadOnlyList<SeenEvent> Events)
{
    public override string ToString() => $"the page {From}..{To} of {Viewer}";
}

/// <param name="Request">What was asked for.</param>
/// <param name="HeadWhenAsked">What was already known of the log then.</param>
/// <param name="Events">What came.</param>
/// <param name="ReadTo">How far the last page says it looked.</param>
internal sealed record DoneRead(ReadRequest Request, long HeadWhenAsked, IReadOnlyList<SeenEvent> Events, long ReadTo)
{
    public override string ToString() =>
        $"the read {Request.Filter} {Request.Direction} after {Request.After}/{Request.AfterVersion} as of {Request.AsOf} limit {Request.Limit}";
}
