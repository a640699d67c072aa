namespace DurableTask;

/// <content>Orchestrators and activities that are functions.</content>
public sealed partial class DurableTaskRegistry
{
    /// <summary>Adds a function as an orchestrator.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="orchestrator">The function; keeps no state between its runs.</param>
    /// <typeparam name="TInput">Input, read from JSON.</typeparam>
    /// <typeparam name="TOutput">Result, written as JSON.</typeparam>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public DurableTaskRegistry AddOrchestratorFunc<TInput, TOutput>(TaskName name, Func<TaskOrchestrationContext, TInput, Task<TOutput>> orchestrator) =>
        AddOrchestratorFunc(name, TaskVersion.Unversioned, orchestrator);

    /// <summary>Adds a function as an orchestrator with a version.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Numbers with dots.</param>
    /// <param name="orchestrator">The function; keeps no state between its runs.</param>
    /// <typeparam name="TInput">Input, read from JSON.</typeparam>
    /// <typeparam name="TOutput">Result, written as JSON.</typeparam>
    /// <exception cref="ArgumentException">The name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestratorFunc<TInput, TOutput>(TaskName name, TaskVersion version, Func<TaskOrchestrationContext, TInput, Task<TOutput>> orchestrator) =>
        AddOrchestrator(name, version, () => new FuncTaskOrchestrator<TInput, TOutput>(orchestrator));

    /// <inheritdoc cref="AddOrchestratorFunc{TInput, TOutput}(TaskName, Func{TaskOrchestrationContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddOrchestratorFunc<TInput, TOutput>(TaskName name, Func<TaskOrchestrationContext, TInput, TOutput> orchestrator) =>
        AddOrchestratorFunc<TInput, TOutput>(name, (context, input) => Task.FromResult(orchestrator(context, input)));

    /// <inheritdoc cref="AddOrchestratorFunc{TInput, TOutput}(TaskName, Func{TaskOrchestrationContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddOrchestratorFunc<TInput>(TaskName name, Func<TaskOrchestrationContext, TInput, Task> orchestrator) =>
        AddOrchestratorFunc<TInput, object?>(name, async (context, input) => await NothingAfter(orchestrator(context, input)));

    /// <inheritdoc cref="AddOrchestratorFunc{TInput, TOutput}(TaskName, Func{TaskOrchestrationContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddOrchestratorFunc<TOutput>(TaskName name, Func<TaskOrchestrationContext, Task<TOutput>> orchestrator) =>
        AddOrchestratorFunc<object?, TOutput>(name, (context, _) => orchestrator(context));

    /// <inheritdoc cref="AddOrchestratorFunc{TInput, TOutput}(TaskName, Func{TaskOrchestrationContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddOrchestratorFunc(TaskName name, Func<TaskOrchestrationContext, Task> orchestrator) =>
        AddOrchestratorFunc<object?, object?>(name, async (context, _) => await NothingAfter(orchestrator(context)));

    /// <inheritdoc cref="AddOrchestratorFunc{TInput, TOutput}(TaskName, Func{TaskOrchestrationContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddOrchestratorFunc<TOutput>(TaskName name, Func<TaskOrchestrationContext, TOutput> orchestrator) =>
        AddOrchestratorFunc<object?, TOutput>(name, (context, _) => Task.FromResult(orchestrator(context)));

    /// <inheritdoc cref="AddOrchestratorFunc{TInput, TOutput}(TaskName, Func{TaskOrchestrationContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddOrchestratorFunc<TInput>(TaskName name, Action<TaskOrchestrationContext, TInput> orchestrator) =>
        AddOrchestratorFunc<TInput, object?>(name, (context, input) => NothingAfter(() => orchestrator(context, input)));

    /// <inheritdoc cref="AddOrchestratorFunc{TInput, TOutput}(TaskName, Func{TaskOrchestrationContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddOrchestratorFunc(TaskName name, Action<TaskOrchestrationContext> orchestrator) =>
        AddOrchestratorFunc<object?, object?>(name, (context, _) => NothingAfter(() => orchestrator(context)));

    /// <summary>Adds a function as an activity.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="activity">The function.</param>
    /// <typeparam name="TInput">Input, read from JSON.</typeparam>
    /// <typeparam name="TOutput">Result, written as JSON.</typeparam>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public DurableTaskRegistry AddActivityFunc<TInput, TOutput>(TaskName name, Func<TaskActivityContext, TInput, Task<TOutput>> activity) =>
        AddActivity(name, new FuncTaskActivity<TInput, TOutput>(activity));

    /// <inheritdoc cref="AddActivityFunc{TInput, TOutput}(TaskName, Func{TaskActivityContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddActivityFunc<TInput, TOutput>(TaskName name, Func<TaskActivityContext, TInput, TOutput> activity) =>
        AddActivityFunc<TInput, TOutput>(name, (context, input) => Task.FromResult(activity(context, input)));

    /// <inheritdoc cref="AddActivityFunc{TInput, TOutput}(TaskName, Func{TaskActivityContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddActivityFunc<TInput>(TaskName name, Func<TaskActivityContext, TInput, Task> activity) =>
        AddActivityFunc<TInput, object?>(name, async (context, input) => await NothingAfter(activity(context, input)));

    /// <inheritdoc cref="AddActivityFunc{TInput, TOutput}(TaskName, Func{TaskActivityContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddActivityFunc<TOutput>(TaskName name, Func<TaskActivityContext, Task<TOutput>> activity) =>
        AddActivityFunc<object?, TOutput>(name, (context, _) => activity(context));

    /// <inheritdoc cref="AddActivityFunc{TInput, TOutput}(TaskName, Func{TaskActivityContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddActivityFunc(TaskName name, Func<TaskActivityContext, Task> activity) =>
        AddActivityFunc<object?, object?>(name, async (context, _) => await NothingAfter(activity(context)));

    /// <inheritdoc cref="AddActivityFunc{TInput, TOutput}(TaskName, Func{TaskActivityContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddActivityFunc<TOutput>(TaskName name, Func<TaskActivityContext, TOutput> activity) =>
        AddActivityFunc<object?, TOutput>(name, (context, _) => Task.FromResult(activity(context)));

    /// <inheritdoc cref="AddActivityFunc{TInput, TOutput}(TaskName, Func{TaskActivityContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddActivityFunc<TInput>(TaskName name, Action<TaskActivityContext, TInput> activity) =>
        AddActivityFunc<TInput, object?>(name, (context, input) => NothingAfter(() => activity(context, input)));

    /// <inheritdoc cref="AddActivityFunc{TInput, TOutput}(TaskName, Func{TaskActivityContext, TInput, Task{TOutput}})"/>
    public DurableTaskRegistry AddActivityFunc(TaskName name, Action<TaskActivityContext> activity) =>
        AddActivityFunc<object?, object?>(name, (context, _) => NothingAfter(() => activity(context)));

    // On the orchestrator's own synchronization context, so without ConfigureAwait.
    private static async Task<object?> NothingAfter(Task work)
    {
        await work;
        return null;
    }

    private static Task<object?> NothingAfter(Action work)
    {
        work();
        return Task.FromResult<object?>(null);
    }

    private sealed class FuncTaskOrchestrator<TInput, TOutput>(Func<TaskOrchestrationContext, TInput, Task<TOutput>> run) : TaskOrchestrator<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(TaskOrchestrationContext context, TInput input) => run(context, input);
    }

    private sealed class FuncTaskActivity<TInput, TOutput>(Func<TaskActivityContext, TInput, Task<TOutput>> run) : TaskActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(TaskActivityContext context, TInput input) => run(context, input);
    }
}
