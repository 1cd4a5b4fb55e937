using Clew.Events;
using Clew.Store;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Simulation.Oracle;

/// <summary>Holds what everybody was told during a run against the log as it is in the end.</summary>
internal sealed class Judge
{
    private readonly History history;
    private readonly LogModel log;
    private readonly IReadOnlyList<SeenEvent> final;
    private readonly Dictionary<int, List<long>> copies = [];
    private readonly HashSet<long> batchEnds = [];

    public Judge(History history, IReadOnlyList<SeenEvent> final)
    {
        this.history = history;
        this.final = final;
        log = new([.. final.Select((seen, index) => Logged(seen, index + 1))]);
    }

    public LogModel Log => log;

    public void CheckAll()
    {
        CheckOrder();
        CheckBatches();
        CheckFacts();
        CheckAcks();
        foreach (var sent in history.Batches)
            CheckPresence(sent);
        foreach (var conflict in history.Conflicts)
            CheckConflict(conflict);
        foreach (var page in history.Pages)
            CheckPage(page);
        foreach (var read in history.Reads)
            CheckRead(read);
        CheckErasures();
        foreach (var erasure in history.Erasures)
            CheckAnswer(erasure);
    }

    /// <summary>Events whose content must be nowhere on the disk: whatever copies the log has of them are erased.</summary>
    public IEnumerable<EventData> Erased()
    {
        var present = final.Where(seen => seen.Digest is null).Select(seen => seen.Id).ToHashSet();
        return final.Where(seen => seen.Digest is not null && !present.Contains(seen.Id)).Select(seen => log.At(seen.Position).Data);
    }

    /// <summary>What a read must give, on the log as it is.</summary>
    public void CheckRead(DoneRead read)
    {
        var (bound, isExact) = UpperBound(read);
        var forwards = read.Request.Direction == ReadDirection.Forwards;
        // Backwards, where it began is only known from what it found: the head may not have been as far as the bound.
        var began = forwards ? Math.Max(read.ReadTo, read.HeadWhenAsked) : read.Events.Count > 0 ? read.Events[0].Position : 0;
        var upTo = isExact ? bound : Math.Min(bound, began);
        var expected = log.Matching(read.Request.Filter, read.Request.After.Value, upTo)
            .Where(logged => logged.Version > read.Request.AfterVersion.Value);
        if (!forwards)
            expected = expected.Reverse();
        if (read.Request.Limit is { } limit)
            expected = expected.Take((int)limit);
        CheckSame(expected, read.Events, read.ToString());
    }

    private LoggedEvent Logged(SeenEvent seen, long position)
    {
        Require(seen.Position == position, $"the log has position {seen.Position} where {position} belongs");
        Require(history.Senders.TryGetValue(seen.Id, out var senders), $"position {position} holds an event that nobody sent");
        var (batch, index) = senders![0];
        return new(position, seen.Version, seen.RecordedAt, batch.Batch.Events[index], senders);
    }

    private void CheckOrder()
    {
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        var time = DateTimeOffset.MinValue;
        for (var position = 1L; position <= log.Head; position++)
        {
            var logged = log.At(position);
            var version = versions[logged.Data.Stream.Value] = versions.GetValueOrDefault(logged.Data.Stream.Value) + 1;
            Require(logged.Version == version, $"position {position} has version {logged.Version} of {logged.Data.Stream}, not {version}");
            Require(logged.RecordedAt >= time, $"position {position} was recorded before the one that it follows");
            time = logged.RecordedAt;
        }
    }

    // Cuts the log into batches, and asks of each whether it was allowed to be there.
    private void CheckBatches()
    {
        for (var first = 1L; first <= log.Head;)
        {
            var sent = log.At(first).Senders.FirstOrDefault(sender => IsWhole(sender.Batch, first)).Batch
                ?? throw new Violation($"at position {first} a batch is split, cut or mixed with another: {history.Named(log.At(first).Data.Id)}");

            if (!copies.TryGetValue(sent.Number, out var places))
                copies[sent.Number] = places = [];
            CheckPlace(sent, first, places);
            places.Add(first);
            first += sent.Batch.Events.Count;
            batchEnds.Add(first - 1);
        }
    }

    private bool IsWhole(SentBatch sent, long first)
    {
        var events = sent.Batch.Events;
        for (var index = 0; index < events.Count; index++)
        {
            if (first + index > log.Head || log.At(first + index).Data.Id != events[index].Id)
                return false;
            if (log.At(first + index).RecordedAt != log.At(first).RecordedAt)
                return false;
        }

        return true;
    }

    private void CheckPlace(SentBatch sent, long first, List<long> earlier)
    {
        Require(sent.MayBeInLog, $"{sent} is at {first}, but every attempt was answered with a refusal");
        Require(first > sent.HeadBefore, $"{sent} is at {first}, but was sent when {sent.HeadBefore} had been seen");
        var broken = log.Broken(sent.Batch.Conditions, first - 1);
        Require(broken.Count == 0, $"{sent} is at {first}, where its condition did not hold: {string.Join("; ", broken)}");
        foreach (var place in earlier)
        {
            var last = place + sent.Batch.Events.Count - 1;
            Require(
                last <= first - 1 - history.WindowEvents,
                $"{sent} is in the log twice, at {place} and at {first}, within the window of {history.WindowEvents}");
        }
    }

    private void CheckFacts()
    {
        foreach (var (position, fact) in history.Facts)
        {
            Require(position <= log.Head, $"position {position} is gone: {fact.Source} saw {history.Named(fact.Id)}; the log ends at {log.Head}");
            Require(
                log.At(position).Data.Id == fact.Id,
                $"position {position} holds {history.Named(log.At(position).Data.Id)}, but {fact.Source} saw {history.Named(fact.Id)}");
        }

        Require(history.KnownHead <= log.Head, $"the log ends at {log.Head}, but {history.KnownHead} had been seen");
    }

    private void CheckAcks()
    {
        foreach (var (sent, answer) in history.Acks)
        {
            Require(
                copies.TryGetValue(sent.Number, out var places) && places.Contains(answer.First.Value),
                $"{sent} was acknowledged at {answer.First} and is not there");
            var expected = new List<StreamAt>();
            for (var position = answer.First.Value; position <= answer.Last.Value; position++)
            {
                var logged = log.At(position);
                var known = expected.FindIndex(at => at.Stream == logged.Data.Stream);
                if (known < 0)
                    expected.Add(new(logged.Data.Stream, new(logged.Version)));
                else
                    expected[known] = new(logged.Data.Stream, new(logged.Version));
            }

            Require(expected.SequenceEqual(answer.Versions), $"{sent} was answered with versions {string.Join(", ", answer.Versions)}");
        }
    }

    // An erasure has happened with its record, and wholly; or it has not.
    private void CheckErasures()
    {
        var named = new Dictionary<long, string>();
        foreach (var record in final.Where(seen => history.ErasureRecords.ContainsKey(seen.Id)))
        {
            var (erasure, events) = history.ErasureRecords[record.Id];
            foreach (var (position, digest) in events)
            {
                Require(position < record.Position && named.TryAdd(position, Convert.ToHexString(digest)), $"the record at {record.Position} names {position}");
                Require(erasure.Means(position, log.At(position).Data), $"position {position} is erased by the {erasure}");
            }
        }

        foreach (var seen in final)
        {
            var isNamed = named.TryGetValue(seen.Position, out var digest);
            Require(seen.Digest is null || seen.Digest == digest, $"position {seen.Position} is erased, and no record says so");
            Require(seen.Digest is not null || !isNamed || history.IsDamaged, $"position {seen.Position} has its content, and a record says that it is erased");
        }
    }

    private void CheckAnswer(SentErasure erasure)
    {
        var meant = final.Where(seen => seen.Position <= erasure.HeadBefore && erasure.Means(seen.Position, log.At(seen.Position).Data)).ToList();
        switch (erasure.Answer)
        {
            case EraseResult.NothingFound:
                Require(meant.Count == 0, $"the {erasure} found nothing, and position {meant.FirstOrDefault().Position} was meant");
                break;
            case EraseResult.Refused(var own):
                Require(history.ErasureRecords.ContainsKey(final[(int)own.Value - 1].Id), $"the {erasure} was refused for position {own}");
                break;
            case EraseResult.Erased erased:
                var records = final.Where(seen => history.ErasureRecords.TryGetValue(seen.Id, out var record) && record.Erasure == erasure).ToList();
                Require(records.Select(seen => seen.Position).SequenceEqual(erased.Records.Select(at => at.Value)), $"the {erasure} is recorded elsewhere than it was answered");
                Require(records.Sum(seen => history.ErasureRecords[seen.Id].Events.Count) == erased.Now, $"the {erasure} was answered with {erased.Now} events");
                Require(history.IsDamaged || meant.TrueForAll(seen => seen.Digest is not null), $"the {erasure} has left events as they were");
                Require(erased.Now + erased.Before >= meant.Count, $"the {erasure} counted {erased.Now} and {erased.Before} of {meant.Count} events");
                break;
        }
    }

    private void CheckPresence(SentBatch sent) => Require(
        !sent.IsAcknowledged || copies.ContainsKey(sent.Number), $"{sent} was acknowledged and is lost");

    // It must have been right about the log at some moment between the question and the answer.
    private void CheckConflict(ToldConflict told)
    {
        var own = copies.GetValueOrDefault(told.Batch.Number)?.Min() ?? long.MaxValue;
        var head = told.HeadWhenSent;
        do
        {
            if (head < own && log.Broken(told.Batch.Batch.Conditions, head).SequenceEqual(told.Answer.Broken))
                return;
            head++;
        }
        while (head <= log.Head && log.At(head).Senders.Min(sender => sender.Batch.FirstSent) <= told.Answered);

        throw new Violation(
            $"the conflict of {told.Batch} was never true between {told.HeadWhenSent} and {head - 1}: "
            + $"told {string.Join("; ", told.Answer.Broken)}; "
            + $"at first {string.Join("; ", log.Broken(told.Batch.Batch.Conditions, told.HeadWhenSent))}"
            + (own < long.MaxValue ? $"; it is in the log at {own}" : ""));
    }

    private void CheckPage(SeenPage page)
    {
        CheckSame(log.Matching(page.Filter, page.From, page.To), page.Events, page.ToString());
        Require(page.To == 0 || batchEnds.Contains(page.To), $"{page} ends in the middle of a batch");
    }

    private static void CheckSame(IEnumerable<LoggedEvent> expected, IReadOnlyList<SeenEvent> seen, string where)
    {
        var index = 0;
        foreach (var logged in expected)
        {
            Require(index < seen.Count, $"{where} has {seen.Count} events and lacks position {logged.Position}");
            Require(
                seen[index].Position == logged.Position && seen[index].Id == logged.Data.Id
                && seen[index].Version == logged.Version && seen[index].RecordedAt == logged.RecordedAt,
                $"{where} has {seen[index]} where position {logged.Position} belongs");
            index++;
        }

        Require(index == seen.Count, $"{where} has {seen.Count} events, and {index} belong there");
    }

    // A bound by time is only exact where an event recorded later was already known: until then more of the same time may come.
    private (long Bound, bool IsExact) UpperBound(DoneRead read)
    {
        switch (read.Request.AsOf)
        {
            case AsOf.Position(var last):
                return (last.Value, last.Value <= read.HeadWhenAsked);
            case AsOf.RecordedTime(var time):
                var count = log.Head;
                while (count > 0 && log.At(count).RecordedAt > time)
                    count--;
                return (count, count < read.HeadWhenAsked);
            case AsOf.Version(var version) when read.Request.Filter is EventFilter.OfStream stream:
                var bound = log.Matching(stream, 0, log.Head).Take((int)version.Value).LastOrDefault()?.Position ?? 0;
                return (bound, bound <= read.HeadWhenAsked);
            default:
                return (read.ReadTo, false);
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new Violation(otherwise);
    }
}
