namespace DurableTask;

/// <summary>What a worker runs for an activity. Derive from <see cref="TaskActivity{TInput, TOutput}"/> instead of implementing it.</summary>
public interface ITaskActivity
{
    /// <summary>The type the JSON input is read as.</summary>
    Type InputType { get; }

    /// <summary>The type of the result, written as JSON.</summary>
    Type OutputType { get; }

    /// <summary>Runs the activity once.</summary>
    /// <param name="context">Who calls, and the token that ends it.</param>
    /// <param name="input">The input, of <see cref="InputType"/> or null.</param>
    Task<object?> RunAsync(TaskActivityContext context, object? input);
}

/// <summary>
/// An effect. It runs <b>at least once</b>: a worker that dies after the effect and before the result is stored runs it again,
/// so an effect must be repeatable or carry a domain key in its input.
/// </summary>
/// <typeparam name="TInput">Input, read from JSON. Keep it small: ids, not documents.</typeparam>
/// <typeparam name="TOutput">Result, written as JSON.</typeparam>
public abstract class TaskActivity<TInput, TOutput> : ITaskActivity
{
    Type ITaskActivity.InputType => typeof(TInput);

    Type ITaskActivity.OutputType => typeof(TOutput);

    /// <summary>Runs the activity once.</summary>
    /// <param name="context">Who calls, and the token that ends it.</param>
    /// <param name="input">The input; the type's default when the caller gave none.</param>
    /// <returns>The result. <see cref="PermanentFailureException"/> stops the caller's retries; every other exception is retried by the caller's policy.</returns>
    public abstract Task<TOutput> RunAsync(TaskActivityContext context, TInput input);

    async Task<object?> ITaskActivity.RunAsync(TaskActivityContext context, object? input) =>
        await RunAsync(context, input is null ? default! : (TInput)input);
}

/// <summary>Who called an activity, and when it should stop.</summary>
public abstract class TaskActivityContext
{
    /// <summary>The activity's registered name.</summary>
    public abstract TaskName Name { get; }

    /// <summary>The id of the orchestration instance that called it.</summary>
    public abstract string InstanceId { get; }

    /// <summary>Cancelled when the worker stops or has lost its lease. After a lost lease whatever the activity would still return is refused; at a stop it is given back and runs again, unless it still
    /// returns in time. Outside of a worker: never.</summary>
    public virtual CancellationToken CancellationToken => CancellationToken.None;
}
