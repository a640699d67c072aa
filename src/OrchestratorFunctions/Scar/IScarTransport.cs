namespace OrchestratorFunctions.Scar;

/// <summary>The way to the coding agent that a run takes from its beginning to its end.</summary>
internal enum ScarTransport
{
    /// <summary>The agent's HTTP interface.</summary>
    Http,

    /// <summary>Comments in an issue of the repository, which mention the agent.</summary>
    GitHub,
}

/// <summary>
/// A way to the coding agent. Each step finds its place in the stored run, so that it may be repeated after a crash, and says what comes
/// next; it ends the run by itself when there is an outcome.
/// </summary>
internal interface IScarTransport
{
    /// <summary>Makes sure that the run's repository is the one that will be worked in. For a run that is prepared.</summary>
    Task<ScarStep> SelectAsync(ScarExecution execution, CancellationToken cancellationToken);

    /// <summary>Sends the command, never twice. For a run that is prepared or being sent.</summary>
    Task<ScarStep> SendAsync(ScarExecution execution, CancellationToken cancellationToken);

    /// <summary>Looks how far it is. For a run that is with the agent.</summary>
    Task<ScarStep> PollAsync(ScarExecution execution, CancellationToken cancellationToken);
}

/// <summary>Finds the transport that a run began with, whatever is configured now.</summary>
internal sealed class ScarTransports(IServiceProvider services)
{
    public IScarTransport Of(ScarExecution execution) => services.GetRequiredKeyedService<IScarTransport>(execution.Transport);
}
