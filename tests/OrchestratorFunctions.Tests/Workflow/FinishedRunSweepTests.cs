using Dapper;
using DurableTask;
using DurableTask.PostgreSql;
using FunctionsHost.Handlers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Moq;
using OrchestratorFunctions.Tests.TestApp;
using OrchestratorFunctions.Workflow;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Workflow;

/// <summary>Which orchestrations are deleted, when, and how many at once; on both engines.</summary>
public sealed class FinishedRunSweepTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_run_is_deleted_with_its_children_30_days_after_its_end_and_what_failed_or_works_stays()
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var services = Hub(database);
        var (old, justOver) = (Now.AddDays(-60), Now.AddDays(-30).AddSeconds(1));
        await AddAsync(database, "project:completed:1", "COMPLETED", old, Now.AddDays(-31));
        await AddAsync(database, "gate:approved", "COMPLETED", old, old, parent: "project:completed:1");
        await AddAsync(database, "scar:failed", "FAILED", old, old, parent: "project:completed:1");
        await AddAsync(database, "project:terminated:1", "TERMINATED", old, Now.AddDays(-31));
        await AddAsync(database, "project:new:1", "COMPLETED", justOver, justOver);
        await AddAsync(database, "project:long:1", "COMPLETED", old, justOver);
        await AddAsync(database, "gate:of-long", "COMPLETED", old, old, parent: "project:long:1");
        await AddAsync(database, "project:failed:1", "FAILED", old, old);
        await AddAsync(database, "gate:of-failed", "COMPLETED", old, old, parent: "project:failed:1");
        await AddAsync(database, "project:works:1", "RUNNING", old, old);
        await AddAsync(database, "gate:of-works", "COMPLETED", old, old, parent: "project:works:1");
        await AddAsync(database, "conversation:telegram:1", "RUNNING", old, old);

        await SweepAsync(services, Now);

        Assert.Equal(
            ["conversation:telegram:1", "gate:of-failed", "gate:of-long", "gate:of-works", "project:failed:1", "project:long:1", "project:new:1", "project:works:1"], await InstancesAsync(database));
        await using var connection = await database.DataSource.OpenConnectionAsync();
        Assert.Equal(8L, await connection.ExecuteScalarAsync<long>("select count(*) from durable.history"));
    }

    [Fact]
    public async Task A_backlog_is_deleted_in_portions_round_by_round_and_then_nothing_is_looked_for_until_an_hour_later()
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var services = Hub(database);
        for (var number = 0; number < 60; number++)
        {
            await AddAsync(database, $"project:{number}:1", "COMPLETED", Now.AddDays(-60).AddSeconds(number), Now.AddDays(-60).AddSeconds(number));
        }

        var time = new FakeTimeProvider(Now);
        var sweep = new FinishedRunSweep(services.GetRequiredService<DurableTaskClient>(), time, NullLogger<FinishedRunSweep>.Instance);
        List<int> left = [];
        foreach (var pause in new[] { TimeSpan.Zero, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(1) })
        {
            time.Advance(pause);
            await sweep.SweepAsync(default);
            left.Add((await InstancesAsync(database)).Count);
            if (left[^1] == 0)
            {
                await AddAsync(database, "project:later:1", "COMPLETED", Now.AddDays(-60), Now.AddDays(-60));
            }
        }

        // Not at once after the start; 25, 25 and 10; the one that was added is found an hour after the last look.
        Assert.Equal([60, 35, 10, 0, 1, 0], left);
    }

    [Fact]
    public async Task A_look_that_failed_is_not_repeated_at_every_round()
    {
        var hub = new Mock<DurableTaskClient>();
        hub.Setup(client => client.GetAllInstancesAsync(It.IsAny<OrchestrationQuery?>())).Throws(new TimeoutException());
        var time = new FakeTimeProvider(Now);
        var sweep = new FinishedRunSweep(hub.Object, time, NullLogger<FinishedRunSweep>.Instance);
        time.Advance(TimeSpan.FromMinutes(5));
        await Assert.ThrowsAsync<TimeoutException>(() => sweep.SweepAsync(default));
        time.Advance(TimeSpan.FromMinutes(59));
        await sweep.SweepAsync(default);
        time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<TimeoutException>(() => sweep.SweepAsync(default));
    }

    [Fact]
    public async Task Under_the_Functions_host_it_is_the_same()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var app = await HostedApp.StartAsync(new DurableTaskRegistry().AddOrchestrator<Parent>().AddOrchestrator<Child>());
        foreach (var (id, input) in new[] { ("project:completed:1", ""), ("project:failed:1", "fail"), ("project:works:1", "wait") })
        {
            await app.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Parent), input, new StartOrchestrationOptions(id), deadline.Token);
        }

        await app.Client.WaitForInstanceCompletionAsync("project:completed:1", deadline.Token);
        await app.Client.WaitForInstanceCompletionAsync("project:failed:1", deadline.Token);
        while (await app.Client.GetInstanceAsync("gate:works:1", deadline.Token) is not { IsCompleted: true })
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token);
        }

        // The hub's times are real.
        await SweepAsync(app.Services, DateTimeOffset.UtcNow.AddDays(29));
        Assert.Equal(6, (await AllAsync(app.Client)).Count);
        await SweepAsync(app.Services, DateTimeOffset.UtcNow.AddDays(31));
        Assert.Equal(["gate:failed:1", "gate:works:1", "project:failed:1", "project:works:1"], await AllAsync(app.Client));
    }

    // The first look is five minutes after the start.
    private static async Task SweepAsync(IServiceProvider services, DateTimeOffset at)
    {
        var time = new FakeTimeProvider(at - TimeSpan.FromMinutes(5));
        var sweep = new FinishedRunSweep(services.GetRequiredService<DurableTaskClient>(), time, NullLogger<FinishedRunSweep>.Instance);
        time.Advance(TimeSpan.FromMinutes(5));
        await sweep.SweepAsync(default);
    }

    private static ServiceProvider Hub(TestDatabase database) => new ServiceCollection().AddLogging().AddSingleton(database.DataSource).AddPostgresTaskHub(App.Tasks(), options => options.RunWorker = false).BuildServiceProvider();

    private static async Task AddAsync(TestDatabase database, string id, string status, DateTimeOffset created, DateTimeOffset updated, string? parent = null)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into durable.instances (instance_id, execution_id, name, version, status, failure, parent_instance_id, parent_execution, parent_task_id, parent_name, steps, created_at, updated_at, start_at, finished_at)
            values (@id, 'x', 'x', '', @status, case when @status = 'FAILED' then '{"errorType":"x","errorMessage":"x"}' end, @parent, case when @parent is not null then 'x' end, case when @parent is not null then 1 end,
                case when @parent is not null then 'x' end, 1, @created, @updated, @created, case when @status <> 'RUNNING' then @updated end);
            insert into durable.history (instance_id, step, events) values (@id, 0, '');
            """,
            new { id, status, parent, created, updated });
    }

    private static async Task<IReadOnlyList<string>> InstancesAsync(TestDatabase database)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>("select instance_id from durable.instances order by instance_id")];
    }

    private static async Task<IReadOnlyList<string>> AllAsync(DurableTaskClient client)
    {
        List<string> all = [];
        await foreach (var one in client.GetAllInstancesAsync())
        {
            all.Add(one.InstanceId);
        }

        return [.. all.Order(StringComparer.Ordinal)];
    }

    private sealed class Parent : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            await context.CallSubOrchestratorAsync<string>(nameof(Child), input, new SubOrchestrationOptions(instanceId: context.InstanceId.Replace("project:", "gate:", StringComparison.Ordinal)));
            return input switch
            {
                "fail" => throw new InvalidOperationException("no"),
                "wait" => await context.WaitForExternalEvent<string>("go"),
                _ => "",
            };
        }
    }

    private sealed class Child : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) => Task.FromResult(input);
    }
}
