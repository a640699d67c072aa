using System.Collections.Concurrent;
using DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrchestratorFunctions.Tests.Workflow;

/// <summary>Runs orchestrations with their children and events without an engine: activities once, timers by the test's clock.</summary>
internal sealed class InlineHub(TimeProvider time, Func<string, object?, Task<object?>> activity, Func<string, InlineInstance, object?, Task<object?>> orchestrator)
{
    private readonly ConcurrentDictionary<string, InlineInstance> instances = new();

    public Task<object?> StartAsync(string name, string id, object? input) => orchestrator(name, instances.GetOrAdd(id, _ => new InlineInstance(this, id, time)), input);

    public Task<object?> ActivityAsync(string name, object? input) => activity(name, input);

    public void Raise(string id, string name)
    {
        if (instances.TryGetValue(id, out var instance))
        {
            instance.Raise(name);
        }
    }
}

/// <summary>One instance of <see cref="InlineHub"/>.</summary>
internal sealed class InlineInstance(InlineHub hub, string id, TimeProvider time) : TaskOrchestrationContext
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> early = [];
    private readonly Dictionary<string, Queue<TaskCompletionSource>> waiting = [];

    public void Raise(string name)
    {
        lock (gate)
        {
            while (waiting.TryGetValue(name, out var waiters) && waiters.TryDequeue(out var waiter))
            {
                if (waiter.TrySetResult())
                {
                    return;
                }
            }

            early[name] = early.GetValueOrDefault(name) + 1;
        }
    }

    public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (early.GetValueOrDefault(eventName) > 0)
            {
                early[eventName]--;
                return default!;
            }

            if (!waiting.TryGetValue(eventName, out var waiters))
            {
                waiting[eventName] = waiters = new Queue<TaskCompletionSource>();
            }

            waiters.Enqueue(waiter);
        }

        await using var registration = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
        await waiter.Task;
        return default!;
    }

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        try
        {
            return (TResult)(await hub.ActivityAsync(name, input))!;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new TaskFailedException(name, 1, TaskFailureDetails.FromException(fault));
        }
    }

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        (TResult)(await hub.StartAsync(orchestratorName, ((SubOrchestrationOptions)options!).InstanceId!, input))!;

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        var left = fireAt - CurrentUtcDateTime;
        return left <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(left, time, cancellationToken);
    }

    public override void SendEvent(string instanceId, string eventName, object? payload) => hub.Raise(instanceId, eventName);

    public override Guid NewGuid() => Guid.NewGuid();

    public override TaskName Name => "test";

    public override string InstanceId => id;

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => time.GetUtcNow().UtcDateTime;

    public override bool IsReplaying => false;

    protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

    public override T? GetInput<T>() where T : default => default;

    public override Task<T> WaitForExternalEvent<T>(string eventName, TimeSpan timeout, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) => throw new NotSupportedException();

    public override void SetCustomStatus(object? customStatus) => throw new NotSupportedException();
}
