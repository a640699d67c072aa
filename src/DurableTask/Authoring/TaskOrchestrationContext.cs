using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace DurableTask;

/// <summary>
/// An orchestrator's only way to the outside. Every method must be called on the orchestrator's own thread: code that left it (ConfigureAwait(false),
/// Task.Run, an awaited task that is not the context's) is detected and fails the instance.
/// </summary>
public abstract class TaskOrchestrationContext
{
    /// <summary>The orchestrator's registered name.</summary>
    public abstract TaskName Name { get; }

    /// <summary>The id of this instance.</summary>
    public abstract string InstanceId { get; }

    /// <summary>Who started this instance as a sub-orchestration; null for one started by a client.</summary>
    public abstract ParentOrchestrationInstance? Parent { get; }

    /// <summary>The time of the current step, in UTC; the same in every replay.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>True while past steps are run again. Only for what has no effect on decisions, such as logging.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>The version this instance runs; empty when the class has none.</summary>
    public virtual string Version => "";

    /// <summary>What the host says about this execution; empty with the embedded hub.</summary>
    public virtual IReadOnlyDictionary<string, object?> Properties { get; } = ImmutableDictionary<string, object?>.Empty;

    /// <summary>Makes loggers that are silent while the past is replayed.</summary>
    public virtual ILoggerFactory ReplaySafeLoggerFactory => new ReplaySafeLoggers(this);

    /// <summary>Makes the loggers behind <see cref="CreateReplaySafeLogger(string)"/>.</summary>
    protected abstract ILoggerFactory LoggerFactory { get; }

    /// <summary>Reads the instance's input.</summary>
    /// <typeparam name="T">The type to read it as.</typeparam>
    /// <returns>The input, or the type's default when there is none.</returns>
    public abstract T? GetInput<T>();

    /// <summary>Runs an activity.</summary>
    /// <param name="name">Its registered name.</param>
    /// <param name="input">Its input, written as JSON; null = none.</param>
    /// <param name="options">Retries; null = one attempt.</param>
    /// <typeparam name="TResult">The type its result is read as.</typeparam>
    /// <exception cref="TaskFailedException">It failed, on its last attempt.</exception>
    public abstract Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null);

    /// <summary>Runs an activity whose result is of no interest.</summary>
    /// <param name="name">Its registered name.</param>
    /// <param name="input">Its input, written as JSON; null = none.</param>
    /// <param name="options">Retries; null = one attempt.</param>
    /// <exception cref="TaskFailedException">It failed, on its last attempt.</exception>
    public virtual Task CallActivityAsync(TaskName name, object? input = null, TaskOptions? options = null) =>
        CallActivityAsync<object?>(name, input, options);

    /// <inheritdoc cref="CallActivityAsync{TResult}(TaskName, object?, TaskOptions?)"/>
    public virtual Task<TResult> CallActivityAsync<TResult>(TaskName name, TaskOptions options) => CallActivityAsync<TResult>(name, null, options);

    /// <inheritdoc cref="CallActivityAsync(TaskName, object?, TaskOptions?)"/>
    public virtual Task CallActivityAsync(TaskName name, TaskOptions options) => CallActivityAsync(name, null, options);

    /// <summary>Runs another orchestrator as a child of this instance.</summary>
    /// <param name="orchestratorName">Its registered name.</param>
    /// <param name="input">Its input, written as JSON; null = none.</param>
    /// <param name="options">Retries, and with <see cref="SubOrchestrationOptions"/> the child's instance id; without one a deterministic id is made.</param>
    /// <typeparam name="TResult">The type its result is read as.</typeparam>
    /// <exception cref="TaskFailedException">It failed or was terminated, on its last attempt; or a running instance already has that id.</exception>
    public abstract Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null);

    /// <summary>Runs another orchestrator whose result is of no interest.</summary>
    /// <param name="orchestratorName">Its registered name.</param>
    /// <param name="input">Its input, written as JSON; null = none.</param>
    /// <param name="options">Retries, and with <see cref="SubOrchestrationOptions"/> the child's instance id.</param>
    /// <exception cref="TaskFailedException">It failed or was terminated, on its last attempt; or a running instance already has that id.</exception>
    public virtual Task CallSubOrchestratorAsync(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
        CallSubOrchestratorAsync<object?>(orchestratorName, input, options);

    /// <inheritdoc cref="CallSubOrchestratorAsync{TResult}(TaskName, object?, TaskOptions?)"/>
    public virtual Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, TaskOptions options) => CallSubOrchestratorAsync<TResult>(orchestratorName, null, options);

    /// <inheritdoc cref="CallSubOrchestratorAsync(TaskName, object?, TaskOptions?)"/>
    public virtual Task CallSubOrchestratorAsync(TaskName orchestratorName, TaskOptions options) => CallSubOrchestratorAsync(orchestratorName, null, options);

    /// <summary>Waits on a durable timer. It never ends early, however long it is; a time in the past ends at the next step.</summary>
    /// <param name="fireAt">When, in UTC.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="TaskCanceledException"/>; must be cancelled by the orchestrator itself.</param>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>Waits on a durable timer.</summary>
    /// <param name="delay">How long, from <see cref="CurrentUtcDateTime"/>.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="TaskCanceledException"/>; must be cancelled by the orchestrator itself.</param>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken) =>
        CreateTimer(CurrentUtcDateTime.Add(delay), cancellationToken);

    /// <summary>
    /// Waits for the next event of a name. Events that came before are kept, in order, and taken first. Of several waits for one name the latest is served first, so that one which was left
    /// behind, by <see cref="Task.WhenAny(Task[])"/> in a loop, does not swallow what a later one waits for.
    /// </summary>
    /// <param name="eventName">The name, compared without regard to case.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="TaskCanceledException"/>; must be cancelled by the orchestrator itself.</param>
    /// <typeparam name="T">The type its payload is read as.</typeparam>
    public abstract Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>Waits for the next event of a name, but not longer than a time.</summary>
    /// <param name="eventName">The name, compared without regard to case.</param>
    /// <param name="timeout">How long, from <see cref="CurrentUtcDateTime"/>.</param>
    /// <param name="cancellationToken">Ends the wait; must be cancelled by the orchestrator itself.</param>
    /// <typeparam name="T">The type its payload is read as.</typeparam>
    /// <exception cref="TaskCanceledException">The time is up, or the token was cancelled.</exception>
    public virtual async Task<T> WaitForExternalEvent<T>(string eventName, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var raised = WaitForExternalEvent<T>(eventName, either.Token);
        if (!raised.IsCompleted && timeout != Timeout.InfiniteTimeSpan)
        {
            await Task.WhenAny(raised, CreateTimer(timeout, either.Token));
            // Not the asynchronous way: the loser is taken out before the next event is looked at.
#pragma warning disable CA1849
            either.Cancel();
#pragma warning restore CA1849
        }

        return await raised;
    }

    /// <summary>Sends an event to another instance. An instance that does not exist or is finished does not get it, and the sender is not told.</summary>
    /// <param name="instanceId">The receiver.</param>
    /// <param name="eventName">The event's name.</param>
    /// <param name="payload">Its payload, written as JSON; null = none.</param>
    public abstract void SendEvent(string instanceId, string eventName, object? payload);

    /// <summary>Sets what a status query shows. Above 8 KB of JSON it becomes a string with the beginning of that text.</summary>
    /// <param name="customStatus">The status, written as JSON; null removes it.</param>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>Ends this execution and starts the instance again with new input and empty history, in the newest version. Return right after the call.</summary>
    /// <param name="newInput">The next input, written as JSON; null = none.</param>
    /// <param name="preserveUnprocessedEvents">Whether events not yet waited for are carried over.</param>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>Ends this execution and starts the instance again with new input and empty history. Return right after the call.</summary>
    /// <param name="options">Input, events and version of the next execution.</param>
    public virtual void ContinueAsNew(ContinueAsNewOptions? options) => ContinueAsNew(options?.NewInput, options?.PreserveUnprocessedEvents ?? true);

    /// <summary>Compares <see cref="Version"/> with another version, number by number.</summary>
    /// <param name="version">The other version.</param>
    /// <returns>Below zero = this one is older, zero = equal, above zero = newer.</returns>
    public virtual int CompareVersionTo(string version) => VersionOrder.CompareAny(Version, version);

    /// <summary>A new id that is the same in every replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>A logger that is silent while the past is replayed.</summary>
    /// <param name="categoryName">The category.</param>
    public virtual ILogger CreateReplaySafeLogger(string categoryName) =>
        new ReplaySafeLogger(this, LoggerFactory.CreateLogger(categoryName));

    /// <summary>A logger that is silent while the past is replayed.</summary>
    /// <param name="type">The type whose name is the category.</param>
    public virtual ILogger CreateReplaySafeLogger(Type type) => CreateReplaySafeLogger(type.FullName ?? type.Name);

    /// <summary>A logger that is silent while the past is replayed.</summary>
    /// <typeparam name="T">The type whose name is the category.</typeparam>
    public virtual ILogger CreateReplaySafeLogger<T>() => CreateReplaySafeLogger(typeof(T));

    private sealed class ReplaySafeLoggers(TaskOrchestrationContext context) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => context.CreateReplaySafeLogger(categoryName);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Providers belong to the host's logger factory.");

        public void Dispose()
        {
        }
    }

    private sealed class ReplaySafeLogger(TaskOrchestrationContext context, ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => !context.IsReplaying && logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}

/// <summary>How an execution goes over into the next one.</summary>
public sealed class ContinueAsNewOptions
{
    /// <summary>The next input, written as JSON; null = none.</summary>
    public object? NewInput { get; set; }

    /// <summary>Whether events not yet waited for are carried over. Default: they are.</summary>
    public bool PreserveUnprocessedEvents { get; set; } = true;

    /// <summary>The version of the next execution; null = the newest one registered.</summary>
    public string? NewVersion { get; set; }
}

/// <summary>Who started a sub-orchestration.</summary>
/// <param name="Name">The parent's registered name.</param>
/// <param name="InstanceId">The parent's instance id.</param>
public sealed record ParentOrchestrationInstance(TaskName Name, string InstanceId);
