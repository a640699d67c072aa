namespace OrchestratorFunctions.Scar.Http;

/// <summary>The agent's HTTP interface: its fence proves the end.</summary>
internal sealed class HttpTransport(HttpSelection selection, HttpSending sending, HttpPolling polling) : IScarTransport
{
    public Task<ScarStep> SelectAsync(ScarExecution execution, CancellationToken cancellationToken) => selection.SelectAsync(execution, cancellationToken);

    public Task<ScarStep> SendAsync(ScarExecution execution, CancellationToken cancellationToken) => sending.SendAsync(execution, cancellationToken);

    public Task<ScarStep> PollAsync(ScarExecution execution, CancellationToken cancellationToken) => polling.PollAsync(execution, cancellationToken);
}
