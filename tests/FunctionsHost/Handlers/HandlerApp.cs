namespace FunctionsHost.Handlers;

/// <summary>A handler in the test's own process, at an address that is there as long as the test.</summary>
public sealed class HandlerApp(Uri address) : IHandler
{
    public Task<Uri> ReadyAsync(CancellationToken cancellation) => Task.FromResult(address);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
