using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Client;
using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf;

namespace DurableTask.PostgreSql.Instances;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// One step of one instance: what is to become true, all of it or nothing.
internal sealed class Step
{
    private Step(InstanceState before, IReadOnlyList<Mail> mail, IReadOnlyList<HistoryEvent> events, SessionAnswer answer, DateTimeOffset now, DateTimeOffset here)
    {
        (Before, Answer, Now, Here) = (before, answer, now, here);
        End = answer.Actions.Select(action => action.CompleteOrchestration).FirstOrDefault(one => one is not null);
        Messages = [.. mail.OfType<StoredMail>().Select(one => one.Id)];
        Results = [.. mail.OfType<ActivityResult>().Select(one => one.Activity)];
        Start = mail.OfType<StartMail>().FirstOrDefault();
        Until = mail.Max(one => one switch { StartMail => null, DirectMail => long.MaxValue, StoredMail { IsCarried: true } => 0, StoredMail stored => (long?)stored.Id, _ => null });
        Termination = events.FirstOrDefault(one => one.ExecutionTerminated is not null)?.ExecutionTerminated;
        Events = events;
        Calls = [.. answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.ScheduleTask)];
        Timers = End is null ? [.. answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.CreateTimer)] : [];
        Children = [.. answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.CreateSubOrchestration)];
        SentEvents = [.. answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.SendEvent)];
    }

    public InstanceState Before { get; }

    public SessionAnswer Answer { get; }

    // The instance's clock, which does not go back.
    public DateTimeOffset Now { get; }

    // The worker's clock, by which work is found: after a clock was ahead and has been put back, what an instance sends must not wait until its own time has come.
    public DateTimeOffset Here { get; }

    // The instance comes into being with this step.
    public StartMail? Start { get; }

    private DateTimeOffset CreatedAt => Start is null ? Before.CreatedAt : Now;

    // What waits in the inbox with a smaller number must be part of the step: it was told before. Null: nothing that was told is.
    public long? Until { get; }

    public IReadOnlyList<long> Messages { get; }

    public IReadOnlyList<ActivityClaim> Results { get; }

    public required string Version { get; init; }

    // Set when the instance begins anew.
    public string? Generation { get; init; }

    public IReadOnlyList<HistoryEvent> Events { get; }

    public ExecutionTerminatedEvent? Termination { get; }

    public CompleteOrchestrationAction? End { get; }

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

    public InstanceState After => field ??= Generation is null
        ? Before with { Version = Version, Steps = Before.Steps + 1, CreatedAt = CreatedAt, UpdatedAt = Now }
        : Before with { Version = End!.NewVersion, Steps = 0, CreatedAt = CreatedAt, UpdatedAt = Now, ExecutionId = Generation };

    // How many of the calls, the first ones, are run by this worker as soon as the step is committed; they are leased from their beginning.
    public int Reserved { get; set; }

    public IReadOnlyList<OrchestratorAction> Calls { get; }

    public IReadOnlyList<OrchestratorAction> Timers { get; }

    public IReadOnlyList<OrchestratorAction> Children { get; }

    public IReadOnlyList<OrchestratorAction> SentEvents { get; }

    public static Step Of(InstanceState before, IReadOnlyList<Mail> mail, IReadOnlyList<HistoryEvent> events, SessionAnswer answer, string version, Func<string> newGeneration, DateTimeOffset now, DateTimeOffset here)
    {
        var again = answer.Actions.Any(action => action.CompleteOrchestration?.OrchestrationStatus == OrchestrationStatus.ContinuedAsNew);
        return new Step(before, mail, events, answer, now, here) { Version = version, Generation = again ? newGeneration() : null };
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

    public byte[] History()
    {
        var chunk = new HistoryChunk();
        chunk.Events.AddRange(Events);
        chunk.Events.AddRange(Answer.Actions.Select(action => StepHistory.Of(action, Now)));
        chunk.Events.Add(StepHistory.Completed(Now));
        return chunk.ToByteArray();
    }
}
