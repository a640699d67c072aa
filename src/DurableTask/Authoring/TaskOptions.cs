namespace DurableTask;

/// <summary>How an activity or a sub-orchestration is called.</summary>
public record TaskOptions
{
    /// <summary>Options from their parts.</summary>
    /// <param name="retry">Its retries; null = one attempt.</param>
    /// <param name="tags">Words for whoever looks at the work; null = none.</param>
    public TaskOptions(TaskRetryOptions? retry = null, IDictionary<string, string>? tags = null) => (Retry, Tags) = (retry, tags);

    /// <summary>Takes over other options.</summary>
    /// <param name="options">The options that are taken.</param>
    public TaskOptions(TaskOptions options) => (Retry, Tags, Version) = (options.Retry, options.Tags, options.Version);

    /// <summary>Its retries; null = one attempt.</summary>
    public TaskRetryOptions? Retry { get; init; }

    /// <summary>Words for whoever looks at the work, passed on to the Functions host; the embedded hub does not keep them. Null = none.</summary>
    public IDictionary<string, string>? Tags { get; init; }

    /// <summary>The version of a sub-orchestration; null = the newest one registered. Activities have no versions.</summary>
    public TaskVersion? Version { get; init; }

    /// <summary>Options with a retry policy.</summary>
    /// <param name="policy">The policy.</param>
    public static TaskOptions FromRetryPolicy(RetryPolicy policy) => new(policy);

    /// <summary>Options with code that decides after each failure.</summary>
    /// <param name="handler">The code; part of the orchestrator, so deterministic.</param>
    public static TaskOptions FromRetryHandler(RetryHandler handler) => new(handler);

    /// <summary>Options with code that decides after each failure, and may wait on durable timers before.</summary>
    /// <param name="handler">The code; part of the orchestrator, so deterministic.</param>
    public static TaskOptions FromRetryHandler(AsyncRetryHandler handler) => new(handler);

    /// <summary>The same options for a sub-orchestration with a given id.</summary>
    /// <param name="instanceId">The child's instance id.</param>
    public SubOrchestrationOptions WithInstanceId(string instanceId) => new(this, instanceId);
}

/// <summary>How a sub-orchestration is called.</summary>
public record SubOrchestrationOptions : TaskOptions
{
    /// <summary>Takes over other options.</summary>
    /// <param name="options">The options that are taken, an instance id among them.</param>
    /// <param name="instanceId">The child's instance id; null = that of the options, else a deterministic one. Retries of a given id replace the failed child.</param>
    public SubOrchestrationOptions(TaskOptions options, string? instanceId = null)
        : base(options) => InstanceId = instanceId ?? (options as SubOrchestrationOptions)?.InstanceId;

    /// <summary>Options from retries and an id.</summary>
    /// <param name="retry">Its retries; null = one attempt.</param>
    /// <param name="instanceId">The child's instance id; null = a deterministic one is made. Retries of a given id replace the failed child.</param>
    public SubOrchestrationOptions(TaskRetryOptions? retry = null, string? instanceId = null)
        : base(retry) => InstanceId = instanceId;

    /// <summary>The child's instance id; null = a deterministic one is made.</summary>
    public string? InstanceId { get; init; }
}
