using DurableTask.Conformance;

namespace DurableTask.PostgreSql.Tests.Hub;

public sealed class PostgresConformanceTests : EngineConformance
{
    private TestHub? hub;

    protected override async Task<DurableTaskClient> StartAsync()
    {
        hub = await TestHub.CreateAsync();
        await hub.AddProcessAsync(registry => registry.AddPrograms());
        return hub.Client;
    }

    protected override async Task StopAsync() => await hub!.DisposeAsync();
}
