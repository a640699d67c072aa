using System.Text.Json.Nodes;

namespace DurableTask.AzureFunctions;

/// <summary>The functions of an app that are neither orchestrators, activities nor forwarded HTTP routes: timers, queues, and HTTP functions that need the task
/// hub. Each is bound to the hub, so that whichever instance of the app runs it knows where the hub is. Filled at start, then only read.</summary>
public sealed class FunctionTriggers
{
    private readonly Dictionary<string, FunctionTrigger> all = new(StringComparer.OrdinalIgnoreCase);

    internal IEnumerable<FunctionTrigger> All => all.Values;

    /// <summary>Adds a function that runs by the clock, also once when the host starts, on one instance at a time.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="schedule">Six fields, seconds first, in UTC.</param>
    /// <param name="run">What it does. Throwing fails the invocation; the next one comes by the clock.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public FunctionTriggers AddTimer(string name, string schedule, Func<IServiceProvider, CancellationToken, Task> run)
    {
        var timer = FunctionManifest.Binding("timerTrigger", "in", "timer");
        timer["schedule"] = schedule;
        timer["runOnStartup"] = true;
        return Add(new FunctionTrigger(name, [timer, Bindings.Hub], async (services, _, cancellation) =>
        {
            await run(services, cancellation);
            return null;
        }));
    }

    /// <summary>Adds a function that takes messages from a storage queue, each as its text.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="queue">The queue's name.</param>
    /// <param name="connection">The app setting that names the storage account.</param>
    /// <param name="take">What it does with one message. Throwing gives the message back; after five times the host sets it aside.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public FunctionTriggers AddQueue(string name, string queue, string connection, Func<IServiceProvider, string, CancellationToken, Task> take)
    {
        var trigger = FunctionManifest.Binding("queueTrigger", "in", "item");
        trigger["queueName"] = queue;
        trigger["connection"] = connection;
        return Add(new FunctionTrigger(name, [trigger, Bindings.Hub], async (services, invocation, cancellation) =>
        {
            await take(services, invocation.Text("item") ?? throw new InvocationException("The message has no text."), cancellation);
            return null;
        }));
    }

    /// <summary>Adds an HTTP function that needs the hub. The host wraps its requests, so it sees the body as text.</summary>
    /// <param name="function">Its name, route and methods.</param>
    /// <param name="answer">What it answers.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public FunctionTriggers AddHttp(HttpFunction function, Func<IServiceProvider, WrappedRequest, CancellationToken, Task<WrappedAnswer>> answer) =>
        Add(new FunctionTrigger(
            function.Name, [.. Bindings.Http(function), Bindings.Hub],
            async (services, invocation, cancellation) => (await answer(services, WrappedRequest.Read(invocation), cancellation)).ToOutputs(), function));

    internal FunctionTrigger? Find(string name) => all.GetValueOrDefault(name);

    private FunctionTriggers Add(FunctionTrigger trigger) =>
        all.TryAdd(trigger.Name, trigger) ? this : throw new InvalidOperationException($"There are two functions named '{trigger.Name}'.");
}

// One of them: its bindings, and what it does; the result, if any, becomes the outputs of the invocation.
internal sealed record FunctionTrigger(
    string Name, IReadOnlyList<JsonObject> Bindings, Func<IServiceProvider, Invocation, CancellationToken, Task<JsonObject?>> RunAsync, HttpFunction? Http = null);
