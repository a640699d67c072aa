using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace DurableTask.Calls;

// The context an orchestrator sees. It turns calls into numbered steps and waits; the session brings their ends.
internal sealed class SessionContext(
    OrchestrationSession session, ExecutionStartedEvent started, string version, OrchestratorThread thread, OpenTasks tasks, EventInbox inbox, DurableTaskRegistry registry, ILoggerFactory loggers)
    : TaskOrchestrationContext
{
    // The Azure Storage provider takes no timer beyond six days; longer waits are made of several.
    internal static readonly TimeSpan LongestTimer = TimeSpan.FromDays(3);

    // How much earlier than asked for hosts fire timers.
    private static readonly TimeSpan MostEarly = TimeSpan.FromSeconds(1);

    private int guids;

    public override TaskName Name { get; } = started.Name;

    public override string InstanceId { get; } = started.OrchestrationInstance?.InstanceId ?? "";

    public override ParentOrchestrationInstance? Parent { get; } = started.ParentInstance is { } parent
        ? new ParentOrchestrationInstance(parent.Name ?? "", parent.OrchestrationInstance?.InstanceId ?? "")
        : null;

    public override DateTime CurrentUtcDateTime => session.Now;

    public override bool IsReplaying => session.IsReplaying;

    public override string Version { get; } = version;

    public Continuation? Continuation { get; private set; }

    public string? Status { get; private set; }

    protected override ILoggerFactory LoggerFactory { get; } = loggers;

    private string ExecutionId { get; } = started.OrchestrationInstance?.ExecutionId ?? "";

    public override T? GetInput<T>() where T : default => DurableJson.Read<T>(started.Input);

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        thread.Check();
        ArgumentException.ThrowIfNullOrWhiteSpace(name.Name, nameof(name));
        var json = DurableJson.Write(input);
        var result = await Retries.RunAsync(this, options?.Retry, () => HostFailures.RetriedAsync(this, () => tasks.Open(
            new OrchestratorAction { ScheduleTask = new ScheduleTaskAction { Name = name, Input = json } }, name)));
        return DurableJson.Read<TResult>(result)!;
    }

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        thread.Check();
        ArgumentException.ThrowIfNullOrWhiteSpace(orchestratorName.Name, nameof(orchestratorName));
        var json = DurableJson.Write(input);
        var childId = (options as SubOrchestrationOptions)?.InstanceId;
        if (childId is not null)
        {
            InstanceIds.Check(childId);
        }

        var childVersion = options?.Version?.Version ?? registry.NewestVersion(orchestratorName);
        var result = await Retries.RunAsync(this, options?.Retry, () => HostFailures.RetriedAsync(this, () => tasks.Open(
            new OrchestratorAction
            {
                CreateSubOrchestration = new CreateSubOrchestrationAction
                {
                    Name = orchestratorName,
                    Input = json,
                    Version = string.IsNullOrEmpty(childVersion) ? null : childVersion,
                    InstanceId = childId ?? DeterministicGuid.Of($"{InstanceId}/{ExecutionId}/child/{tasks.NextId}").ToString("N"),
                },
            },
            orchestratorName)));
        return DurableJson.Read<TResult>(result)!;
    }

    public override async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        thread.Check();
        var end = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        var slack = TimeSpan.Zero;
        do
        {
            if (cancellationToken.IsCancellationRequested)
            {
                throw new TaskCanceledException(null, null, cancellationToken);
            }

            var next = end - CurrentUtcDateTime > LongestTimer ? CurrentUtcDateTime + LongestTimer : end + slack;
            await tasks.Open(new OrchestratorAction { CreateTimer = new CreateTimerAction { FireAt = Timestamp.FromDateTime(next) } }, "", cancellationToken);
            // What came early would come at once when asked for the same moment again, and again until it is there: each time an episode of the host.
            slack = CurrentUtcDateTime < next ? MostEarly : TimeSpan.Zero;
        }
        // Hosts fire timers up to a second early, and long ones come in parts: look at the clock, not at the event.
        while (CurrentUtcDateTime < end);
    }

    public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        thread.Check();
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        return DurableJson.Read<T>(await inbox.Next(eventName, cancellationToken))!;
    }

    public override void SendEvent(string instanceId, string eventName, object? payload)
    {
        thread.Check();
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        InstanceIds.Check(instanceId);
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        tasks.Add(new OrchestratorAction
        {
            SendEvent = new SendEventAction
            {
                Instance = new OrchestrationInstance { InstanceId = instanceId },
                Name = eventName,
                Data = DurableJson.Write(payload),
            },
        });
    }

    public override void SetCustomStatus(object? customStatus)
    {
        thread.Check();
        Status = CustomStatus.Write(customStatus);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        thread.Check();
        Continuation = new Continuation(DurableJson.Write(newInput), preserveUnprocessedEvents, registry.NewestVersion(Name));
    }

    // A null that is meant as an input comes here as well.
    public override void ContinueAsNew(ContinueAsNewOptions? options)
    {
        options ??= new ContinueAsNewOptions();
        ContinueAsNew(options.NewInput, options.PreserveUnprocessedEvents);
        Continuation = Continuation! with { Version = options.NewVersion ?? Continuation.Version };
    }

    public override Guid NewGuid()
    {
        thread.Check();
        return DeterministicGuid.Of($"{InstanceId}/{ExecutionId}/guid/{guids++}");
    }
}

// How the code wants to go on: input, whether events are kept, and the version (null or empty = none is registered).
internal sealed record Continuation(string? Input, bool KeepEvents, string? Version);
