using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.Replay;
using DurableTask.Telemetry;
using DurableTask.Wire;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

// Takes the mail of one instance through a step: bring the session to where the store stands, advance it, make the step true, and only then tell anybody.
internal sealed class Stepper(
    DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers, StepOutlets outlets, MailStore mailStore, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time,
    Func<string> newGeneration)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ILogger log = loggers.CreateLogger("DurableTask.PostgreSql.Instances");
    private readonly Arrivals arrivals = new(registry, services, loggers, mailStore, outlets, options, time);

    public Task WorkAsync(LiveInstance live, IReadOnlyList<Mail> mail) => WorkAsync(live, mail, mayBeJoined: true);

    private async Task WorkAsync(LiveInstance live, IReadOnlyList<Mail> mail, bool mayBeJoined)
    {
        IReadOnlyList<Mail> later = [];
        try
        {
            (var now, later) = await arrivals.OpenAsync(live, mail);
            if (now.Count > 0)
            {
                await StepAsync(live, now, mayBeJoined);
            }

            live.Failures = 0;
        }
        catch (Exception exception)
        {
            live.Forget();
            // Each of it once: a step that takes the same twice is never made.
            Mail[] open = [.. mail.Where(one => !later.Contains(one, ReferenceEqualityComparer.Instance))];
            Mail[] joined = [.. live.Step?.Joined ?? []];
            live.Step = null;
            // It may be what joined that cannot be stored: the step is made without it, which is on its own then.
            var isMadeAlone = joined.Length > 0 && !IsTroubleOfTheDatabase(exception);
            if (isMadeAlone)
            {
                log.LogInformation("A step of {InstanceId} was refused together with what had joined it ({Reason}); each is tried alone", live.InstanceId, (exception as PostgresException)?.MessageText ?? exception.Message);
            }

            Again(live, [.. isMadeAlone ? joined : [], .. later]);
            later = [];
            await (isMadeAlone ? WorkAsync(live, open, mayBeJoined: false) : RecoverAsync(live, [.. open, .. joined], exception));
        }

        live.Step = null;
        Again(live, later);
    }

    private async Task StepAsync(LiveInstance live, IReadOnlyList<Mail> mail, bool mayBeJoined)
    {
        var (state, session) = (live.State!, live.Session!);
        var version = state.Version ?? registry.NewestVersion(state.Name) ?? "";
        var (events, now, here) = Told(state, mail, version, after: state.UpdatedAt);
        var step = Step.Of(state, mail, events, session.Advance(events), version, newGeneration, now, here);
        step.Reserved = outlets.Activities.Reserve(step.Calls);
        var made = false;
        try
        {
            var asked = outlets.Commits.AskAsync(step);
            // Only now: what joins it must be sure that there is an answer.
            live.Step = mayBeJoined ? step : null;
            made = await asked;
        }
        finally
        {
            if (!made)
            {
                outlets.Activities.Unreserve(step.Reserved);
                live.Forget();
            }
        }

        if (made)
        {
            Made(live, step);
            return;
        }

        // Somebody else has moved the instance on, or started it before. The mail is still there; the next look brings the state it must meet.
        if (step.Start is { } start)
        {
            start.Stored.TrySetResult();
        }
        else
        {
            Measures.Overtaken(step.Before.Name);
        }

        Again(live, step.Mail.Where(one => one is not StartMail));
    }

    // What has come for an instance whose step waits for its commit: the instance advances once more, and both become true together.
    public void Join(LiveInstance live)
    {
        var step = live.Step!;
        // Asked once more: it was asked before the step was open, when another part may just have ended it.
        var mail = step.TakesMore ? outlets.Live.TakeJoining(live) : [];
        try
        {
            if (mail.Count > 0)
            {
                var (called, areReserved) = (step.Calls.Count, step.Calls.Count == step.Reserved);
                var (events, now, here) = Told(step.Before, mail, step.Version, after: step.Now);
                step.TakeIn(mail, events, live.Session!.Advance(events), now, here);
                step.Reserved += areReserved ? outlets.Activities.Reserve(step.Calls.Skip(called)) : 0;
            }
        }
        catch (Exception exception)
        {
            step.Spoil(mail, exception);
        }

        step.Boarding.Close();
        outlets.Commits.SetOut();
    }

    private (HistoryEvent[] Events, DateTimeOffset Now, DateTimeOffset Here) Told(InstanceState state, IReadOnlyList<Mail> mail, string version, DateTimeOffset after)
    {
        // As the store keeps it, so that memory and store say the same. Clocks of two workers may differ; an orchestrator's clock does not go back.
        var here = Parameters.Microseconds(time.GetUtcNow());
        var now = here > after ? here : after;
        // Results for a generation that has continued as new are of no use to this one.
        var told = mail.Where(one => one.ExecutionId is null || one.ExecutionId == state.ExecutionId).Select(one => one.Event).ToList();
        HistoryEvent[] events = [StepHistory.Started(now), .. told.Exists(one => one.ExecutionStarted is not null) ? [.. told.OrderBy(ComesAfterTheStart)] : told];
        foreach (var one in events)
        {
            if (one.ExecutionStarted is { } started)
            {
                started.Version = version;
            }
        }

        return (events, now, here);
    }

    // What starts a generation comes first, but for what was to hold or to end it before it began.
    private static bool ComesAfterTheStart(HistoryEvent one) => one is { ExecutionStarted: null, ExecutionSuspended: null, ExecutionResumed: null, ExecutionTerminated: null };

    private void Made(LiveInstance live, Step step)
    {
        var input = live.Session!.Started?.Input;
        if (step.End is null)
        {
            live.Stand(step.After, live.Session!);
            live.Taken.UnionWith(step.Messages);
        }
        else
        {
            live.Forget();
        }

        outlets.Activities.Ended(step.Results);
        outlets.Activities.Begin(step.Calls.Take(step.Reserved).Select(call => new ActivityClaim(
            new ActivityKey(step.Before.InstanceId, step.Before.ExecutionId, call.Id), call.ScheduleTask.Name, call.ScheduleTask.Input, Epoch: 1, Attempts: 1, Step.TraceOf(call))));
        foreach (var direct in step.Mail.OfType<DirectMail>())
        {
            direct.Stored.TrySetResult();
        }

        wakeups.After(step, input);
    }

    private async Task RecoverAsync(LiveInstance live, IReadOnlyList<Mail> mail, Exception exception)
    {
        live.Failures++;
        if (exception is PostgresException { SqlState: StepCommit.LeaseLost } lost)
        {
            log.LogWarning("A step of {InstanceId} was refused: {Reason}", live.InstanceId, lost.MessageText);
            Measures.LeaseLost("instance");
            Again(live, mail);
        }
        else if (IsTroubleOfTheDatabase(exception))
        {
            await PauseAsync(live, mail, exception);
        }
        else
        {
            await PutBackAsync(live, mail, exception);
        }
    }

    private static bool IsTroubleOfTheDatabase(Exception exception) => exception is NpgsqlException and not PostgresException { SqlState: StepCommit.LeaseLost or ['2', '2' or '3', ..] };

    // The database is in trouble. Clients hear of it and try again; the rest waits here, since nobody else may have it yet.
    private async Task PauseAsync(LiveInstance live, IReadOnlyList<Mail> mail, Exception exception)
    {
        log.LogWarning("A step of {InstanceId} could not be stored ({Reason}); it is tried again", live.InstanceId, exception.Message);
        foreach (var direct in mail.OfType<DirectMail>())
        {
            direct.Stored.TrySetException(exception);
        }

        var kept = mail.Where(one => one is not DirectMail).ToList();
        if (kept.Count > 0)
        {
            var wait = TimeSpan.FromSeconds(0.1 * Math.Pow(2, Math.Min(live.Failures, 10) - 1));
            await Task.Delay(wait < LongestPause ? wait : LongestPause, time);
            Again(live, kept);
        }
    }

    // Whatever is wrong is wrong with this instance, also when the server cannot store what it wants (classes 22 and 23, https://www.postgresql.org/docs/15/errcodes-appendix.html). Its mail is stored, and comes again later, until it has come too often.
    private async Task PutBackAsync(LiveInstance live, IReadOnlyList<Mail> mail, Exception exception)
    {
        var attempts = mail.OfType<StoredMail>().Select(one => one.Attempts).DefaultIfEmpty(1).Max();
        log.LogError(exception, "A step of {InstanceId} could not be made (attempt {Attempt}); it is tried again", live.InstanceId, attempts);
        // For what is not there yet nothing can be put back: whoever starts it, or tells it something already, hears why.
        var isFirst = mail.Any(one => one is StartMail);
        foreach (var direct in mail.OfType<DirectMail>().Where(_ => isFirst))
        {
            direct.Stored.TrySetException(exception);
        }

        Mail[] kept = [.. mail.Where(one => !(isFirst && one is DirectMail))];
        try
        {
            var notBefore = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(60, 0.2 * Math.Pow(2, attempts - 1)));
            await arrivals.ReturnAsync(live.InstanceId, kept, notBefore, countAttempt: true, $"{exception.GetType().Name}: {exception.Message}");
        }
        // Whatever it is: what is worked on here is taken up again, or nobody ever would.
        catch (Exception trouble)
        {
            await PauseAsync(live, kept, trouble);
        }
    }

    // Before what has come meanwhile.
    private void Again(LiveInstance live, IEnumerable<Mail> mail) => outlets.Live.Return(live, mail);
}

// Where the stepper's work comes from and goes to.
internal sealed record StepOutlets(LiveInstances Live, Batcher<string, LoadedInstance?> Loads, Batcher<Step, bool> Commits, ActivityWork Activities);
