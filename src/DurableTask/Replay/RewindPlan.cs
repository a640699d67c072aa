using DurableTask.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.Replay;

using Event = HistoryEvent.EventTypeOneofCase;

// How a failed instance is taken back. Its last step, which ended it, is forgotten and what it took in is taken in again; failures are removed as far as the present code then still
// walks through the rest of its history (a failure that the code answered with further steps stays: those steps happened). What was called and has no end any more is to be made again, in the trace in which the instance was started.
internal sealed record RewindPlan(IReadOnlyList<IReadOnlyList<HistoryEvent>> Steps, IReadOnlyList<HistoryEvent> Inbox, IReadOnlyList<OrchestratorAction> OpenCalls, TraceContext? Trace)
{
    private const int MostTries = 200;

    public static RewindPlan Make(DurableTaskRegistry registry, IServiceProvider services, IReadOnlyList<IReadOnlyList<HistoryEvent>> history)
    {
        var (steps, forgotten) = Apart(history);
        HistoryEvent[] inbox = [.. forgotten.Where(one => ComesFromOutside(one) && !IsFailure(one))];
        var session = Walk(registry, services, steps);
        if (!Fits(session))
        {
            throw new InvalidOperationException(session.Divergence?.Message ?? "The present code comes to an end before the step that failed.");
        }

        foreach (var (step, failure) in Failures(steps).Reverse().Take(MostTries).ToList())
        {
            List<IReadOnlyList<HistoryEvent>> without = [.. steps];
            without[step] = [.. steps[step].Where(one => !ReferenceEquals(one, failure))];
            var tried = Walk(registry, services, without);
            if (Fits(tried))
            {
                (steps, session) = (without, tried);
            }
        }

        var told = inbox.Select(EndedCall).OfType<int>().ToHashSet();
        return new RewindPlan(steps, inbox, [.. session.OpenCalls.Where(call => !told.Contains(call.Id))], session.Started?.ParentTraceContext);
    }

    // A row of history may be of several steps that became true together: of these the last one is forgotten.
    private static (List<IReadOnlyList<HistoryEvent>> Kept, IReadOnlyList<HistoryEvent> Forgotten) Apart(IReadOnlyList<IReadOnlyList<HistoryEvent>> history)
    {
        List<HistoryEvent> last = [.. history.Count > 0 ? history[^1] : []];
        var begin = last.FindLastIndex(one => one.EventTypeCase == Event.OrchestratorStarted);
        return begin > 0 ? ([.. history.SkipLast(1), last[..begin]], last[begin..]) : ([.. history.SkipLast(1)], last);
    }

    private static OrchestrationSession Walk(DurableTaskRegistry registry, IServiceProvider services, IEnumerable<IReadOnlyList<HistoryEvent>> steps)
    {
        var session = new OrchestrationSession(registry, services, NullLoggerFactory.Instance) { KeepsCalls = true };
        session.Replay([.. steps.SelectMany(step => step)]);
        return session;
    }

    private static bool Fits(OrchestrationSession session) => session.Divergence is null && !session.IsCompleted;

    private static IEnumerable<(int Step, HistoryEvent Failure)> Failures(IReadOnlyList<IReadOnlyList<HistoryEvent>> steps) =>
        steps.SelectMany((step, at) => step.Where(IsFailure).Select(failure => (at, failure)));

    private static bool IsFailure(HistoryEvent one) => one.EventTypeCase switch
    {
        Event.TaskFailed or Event.SubOrchestrationInstanceFailed => true,
        Event.TaskCompleted => ResultEnvelope.Open(one.TaskCompleted.Result).Failure is not null,
        _ => false,
    };

    private static int? EndedCall(HistoryEvent one) => one.EventTypeCase switch
    {
        Event.TaskCompleted => one.TaskCompleted.TaskScheduledId,
        Event.SubOrchestrationInstanceCompleted => one.SubOrchestrationInstanceCompleted.TaskScheduledId,
        Event.TimerFired => one.TimerFired.TimerId,
        _ => null,
    };

    private static bool ComesFromOutside(HistoryEvent one) => one.EventTypeCase is Event.ExecutionStarted or Event.EventRaised or Event.TaskCompleted or Event.TaskFailed
        or Event.SubOrchestrationInstanceCompleted or Event.SubOrchestrationInstanceFailed or Event.TimerFired or Event.ExecutionSuspended or Event.ExecutionResumed;
}
