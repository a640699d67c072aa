using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Client;
using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf;

namespace DurableTask.PostgreSql.Instances;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// One step of one instance: what is to become true, all of it or nothing. While it waits for its commit it takes in what comes meanwhile.
internal sealed class Step
{
    private readonly List<Part> parts = [];
    private readonly List<Mail> mail = [];
    private readonly List<long> messages = [];
    private readonly List<ActivityClaim> results = [];
    private readonly List<OrchestratorAction> calls = [];
    private readonly List<OrchestratorAction> timers = [];
    private readonly List<OrchestratorAction> children = [];
    private readonly List<OrchestratorAction> sentEvents = [];
    private readonly Func<string> newGeneration;
    private int first;

    private Step(InstanceState before, string version, Func<string> newGeneration) => (Before, Version, this.newGeneration) = (before, version, newGeneration);

    public InstanceState Before { get; }

    public string Version { get; }

    public Boarding Boarding { get; } = new();

    public SessionAnswer Answer => parts[^1].Answer;

    // The instance's clock, which does not go back.
    public DateTimeOffset Now => parts[^1].Now;

    // The worker's clock, by which work is found: after a clock was ahead and has been put back, what an instance sends must not wait until its own time has come.
    public DateTimeOffset Here { get; private set; }

    public IReadOnlyList<Mail> Mail => mail;

    // What came after the step was made ready.
    public IEnumerable<Mail> Joined => mail.Skip(first);

    // What a first step cannot take in with it would be told to an instance that there is not.
    public bool TakesMore => End is null && Start is null && Trouble is null;

    // Why it cannot be made any more.
    public Exception? Trouble { get; private set; }

    // The instance comes into being with this step.
    public StartMail? Start { get; private set; }

    private DateTimeOffset CreatedAt => Start is null ? Before.CreatedAt : Now;

    // What waits in the inbox with a smaller number must be part of the step: it was told before. Null: nothing that was told is.
    public long? Until { get; private set; }

    public IReadOnlyList<long> Messages => messages;

    public IReadOnlyList<ActivityClaim> Results => results;

    // Set when the instance begins anew.
    public string? Generation { get; private set; }

    public ExecutionTerminatedEvent? Termination { get; private set; }

    public CompleteOrchestrationAction? End { get; private set; }

    public bool IsFinished => End is not null && Generation is null;

    public bool IsTerminated => End?.OrchestrationStatus == OrchestrationStatus.Terminated;

    public string Status => End?.OrchestrationStatus switch
    {
        OrchestrationStatus.Completed => "COMPLETED",
        OrchestrationStatus.Failed => "FAILED",
        OrchestrationStatus.Terminated => "TERMINATED",
        _ => Answer.IsSuspended ? "SUSPENDED" : "RUNNING",
    };

    public string? Failure => InstanceRows.Failure(End?.FailureDetails);

    // Not before it is closed for more.
    public InstanceState After => field ??= Generation is null
        ? Before with { Version = Version, Steps = Before.Steps + 1, CreatedAt = CreatedAt, UpdatedAt = Now }
        : Before with { Version = End!.NewVersion, Steps = 0, CreatedAt = CreatedAt, UpdatedAt = Now, ExecutionId = Generation };

    // How many of the calls, the first ones, are run by this worker as soon as the step is committed; they are leased from their beginning.
    public int Reserved { get; set; }

    public IReadOnlyList<OrchestratorAction> Calls => calls;

    public IReadOnlyList<OrchestratorAction> Timers => End is null ? timers : [];

    public IReadOnlyList<OrchestratorAction> Children => children;

    public IReadOnlyList<OrchestratorAction> SentEvents => sentEvents;

    public static Step Of(InstanceState before, IReadOnlyList<Mail> mail, IReadOnlyList<HistoryEvent> events, SessionAnswer answer, string version, Func<string> newGeneration, DateTimeOffset now, DateTimeOffset here)
    {
        var step = new Step(before, version, newGeneration);
        step.TakeIn(mail, events, answer, now, here);
        step.first = mail.Count;
        return step;
    }

    public void TakeIn(IReadOnlyList<Mail> more, IReadOnlyList<HistoryEvent> events, SessionAnswer answer, DateTimeOffset now, DateTimeOffset here)
    {
        parts.Add(new Part(events, answer, now));
        mail.AddRange(more);
        messages.AddRange(more.OfType<StoredMail>().Select(one => one.Id));
        results.AddRange(more.OfType<ActivityResult>().Select(one => one.Activity));
        Here = here;
        Start ??= more.OfType<StartMail>().FirstOrDefault();
        var until = more.Max(one => one switch { StartMail => null, DirectMail => long.MaxValue, StoredMail { IsCarried: true } => 0, StoredMail stored => (long?)stored.Id, _ => null });
        Until = Until > until ? Until : until ?? Until;
        Termination ??= events.FirstOrDefault(one => one.ExecutionTerminated is not null)?.ExecutionTerminated;
        foreach (var action in answer.Actions)
        {
            switch (action.OrchestratorActionTypeCase)
            {
                case Kind.ScheduleTask:
                    calls.Add(action);
                    break;
                case Kind.CreateTimer:
                    timers.Add(action);
                    break;
                case Kind.CreateSubOrchestration:
                    children.Add(action);
                    break;
                case Kind.SendEvent:
                    sentEvents.Add(action);
                    break;
                case Kind.CompleteOrchestration:
                    End = action.CompleteOrchestration;
                    Generation = End.OrchestrationStatus == OrchestrationStatus.ContinuedAsNew ? newGeneration() : null;
                    break;
            }
        }
    }

    public void Spoil(IEnumerable<Mail> more, Exception trouble)
    {
        mail.AddRange(more);
        Trouble = trouble;
    }

    // The trace goes with the call to whoever runs it.
    public static byte[]? TraceOf(OrchestratorAction call) => call.ScheduleTask.ParentTraceContext?.ToByteArray();

    // How a finished instance looks from outside.
    public OrchestrationMetadata Ended(string? input) => new(Before.Name, Before.InstanceId)
    {
        RuntimeStatus = InstanceRows.Status(Status),
        Version = Version,
        CreatedAt = CreatedAt,
        LastUpdatedAt = Now,
        ParentInstanceId = Before.Parent?.InstanceId,
        Tags = InstanceRows.Tags(Before.Tags),
        FailureDetails = End!.FailureDetails is { } details ? Failures.From(details) : null,
        HasInputsAndOutputs = true,
        SerializedInput = input,
        SerializedOutput = End.Result,
        SerializedCustomStatus = Answer.CustomStatus,
    };

    // Each part as if it had been a step of its own.
    public byte[] History()
    {
        var chunk = new HistoryChunk();
        foreach (var part in parts)
        {
            chunk.Events.AddRange(part.Events);
            chunk.Events.AddRange(part.Answer.Actions.Select(action => StepHistory.Of(action, part.Now)));
            chunk.Events.Add(StepHistory.Completed(part.Now));
        }

        return chunk.ToByteArray();
    }

    // What was taken in at once, and what the code answered.
    private sealed record Part(IReadOnlyList<HistoryEvent> Events, SessionAnswer Answer, DateTimeOffset Now);
}
