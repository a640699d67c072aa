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

    public async Task WorkAsync(LiveInstance live, IReadOnlyList<Mail> mail)
    {
        IReadOnlyList<Mail> later = [];
        try
        {
            (var now, later) = await arrivals.OpenAsync(live, mail);
            if (now.Count > 0)
            {
                await StepAsync(live, now);
            }

            live.Failures = 0;
        }
        catch (Exception exception)
        {
            live.Forget();
            // Each of it once: a step that takes the same twice is never made.
            await RecoverAsync(live, [.. mail.Where(one => !later.Contains(one, ReferenceEqualityComparer.Instance))], exception);
        }

        if (later.Count > 0)
        {
            Again(live, later);
        }
    }

    private async Task StepAsync(LiveInstance live, IReadOnlyList<Mail> mail)
    {
        var step = Advance(live, mail);
        step.Reserved = outlets.Activities.Reserve(step.Calls);
        var made = false;
        try
        {
            made = await outlets.Commits.AskAsync(step);
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
            Made(live, step, mail);
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

        Again(live, mail.Where(one => one is not StartMail));
    }

    private Step Advance(LiveInstance live, IReadOnlyList<Mail> mail)
    {
        var (state, session) = (live.State!, live.Session!);
        var version = state.Version ?? registry.NewestVersion(state.Name) ?? "";
        // As the store keeps it, so that memory and store say the same. Clocks of two workers may differ; an orchestrator's clock does not go back.
        var here = Parameters.Microseconds(time.GetUtcNow());
        var now = here > state.UpdatedAt ? here : state.UpdatedAt;
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

        return Step.Of(state, mail, events, session.Advance(events), version, newGeneration, now, here);
    }

    // What starts a generation comes first, but for what was to hold or to end it before it began.
    private static bool ComesAfterTheStart(HistoryEvent one) => one is { ExecutionStarted: null, ExecutionSuspended: null, ExecutionResumed: null, ExecutionTerminated: null };

    private void Made(LiveInstance live, Step step, IReadOnlyList<Mail> mail)
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
        foreach (var direct in mail.OfType<DirectMail>())
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
        else if (exception is NpgsqlException and not PostgresException { SqlState: ['2', '2' or '3', ..] })
        {
            await PauseAsync(live, mail, exception);
        }
        else
        {
            await PutBackAsync(live, mail, exception);
        }
    }

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
        // What is not there yet cannot be put back: whoever starts it hears why.
        foreach (var start in mail.OfType<StartMail>())
        {
            start.Stored.TrySetException(exception);
        }

        Mail[] kept = [.. mail.Where(one => one is not StartMail)];
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

    private void Again(LiveInstance live, IEnumerable<Mail> mail) => outlets.Live.Post(live.InstanceId, [.. mail]);
}

// Where the stepper's work comes from and goes to.
internal sealed record StepOutlets(LiveInstances Live, Batcher<string, LoadedInstance?> Loads, Batcher<Step, bool> Commits, ActivityWork Activities);
