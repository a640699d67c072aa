using DurableTask.Conformance;

namespace DurableTask.AzureFunctions.Tests.Conformance;

public sealed class FunctionsConformanceTests : EngineConformance
{
    private HostedApp? app;

    protected override async Task<DurableTaskClient> StartAsync() => (app = await HostedApp.StartAsync(new DurableTaskRegistry().AddPrograms())).Client;

    protected override async Task StopAsync() => await app!.DisposeAsync();
}
