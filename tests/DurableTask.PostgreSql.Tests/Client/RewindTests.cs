using System.Collections.Concurrent;
using DurableTask.PostgreSql.Tests.Hub;

namespace DurableTask.PostgreSql.Tests.Client;

public class RewindTests
{
    private readonly ConcurrentDictionary<string, int> runs = new();
    private volatile bool broken = true;

    [Fact]
    public async Task A_failed_parent_goes_on_with_its_failed_child_and_what_succeeded_is_not_done_again()
    {
        await using var hub = await TestHub.StartAsync(Tasks);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent", new StartOrchestrationOptions("p"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.EndAsync("p")).RuntimeStatus);
        broken = false;
        await hub.Client.RewindInstanceAsync("p", "repaired");
        Assert.Equal("good bad", await hub.ResultAsync<string>("p"));
        Assert.Equal((1, 2), (runs["Good"], runs["Bad"]));
        Assert.Equal(0, await hub.CountAsync("select (select count(*) from durable.messages) + (select count(*) from durable.activities)"));
        Assert.Contains((await hub.Client.GetOrchestrationHistoryAsync("p")).Entries, entry => entry is { Kind: "ExecutionRewound", Text: "repaired" });
    }

    [Fact]
    public async Task What_still_runs_when_its_instance_is_rewound_is_not_run_beside_it_once_more()
    {
        using var gate = new SemaphoreSlim(0);
        await using var hub = await TestHub.StartAsync(r => r
            .AddOrchestratorFunc("Parent", async context =>
            {
                var slow = context.CallActivityAsync<string>("Slow");
                await context.CallActivityAsync<string>("Bad");
                return await slow;
            })
            .AddActivityFunc<string?, string>("Slow", async (_, _) =>
            {
                Counted("Slow", "");
                await gate.WaitAsync();
                return "slow";
            })
            .AddActivityFunc("Bad", _ => Counted("Bad", "bad") is var bad && broken ? throw new IOException("broken") : bad));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent", new StartOrchestrationOptions("p"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.EndAsync("p")).RuntimeStatus);
        broken = false;
        await hub.Client.RewindInstanceAsync("p", "repaired");
        await Eventually.Async(() => Task.FromResult(runs["Bad"] == 2));
        // Claims come every 100 ms: what may be taken would be by now.
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.activities where worker is not null and epoch = 1") == 1);
        gate.Release(2);
        Assert.Equal("slow", await hub.ResultAsync<string>("p"));
        Assert.Equal(1, runs["Slow"]);
    }

    [Fact]
    public async Task What_a_forgotten_step_called_does_not_stand_in_the_way_of_what_is_called_now()
    {
        using var gate = new SemaphoreSlim(0);
        await using var hub = await TestHub.StartAsync(r => r
            .AddOrchestratorFunc("Throwing", async context =>
            {
                var call = context.CallActivityAsync<string>(broken ? "Slow" : "Good");
                return broken ? throw new IOException("broken") : await call;
            })
            .AddActivityFunc<string?, string>("Slow", async (context, _) =>
            {
                Counted("Slow", "");
                await gate.WaitAsync(context.CancellationToken);
                return "slow";
            })
            .AddActivityFunc("Good", _ => "good"));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Throwing", new StartOrchestrationOptions("t"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.EndAsync("t")).RuntimeStatus);
        await Eventually.Async(() => Task.FromResult(runs.ContainsKey("Slow")));
        broken = false;
        await hub.Client.RewindInstanceAsync("t", "repaired");
        Assert.Equal("good", await hub.ResultAsync<string>("t"));
    }

    [Fact]
    public async Task Of_steps_that_became_true_together_only_the_last_one_is_forgotten()
    {
        using var gate = new SemaphoreSlim(0);
        await using var hub = await TestHub.StartAsync(r => r
            .AddOrchestratorFunc("Two", async context =>
            {
                var first = await context.WaitForExternalEvent<string>("one");
                var call = context.CallActivityAsync<string>("Slow");
                var second = await context.WaitForExternalEvent<string>("two");
                return broken ? throw new IOException("broken") : $"{first} {second} {await call}";
            })
            .AddActivityFunc<string?, string>("Slow", async (_, _) =>
            {
                Counted("Slow", "");
                await gate.WaitAsync();
                return "slow";
            }));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Two", new StartOrchestrationOptions("t"));
        await hub.Client.RaiseEventAsync("t", "one", "1");
        await Eventually.Async(() => Task.FromResult(runs.ContainsKey("Slow")));
        await hub.Client.RaiseEventAsync("t", "two", "2");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.EndAsync("t")).RuntimeStatus);
        // As if all that came after the start had come while a step waited for its commit.
        await hub.CountAsync(
            """
            update durable.history set events = (select string_agg(events, '' order by step) from durable.history where step > 0) where step = 1;
            delete from durable.history where step > 1;
            update durable.instances set steps = 2;
            select 0
            """);
        broken = false;
        await hub.Client.RewindInstanceAsync("t", "repaired");
        await hub.UntilAsync("t", one => one.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        // Claims come every 100 ms: what may be taken would be by now.
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.activities where worker is not null and epoch = 1") == 1);
        gate.Release(2);
        Assert.Equal("1 2 slow", await hub.ResultAsync<string>("t"));
        Assert.Equal(1, runs["Slow"]);
    }

    [Fact]
    public async Task Only_a_failed_instance_can_be_rewound_and_only_where_its_code_is_known()
    {
        await using var hub = await TestHub.StartAsync(Tasks);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent", new StartOrchestrationOptions("p"));
        await hub.EndAsync("p");
        var stranger = await hub.AddProcessAsync(_ => { }, options => options.RunWorker = false);
        var client = (DurableTaskClient)stranger.GetService(typeof(DurableTaskClient))!;
        Assert.Contains("does not know", (await Assert.ThrowsAsync<InvalidOperationException>(() => client.RewindInstanceAsync("p", "x"))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => client.RewindInstanceAsync("nobody", "x"));
        broken = false;
        await hub.Client.RewindInstanceAsync("p", "x");
        await hub.EndAsync("p");
        Assert.Contains("Completed", (await Assert.ThrowsAsync<InvalidOperationException>(() => hub.Client.RewindInstanceAsync("p", "x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_purge_by_filter_and_restart()
    {
        await using var hub = await TestHub.StartAsync(Tasks);
        broken = false;
        foreach (var id in Enumerable.Range(0, 5))
        {
            await hub.Client.ScheduleNewOrchestrationInstanceAsync("Child", new StartOrchestrationOptions($"c{id}"));
            await hub.EndAsync($"c{id}");
        }

        List<int> sizes = [];
        List<string> ids = [];
        await foreach (var page in hub.Client.GetAllInstancesAsync(new OrchestrationQuery(PageSize: 2)).AsPages())
        {
            sizes.Add(page.Values.Count);
            ids.AddRange(page.Values.Select(one => one.InstanceId));
        }

        Assert.Equal([2, 2, 1], sizes);
        Assert.Equal(["c4", "c3", "c2", "c1", "c0"], ids);
        Assert.Equal("c0", await hub.Client.RestartAsync("c0"));
        await hub.EndAsync("c0");
        Assert.Equal(2, (await hub.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(CreatedTo: (await hub.Client.GetInstanceAsync("c2"))!.CreatedAt))).PurgedInstanceCount);
        Assert.Equal(3, await hub.CountAsync("select count(*) from durable.instances"));
    }

    private void Tasks(DurableTaskRegistry tasks) => tasks
        .AddOrchestratorFunc("Parent", async context =>
        {
            var good = context.CallActivityAsync<string>("Good");
            var child = context.CallSubOrchestratorAsync<string>("Child");
            await Task.WhenAll(good, child);
            return $"{good.Result} {child.Result}";
        })
        .AddOrchestratorFunc("Child", async context => await context.CallActivityAsync<string>("Bad"))
        .AddActivityFunc("Good", _ => Counted("Good", "good"))
        .AddActivityFunc("Bad", _ => Counted("Bad", "bad") is var bad && broken ? throw new IOException("broken") : bad);

    private string Counted(string name, string result)
    {
        runs.AddOrUpdate(name, 1, (_, count) => count + 1);
        return result;
    }
}
