using System.Collections.Concurrent;
using DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrchestratorFunctions.Tests.Scar;

/// <summary>Runs an orchestrator over real activities without an engine: retries at once, timers after a moment, generations in turn.</summary>
internal sealed class InlineOrchestration(Func<string, object?, Task<object?>> activity) : TaskOrchestrationContext
{
    private readonly TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private object? next;

    public ConcurrentQueue<TimeSpan> Timers { get; } = [];

    public int Generations { get; private set; }

    public void Stop() => stop.TrySetResult();

    public async Task<TOutput> RunAsync<TInput, TOutput>(TaskOrchestrator<TInput, TOutput> orchestrator, TInput input)
    {
        while (true)
        {
            (next, Generations) = (null, Generations + 1);
            var output = await orchestrator.RunAsync(this, input);
            if (next is not TInput again)
            {
                return output;
            }

            input = again;
        }
    }

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return (TResult)(await activity(name, input))!;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // As the engine does: retries, then one failure that carries the details.
                if (fault is PermanentFailureException || attempt >= Math.Min(3, options?.Retry?.Policy?.MaxNumberOfAttempts ?? 1))
                {
                    throw new TaskFailedException(name, attempt, TaskFailureDetails.FromException(fault));
                }
            }
        }
    }

    public override async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Timers.Enqueue(fireAt - CurrentUtcDateTime);
        await Task.Delay(2, cancellationToken);
    }

    public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        await stop.Task.WaitAsync(cancellationToken);
        return default!;
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) => next = newInput;

    public override TaskName Name => "test";

    public override string InstanceId => "test";

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime { get; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public override bool IsReplaying => false;

    protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

    public override T? GetInput<T>() where T : default => default;

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) => throw new NotSupportedException();

    public override Task<T> WaitForExternalEvent<T>(string eventName, TimeSpan timeout, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override void SendEvent(string instanceId, string eventName, object? payload) => throw new NotSupportedException();

    public override void SetCustomStatus(object? customStatus) => throw new NotSupportedException();

    public override Guid NewGuid() => throw new NotSupportedException();
}
