using System.Text.Json;

namespace OrchestratorFunctions.Audit.Trail;

/// <summary>Follows the chains: heads first, then entries, chain by chain and in order. Finds what was changed, is missing, was moved or was put in.</summary>
internal sealed class AuditCheck
{
    private readonly List<string> faults = [];
    private readonly Dictionary<Guid, ChainHead> heads = [];
    private readonly Dictionary<Guid, (long Position, byte[] Hash)> ends = [];

    // The projects of which the system's chain says that their trail was begun.
    private readonly HashSet<Guid> begun = [];

    // Entries of the first chain that follow one of another chain: an old version wrote them while it was being replaced.
    private readonly Dictionary<long, StoredEntry> awaiting = [];
    private ChainHead firstHead = new(null, 0, null);
    private (long Id, byte[] Hash) firstEnd = (0, []);
    private long entries;

    public void Expect(ChainHead head)
    {
        if (head.Chain is { } chain)
        {
            heads[chain] = head;
        }
        else
        {
            firstHead = head;
        }
    }

    public void Next(StoredEntry entry)
    {
        entries++;
        if (!entry.ExpectedHash().AsSpan().SequenceEqual(entry.Hash))
        {
            Fault(entry, $"changed (entry {entry.Id}, {entry.Action})");
        }

        if (entry.Chain is { } chain)
        {
            Follow(chain, entry);
        }
        else
        {
            FollowFirst(entry);
        }
    }

    /// <summary>The verdict, when every entry was given; it names at most <paramref name="mostFaults"/> faults.</summary>
    public AuditVerdict Finish(int mostFaults)
    {
        if (firstEnd.Id < firstHead.Position)
        {
            faults.Add($"first chain: ends with {firstEnd.Id} instead of {firstHead.Position}");
        }

        faults.AddRange(awaiting.Keys.Select(id => $"first chain: missing from {id} to {id}"));
        foreach (var head in heads.Values)
        {
            var (position, hash) = ends.GetValueOrDefault(head.Chain!.Value);
            if (position != head.Position || !Same(hash, head.Hash))
            {
                faults.Add($"{Name(head.Chain)}: ends with {position} instead of {head.Position}");
            }
        }

        faults.AddRange(ends.Keys.Where(chain => !heads.ContainsKey(chain)).Select(chain => $"{Name(chain)}: nothing says where it ends"));
        faults.AddRange(begun.Where(chain => !ends.ContainsKey(chain) && !heads.ContainsKey(chain)).Select(chain => $"{Name(chain)}: its whole trail is missing"));
        faults.AddRange(ends.Keys.Where(chain => chain != Guid.Empty && !begun.Contains(chain)).Select(chain => $"{Name(chain)}: nothing says that it was begun"));
        return new AuditVerdict(entries, ends.Count + (firstEnd.Id > 0 ? 1 : 0), [.. faults.Take(mostFaults)]);
    }

    private void Follow(Guid chain, StoredEntry entry)
    {
        var (position, hash) = ends.GetValueOrDefault(chain);
        if (entry.Position != position + 1)
        {
            faults.Add($"{Name(chain)}: missing from {position + 1} to {entry.Position - 1}");
        }
        else if (!Same(hash, entry.PreviousHash))
        {
            Fault(entry, "does not follow the entry before it");
        }

        if (chain == Guid.Empty && entry.Action == "trail_begun" && ProjectOf(entry) is { } project)
        {
            begun.Add(project);
        }

        if (entry.ProjectId != (chain == Guid.Empty ? null : chain))
        {
            Fault(entry, "is not of this chain's project");
        }

        ends[chain] = (entry.Position!.Value, entry.Hash);
        if (awaiting.Remove(entry.Id, out var next) && !Same(entry.Hash, next.PreviousHash))
        {
            Fault(next, "does not follow the entry before it");
        }
    }

    private void FollowFirst(StoredEntry entry)
    {
        if (entry.Id == firstEnd.Id + 1)
        {
            if (!Same(firstEnd.Hash, entry.PreviousHash))
            {
                Fault(entry, "does not follow the entry before it");
            }
        }
        else if (entry.Id <= firstHead.Position + 1)
        {
            faults.Add($"first chain: missing from {firstEnd.Id + 1} to {entry.Id - 1}");
        }
        else
        {
            awaiting[entry.Id - 1] = entry;
        }

        firstEnd = (entry.Id, entry.Hash);
    }

    // Whatever somebody may have put there instead: that it was changed is said by its hash.
    private static Guid? ProjectOf(StoredEntry entry)
    {
        using var details = JsonDocument.Parse(entry.Details);
        return details.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("project", out var id) && id.ValueKind == JsonValueKind.String && id.TryGetGuid(out var project) ? project : null;
    }

    private void Fault(StoredEntry entry, string what) => faults.Add($"{Name(entry.Chain)}, {entry.Position ?? entry.Id}: {what}");

    private static bool Same(byte[]? one, byte[]? other) => (one ?? []).AsSpan().SequenceEqual(other ?? []);

    private static string Name(Guid? chain) => chain is not { } id ? "first chain" : id == Guid.Empty ? "system" : $"project {id}";
}
