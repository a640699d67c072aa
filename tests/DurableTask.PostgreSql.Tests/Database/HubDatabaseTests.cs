using DurableTask.PostgreSql.Tests.Hub;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DurableTask.PostgreSql.Tests.Database;

public class HubDatabaseTests
{
    [Fact]
    public async Task A_worker_leaves_half_of_the_connections_to_everybody_else_however_much_it_has_to_do()
    {
        await using var hub = await TestHub.CreateAsync();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(hub.Database.ConnectionString) { MaxPoolSize = 6, Timeout = 3 }.ConnectionString);
        var client = (await hub.AddProcessAsync(r => r.AddOrchestratorFunc("Idle", _ => ""), null, s => s.AddSingleton(source))).GetRequiredService<DurableTaskClient>();
        for (var n = 0; n < 40; n++)
        {
            await client.ScheduleNewOrchestrationInstanceAsync("Idle", new StartOrchestrationOptions($"done-{n}"));
            await client.WaitForInstanceCompletionAsync($"done-{n}");
        }

        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Assert.ThrowsAsync<OrchestrationFinishedException>(() => client.RaiseEventAsync($"done-{n}", "go"))));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Assert.ThrowsAsync<OrchestrationNotFoundException>(() => client.RaiseEventAsync($"nobody-{n}", "go"))));
        // One listens to notifications.
        await using var one = await source.OpenConnectionAsync();
        await using var two = await source.OpenConnectionAsync();
    }
}
