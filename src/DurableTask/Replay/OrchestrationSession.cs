using DurableTask.Calls;
using DurableTask.Telemetry;
using DurableTask.Wire;
using Microsoft.Extensions.Logging;

namespace DurableTask.Replay;

using Event = HistoryEvent.EventTypeOneofCase;
using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// One execution of an orchestrator. Cold: Replay the past, then Advance over what is new. Warm: Advance again. The answer is what the caller must make true,
// alone or in one transaction with the answers that follow; when that fails the session is thrown away. Not for concurrent use.
internal sealed class OrchestrationSession(DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers)
{
    private readonly OrchestratorThread thread = new();
    private readonly List<HistoryEvent> held = [];
    private readonly List<HistoryEvent> late = [];
    private OpenTasks? tasks;
    private EventInbox? inbox;
    private SessionContext? context;
    private Task<object?>? run;
    private OrchestratorAction? completion;
    private bool rewound;
    private bool missed;
    private int blankedFailures;
    private StepSpan? span;

    // What this execution was started with; null before it is.
    public ExecutionStartedEvent? Started { get; private set; }

    public DateTime Now { get; private set; }

    public bool IsReplaying { get; private set; }

    public bool IsSuspended { get; private set; }

    public bool IsCompleted => completion is not null;

    // How the instance ended, once it has.
    public CompleteOrchestrationAction? End => completion?.CompleteOrchestration;

    // Where, while the past was replayed, code and history first disagreed.
    public NonDeterminismException? Divergence { get; private set; }

    // Whether the session remembers what was called with which input.
    public bool KeepsCalls { get; init; }

    // The calls whose end is not known yet, each with what it was called with.
    public IEnumerable<OrchestratorAction> OpenCalls => Tasks.OpenIds.Order().Select(id => Tasks.Called![id]);

    private OpenTasks Tasks => tasks ??= new OpenTasks(thread) { Called = KeepsCalls ? [] : null };

    private EventInbox Inbox => inbox ??= new EventInbox(thread);

    public void Replay(IReadOnlyCollection<HistoryEvent> past)
    {
        IsReplaying = true;
        blankedFailures = past.Count(IsBlankedFailure);
        // Of a next generation the host's history has an end of the episode before its steps: it is one only when the next episode, or nothing, follows.
        HistoryEvent? end = null;
        foreach (var one in past)
        {
            if (end is not null && one.EventTypeCase == Event.OrchestratorStarted)
            {
                Process(end);
            }

            end = one.EventTypeCase == Event.OrchestratorCompleted ? one : null;
            if (end is null)
            {
                Process(one);
            }
        }

        if (end is not null)
        {
            Process(end);
        }

        IsReplaying = false;
        Measures.Replayed(Started?.Name ?? "", past.Count);
    }

    public SessionAnswer Advance(IEnumerable<HistoryEvent> newEvents)
    {
        var wasFailed = IsFailed();
        span = new StepSpan();
        try
        {
            if (Started is not null)
            {
                span.Open(Started);
            }

            foreach (var one in newEvents)
            {
                Process(one);
                Measures.TakenIn(one, Now);
            }

            if (completion is null)
            {
                FailWhenLost();
            }

            if (IsFailed() && !wasFailed)
            {
                span.Failed(completion!.CompleteOrchestration.FailureDetails.ErrorType);
            }

            Measures.Stepped(Started?.Name ?? "", IsFailed() && !wasFailed);
            return new SessionAnswer(Carried(Traced(Tasks.TakeFresh())), context?.Status, IsSuspended, Started?.ParentTraceContext);
        }
        finally
        {
            span.Close();
        }
    }

    private void Process(HistoryEvent one)
    {
        try
        {
            Handle(one);
        }
        // The boundary of the orchestrator's code: whatever it did wrong fails this instance, not the worker. A missing class is the worker's own trouble.
        catch (Exception exception) when (exception is not UnknownTaskException)
        {
            Divergence ??= IsReplaying ? exception as NonDeterminismException : null;
            Fail(exception);
        }
    }

    private void Handle(HistoryEvent one)
    {
        switch (one.EventTypeCase)
        {
            case Event.OrchestratorStarted:
                Now = one.Timestamp.ToDateTime();
                rewound = false;
                break;
            case Event.GenericEvent when IsReplaying && one.GenericEvent.Data is null:
                Rewind(one);
                break;
            case Event.OrchestratorCompleted when IsReplaying && !IsFailed() && !rewound:
                Tasks.AllMatched();
                break;
            case Event.ExecutionTerminated when completion is null or { CompleteOrchestration.OrchestrationStatus: OrchestrationStatus.ContinuedAsNew }:
                Complete(new CompleteOrchestrationAction { OrchestrationStatus = OrchestrationStatus.Terminated, Result = one.ExecutionTerminated.Input });
                break;
            case Event.ExecutionSuspended or Event.ExecutionResumed or Event.EventRaised when completion is not null && !LostMail.Is(one):
                late.Add(one);
                break;
            case Event.ExecutionSuspended:
                IsSuspended = true;
                break;
            case Event.ExecutionResumed:
                IsSuspended = false;
                HistoryEvent[] kept = [.. held];
                held.Clear();
                foreach (var earlier in kept)
                {
                    Process(earlier);
                }

                break;
            case Event.TaskScheduled when !IsFailed():
                Tasks.Match(one.EventId, Kind.ScheduleTask, one.TaskScheduled.Name);
                break;
            case Event.SubOrchestrationInstanceCreated when !IsFailed():
                Tasks.Match(one.EventId, Kind.CreateSubOrchestration, one.SubOrchestrationInstanceCreated.Name);
                break;
            case Event.TimerCreated when !IsFailed():
                Tasks.Match(one.EventId, Kind.CreateTimer, "");
                break;
            case Event.EventSent when !IsFailed():
                Tasks.Match(one.EventId, Kind.SendEvent, one.EventSent.Name);
                break;
            case Event.ExecutionCompleted when IsReplaying && !IsFailed():
                Tasks.Match(one.EventId, Kind.CompleteOrchestration, "");
                break;
            default:
                if (IsSuspended)
                {
                    held.Add(one);
                }
                else if (completion is null)
                {
                    Deliver(one);
                }

                break;
        }
    }

    // The Functions host takes a failed instance back by writing blanks over the events of its failures, and over the activities that the failures were of. What the
    // code did in an episode whose answer was lost is not in history then: it is still to be made true.
    private void Rewind(HistoryEvent blank)
    {
        (rewound, missed) = (true, true);
        if (IsBlankedFailure(blank))
        {
            blankedFailures--;
            thread.Run(() => Tasks.FailBlank(HostFailures.Of(null)));
        }
        // Without a failure to come it stands for the end of the instance, whose number is that of its first step.
        else if (blankedFailures > 0)
        {
            Tasks.Blank(blank.EventId);
        }
    }

    // Once after each rewind, by whichever message comes first: the host's own (a generic event with a text) or the one of whoever took the instance back.
    private void MakeGood()
    {
        if (missed)
        {
            missed = false;
            Tasks.Lose(HostFailures.Of(null));
        }
    }

    private static bool IsBlankedFailure(HistoryEvent one) => one is { EventTypeCase: Event.GenericEvent, EventId: < 0, GenericEvent.Data: null };

    // What moves the orchestrator: it runs until it waits for something again.
    private void Deliver(HistoryEvent message)
    {
        var one = LostMail.Open(message, Started);
        thread.Run(() =>
        {
            switch (one.EventTypeCase)
            {
                case Event.ExecutionStarted:
                    Start(one.ExecutionStarted);
                    break;
                case Event.GenericEvent:
                    MakeGood();
                    break;
                case Event.EventRaised:
                    Inbox.Add(one);
                    break;
                case Event.TaskCompleted:
                    EndActivity(one.TaskCompleted);
                    break;
                case Event.TaskFailed:
                    // An activity's own failure comes in the envelope of its result: this is the host's, whose worker died.
                    Tasks.Fail(one.TaskFailed.TaskScheduledId, Kind.ScheduleTask, HostFailures.Of(one.TaskFailed.FailureDetails));
                    break;
                case Event.SubOrchestrationInstanceCompleted:
                    Tasks.Complete(one.SubOrchestrationInstanceCompleted.TaskScheduledId, Kind.CreateSubOrchestration, one.SubOrchestrationInstanceCompleted.Result);
                    break;
                case Event.SubOrchestrationInstanceFailed:
                    // A child that failed or was ended by its own answer says why; the host gives no details of one whose worker died.
                    Tasks.Fail(
                        one.SubOrchestrationInstanceFailed.TaskScheduledId, Kind.CreateSubOrchestration,
                        one.SubOrchestrationInstanceFailed.FailureDetails is { } own ? Failures.From(own) : HostFailures.Of(null));
                    break;
                case Event.TimerFired:
                    Tasks.Complete(one.TimerFired.TimerId, Kind.CreateTimer, null);
                    break;
            }
        });
        if (run is { IsCompleted: true } && completion is null)
        {
            Complete(Outcome(run));
        }
    }

    private void Start(ExecutionStartedEvent started)
    {
        Started = started;
        span?.Open(started);
        var version = started.Version ?? "";
        var orchestrator = registry.CreateOrchestrator(started.Name, version, services)
            ?? (started.Version is null && registry.NewestVersion(started.Name) is { } newest ? registry.CreateOrchestrator(started.Name, version = newest, services) : null)
            ?? throw new UnknownTaskException($"orchestrator '{started.Name}' version '{version}'");
        context = new SessionContext(this, started, version, thread, Tasks, Inbox, registry, loggers);
        run = orchestrator.RunAsync(context, DurableJson.Read(started.Input, orchestrator.InputType));
    }

    private void EndActivity(TaskCompletedEvent completed)
    {
        var (result, failure) = ResultEnvelope.Open(completed.Result);
        if (failure is null)
        {
            Tasks.Complete(completed.TaskScheduledId, Kind.ScheduleTask, result);
        }
        else
        {
            Tasks.Fail(completed.TaskScheduledId, Kind.ScheduleTask, failure);
        }
    }

    private CompleteOrchestrationAction Outcome(Task<object?> ended)
    {
        if (!ended.IsCompletedSuccessfully)
        {
            return Failure(ended.Exception?.InnerException ?? new TaskCanceledException(ended));
        }

        if (context!.Continuation is not { } continuation)
        {
            return new CompleteOrchestrationAction { OrchestrationStatus = OrchestrationStatus.Completed, Result = DurableJson.Write(ended.Result) };
        }

        var next = new CompleteOrchestrationAction { OrchestrationStatus = OrchestrationStatus.ContinuedAsNew, Result = continuation.Input };
        if (continuation.Version is { Length: > 0 } version)
        {
            next.NewVersion = version;
        }

        if (continuation.KeepEvents)
        {
            next.CarryoverEvents.AddRange(Inbox.Unprocessed);
        }

        return next;
    }

    private void Complete(CompleteOrchestrationAction outcome)
    {
        IsSuspended = false;
        if (completion is null)
        {
            completion = Tasks.Add(new OrchestratorAction { CompleteOrchestration = outcome });
        }
        else
        {
            completion.CompleteOrchestration = outcome;
        }
    }

    private void Fail(Exception exception)
    {
        // Steps that disagree with history, or that code on a wrong thread took, are not made true.
        Tasks.TakeFresh();
        completion = null;
        Complete(Failure(exception));
    }

    private bool IsFailed() => completion?.CompleteOrchestration.OrchestrationStatus == OrchestrationStatus.Failed;

    // Nothing durable is awaited, or a continuation came from elsewhere: no event will ever move this code again.
    private void FailWhenLost()
    {
        var stuck = run is not null && !IsSuspended && !Tasks.Any && !Inbox.SomeoneWaits;
        if (thread.WasLeft || stuck)
        {
            Fail(new NonDeterminismException(
                $"The orchestrator '{context?.Name}' left its thread after step #{Tasks.NextId - 1}: it awaited a task that is not its context's, or used ConfigureAwait(false) or another thread."));
        }
    }

    private IReadOnlyList<OrchestratorAction> Traced(IReadOnlyList<OrchestratorAction> actions)
    {
        if (actions.Count > 0 && span!.Context is { } trace)
        {
            foreach (var action in actions)
            {
                if (action.ScheduleTask is { } call)
                {
                    call.ParentTraceContext = trace;
                }
                else if (action.CreateSubOrchestration is { } child)
                {
                    child.ParentTraceContext = trace;
                }
            }
        }

        return actions;
    }

    // Events that came after the code had said "continue as new" belong to the next generation too.
    private IReadOnlyList<OrchestratorAction> Carried(IReadOnlyList<OrchestratorAction> actions)
    {
        if (completion is { CompleteOrchestration: { OrchestrationStatus: OrchestrationStatus.ContinuedAsNew } next })
        {
            next.CarryoverEvents.AddRange(late.Where(one => context!.Continuation!.KeepEvents || one.EventTypeCase != Event.EventRaised));
            late.Clear();
        }

        return actions;
    }

    private static CompleteOrchestrationAction Failure(Exception exception) => new()
    {
        OrchestrationStatus = OrchestrationStatus.Failed,
        FailureDetails = Failures.To(TaskFailureDetails.FromException(exception)),
    };
}

// What a session wants to come true. The trace is the one the instance was started in, for its next generation.
internal sealed record SessionAnswer(IReadOnlyList<OrchestratorAction> Actions, string? CustomStatus, bool IsSuspended, TraceContext? Trace = null);
