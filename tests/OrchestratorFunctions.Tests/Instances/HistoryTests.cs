using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using OrchestratorFunctions.Tests.EndToEnd;

namespace OrchestratorFunctions.Tests.Instances;

/// <summary>
/// Histories that this program's orchestrators have made. Whoever changes an orchestrator sees here what instances under way will meet. RECORD_HISTORIES=directory records them anew.
/// </summary>
public sealed class HistoryTests
{
    private static readonly string[] Orchestrators = ["ProjectOrchestrator", "ConversationOrchestrator", "ApprovalGateOrchestrator", "ScarCommandOrchestrator"];

    [Fact]
    public async Task Recorded_histories_replay()
    {
        var files = Directory.GetFiles(Path.Combine(Checkout.Root, "tests/OrchestratorFunctions.Tests/Instances/Histories"), "*.json");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            Assert.Null(Divergence(App.Tasks(), OrchestrationHistory.Parse(await File.ReadAllTextAsync(file))));
        }
    }

    [Fact]
    public async Task A_whole_way_replays_and_a_changed_orchestrator_is_named()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToReportGateAsync();
        await using var services = new ServiceCollection().AddSingleton(app.Database.DataSource).AddPostgresTaskHub(App.Tasks(), hub => hub.RunWorker = false).BuildServiceProvider();
        var client = services.GetRequiredService<DurableTaskClient>();
        List<(string Name, OrchestrationHistory History)> recorded = [];
        await foreach (var one in client.GetAllInstancesAsync())
        {
            recorded.Add((one.Name, await client.GetOrchestrationHistoryAsync(one.InstanceId)));
        }

        Assert.Equal(Orchestrators.Order(StringComparer.Ordinal), recorded.Select(one => one.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(recorded, one => Assert.Null(Divergence(App.Tasks(), OrchestrationHistory.Parse(one.History.ToJson()))));
        var changed = new DurableTaskRegistry();
        foreach (var name in Orchestrators)
        {
            changed.AddOrchestratorFunc(name, context => context.CallActivityAsync("Other"));
        }

        Assert.All(recorded.Where(one => one.History.Entries.Count > 2), one => Assert.Contains("step #0", Divergence(changed, one.History)!, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("RECORD_HISTORIES") is { Length: > 0 } folder)
        {
            foreach (var (name, history) in recorded.GroupBy(one => one.Name).Select(group => group.MaxBy(one => one.History.Entries.Count)))
            {
                await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.json"), history.ToJson() + "\n");
            }
        }
    }

    private static string? Divergence(DurableTaskRegistry tasks, OrchestrationHistory history)
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        return HistoryReplay.FirstDivergence(tasks, services, history);
    }
}
