namespace DurableTask;

/// <summary>What the replay engine runs. Derive from <see cref="TaskOrchestrator{TInput, TOutput}"/> instead of implementing it.</summary>
public interface ITaskOrchestrator
{
    /// <summary>The type the JSON input is read as.</summary>
    Type InputType { get; }

    /// <summary>The type of the result, written as JSON.</summary>
    Type OutputType { get; }

    /// <summary>Runs the orchestrator from its beginning.</summary>
    /// <param name="context">The only way to anything outside the code.</param>
    /// <param name="input">The input, of <see cref="InputType"/> or null.</param>
    Task<object?> RunAsync(TaskOrchestrationContext context, object? input);
}

/// <summary>
/// Code that decides and never acts. It is replayed from history, so it must be deterministic: time, ids and every effect come from the context,
/// and it awaits only tasks the context returned. One instance of the class serves one execution.
/// </summary>
/// <typeparam name="TInput">Input, read from JSON.</typeparam>
/// <typeparam name="TOutput">Result, written as JSON.</typeparam>
public abstract class TaskOrchestrator<TInput, TOutput> : ITaskOrchestrator
{
    Type ITaskOrchestrator.InputType => typeof(TInput);

    Type ITaskOrchestrator.OutputType => typeof(TOutput);

    /// <summary>Runs the orchestrator from its beginning.</summary>
    /// <param name="context">The only way to anything outside the code.</param>
    /// <param name="input">The input; the type's default when the instance was started without one.</param>
    /// <returns>The result of the instance. An exception that leaves this method fails the instance.</returns>
    public abstract Task<TOutput> RunAsync(TaskOrchestrationContext context, TInput input);

    // No ConfigureAwait(false) here: the continuation must stay on the session's own synchronization context.
    async Task<object?> ITaskOrchestrator.RunAsync(TaskOrchestrationContext context, object? input) =>
        await RunAsync(context, input is null ? default! : (TInput)input);
}
