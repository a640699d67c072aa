namespace FunctionsHost.Handlers;

/// <summary>A custom handler as the host sees it: an address on loopback, sometimes.</summary>
public interface IHandler : IAsyncDisposable
{
    /// <summary>Its address once it answers; waits while it is starting again. Fails when the host has given it up.</summary>
    Task<Uri> ReadyAsync(CancellationToken cancellation);
}
