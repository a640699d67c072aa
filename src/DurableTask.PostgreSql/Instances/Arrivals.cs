using DurableTask.PostgreSql.Hub;
using DurableTask.Replay;
using DurableTask.Telemetry;
using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Instances;

// What comes before a step: makes sure that the instance is in memory and may take its mail in. What it may not take in is refused, put back or dropped here.
internal sealed class Arrivals(
    DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers, MailStore store, StepOutlets outlets, PostgresTaskHubOptions options, TimeProvider time)
{
    private readonly ILogger log = loggers.CreateLogger("DurableTask.PostgreSql.Instances");

    private readonly TaskKeys known = new(registry);

    // Returns the mail for the step that is now to be made, or nothing, and what must come after it.
    public async Task<(IReadOnlyList<Mail> Now, IReadOnlyList<Mail> Later)> OpenAsync(LiveInstance live, IReadOnlyList<Mail> mail)
    {
        if (mail.OfType<StoredMail>().FirstOrDefault(one => one.Attempts > options.MaxAttempts) is { } poison)
        {
            await ParkAsync(live, mail, poison);
            return ([], []);
        }

        var starts = mail.OfType<StartMail>().ToList();
        if (starts.Count > 0 && live.State is { } state && !await store.IsUnderWayAsync(state.InstanceId, state.ExecutionId))
        {
            // Another worker has ended it, and somebody may have purged it.
            live.Forget();
        }

        if (live.Session is null && starts is [var start, ..])
        {
            live.Stand(start.Instance, NewSession());
            // Of several starts the first one counts, and what is told with it by this process. The rest is looked at when it is stored: rows are of an instance that is there, or was.
            bool IsFirst(Mail one) => ReferenceEquals(one, start) || one is DirectMail and not StartMail;
            return ([.. mail.Where(IsFirst)], [.. mail.Where(one => !IsFirst(one))]);
        }

        // The instance exists: starting it again does nothing.
        foreach (var second in starts)
        {
            second.Stored.TrySetResult();
        }

        // In the order in which it was told: from the generation before, from the inbox, directly.
        Mail[] rest = [.. mail.Where(one => one is not StartMail && !(one is StoredMail stored && live.Taken.Contains(stored.Id))).OrderBy(one => one is StoredMail { IsCarried: true } ? 0 : 1).ThenBy(one => one is StoredMail row ? row.Id : long.MaxValue)];
        return (rest.Length == 0 || live.Session is not null ? rest : await LoadAsync(live, rest), []);
    }

    public async Task ReturnAsync(string instanceId, IReadOnlyList<Mail> mail, DateTimeOffset notBefore, bool countAttempt, string? error)
    {
        await store.PutBackAsync(instanceId, mail, notBefore, countAttempt, error, time.GetUtcNow());
        outlets.Activities.Ended(mail.OfType<ActivityResult>().Select(one => one.Activity));
        foreach (var direct in mail.OfType<DirectMail>())
        {
            direct.Stored.TrySetResult();
        }
    }

    private async Task<IReadOnlyList<Mail>> LoadAsync(LiveInstance live, IReadOnlyList<Mail> mail)
    {
        LoadedInstance? found;
        do
        {
            found = await outlets.Loads.AskAsync(live.InstanceId);
        }
        while (found is { IsFinished: false, IsWhole: false });

        var now = time.GetUtcNow();
        switch (found)
        {
            case null or { IsFinished: true }:
                await RefuseAsync(live, mail, found);
                return [];
            case { IsParked: true }:
                await ReturnAsync(live.InstanceId, mail, DateTimeOffset.MaxValue, countAttempt: false, error: null);
                return [];
            case { State.Steps: 0 } when found.StartAt > now:
                await ReturnAsync(live.InstanceId, mail, found.StartAt, countAttempt: false, error: null);
                return [];
            case var other when !known.Knows(other.TaskKey):
                log.LogWarning("{InstanceId} is left to another worker: this one does not know {Orchestrator}", live.InstanceId, other.TaskKey);
                await ReturnAsync(live.InstanceId, mail, now + options.PollInterval, countAttempt: false, error: null);
                return [];
            default:
                return Replay(live, mail, found);
        }
    }

    private List<Mail> Replay(LiveInstance live, IReadOnlyList<Mail> mail, LoadedInstance found)
    {
        var session = NewSession();
        if (found.State.Steps > 0)
        {
            session.Replay(found.Events);
        }

        live.Stand(found.State, session);
        List<Mail> open = [.. found.Mail];
        foreach (var one in mail)
        {
            if (one is ActivityResult result && !found.Held.Contains((result.Activity.Key, result.Activity.Epoch)))
            {
                outlets.Activities.Refused(result.Activity);
            }
            else if (one is not StoredMail)
            {
                open.Add(one);
            }
        }

        return open;
    }

    private async Task RefuseAsync(LiveInstance live, IReadOnlyList<Mail> mail, LoadedInstance? found)
    {
        if (mail.Any(one => one is not DirectMail))
        {
            await store.DropAsync(mail);
        }

        outlets.Activities.Ended(mail.OfType<ActivityResult>().Select(one => one.Activity));
        foreach (var direct in mail.OfType<DirectMail>())
        {
            direct.Stored.TrySetException(found is null
                ? new OrchestrationNotFoundException(live.InstanceId)
                : new OrchestrationFinishedException(live.InstanceId, Enum.Parse<OrchestrationRuntimeStatus>(found.Status, ignoreCase: true)));
        }
    }

    private async Task ParkAsync(LiveInstance live, IReadOnlyList<Mail> mail, StoredMail poison)
    {
        var steps = live.State?.Steps ?? (await outlets.Loads.AskAsync(live.InstanceId))?.State.Steps ?? 0;
        var reason = $"{poison.Attempts - 1} attempts at step {steps} ended without a result; last error: {poison.LastError ?? "none recorded, the worker died"}";
        log.LogError("{InstanceId} is parked: {Reason}", live.InstanceId, reason);
        await store.ParkAsync(live.InstanceId, reason);
        await ReturnAsync(live.InstanceId, mail, DateTimeOffset.MaxValue, countAttempt: false, error: null);
        live.Forget();
    }

    private OrchestrationSession NewSession() => new(registry, services, loggers);
}
