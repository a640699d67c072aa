using DurableTask.PostgreSql.Tests.Hub;
using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Tests.Documentation;

// The patterns of the Durable Task documentation, written as one writes them from it, on the real hub.
public class PatternTests
{
    private int polls;
    private int flaky;

    [Fact]
    public async Task Function_chaining()
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks
            .AddOrchestratorFunc("HelloCities", async context => new List<string>
            {
                await context.CallActivityAsync<string>("SayHello", "Tokyo"),
                await context.CallActivityAsync<string>("SayHello", "London"),
                await context.CallActivityAsync<string>("SayHello", "Seattle"),
            })
            .AddActivityFunc<string, string>("SayHello", (_, city) => $"Hello, {city}!"));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("HelloCities");
        var started = await hub.Client.WaitForInstanceStartAsync(id);
        Assert.NotEqual(OrchestrationRuntimeStatus.Pending, started.RuntimeStatus);
        Assert.Equal(["Hello, Tokyo!", "Hello, London!", "Hello, Seattle!"], (await hub.ResultAsync<List<string>>(id))!);
    }

    [Fact]
    public async Task A_loop_that_waits_anew_each_time_hears_the_event_although_the_waits_before_were_not_cancelled()
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks.AddOrchestratorFunc("Reminder", async context =>
        {
            for (var reminders = 0; reminders < 100; reminders++)
            {
                using var over = new CancellationTokenSource();
                var answer = context.WaitForExternalEvent<string>("answer");
                if (await Task.WhenAny(answer, context.CreateTimer(TimeSpan.FromMilliseconds(50), over.Token)) == answer)
                {
                    over.Cancel();
                    return await answer;
                }

                context.SetCustomStatus(reminders);
            }

            return "nobody answered";
        }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Reminder");
        await hub.UntilAsync(id, one => one.SerializedCustomStatus is not null);
        await hub.Client.RaiseEventAsync(id, "answer", "yes");
        Assert.Equal("yes", await hub.ResultAsync<string>(id));
    }

    [Fact]
    public async Task Eternal_orchestrations_may_go_on_without_an_input()
    {
        var generations = 0;
        await using var hub = await TestHub.StartAsync(tasks => tasks.AddOrchestratorFunc("Cleanup", context =>
        {
            if (!context.IsReplaying && Interlocked.Increment(ref generations) < 3)
            {
                context.ContinueAsNew(null);
            }
        }));
        await hub.EndAsync(await hub.Client.ScheduleNewOrchestrationInstanceAsync("Cleanup"));
        Assert.Equal(3, generations);
    }

    [Fact]
    public async Task Fan_out_and_fan_in_with_tuples_as_inputs()
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks
            .AddOrchestratorFunc<int, long>("Backup", async (context, files) =>
            {
                var copies = new List<Task<long>>();
                for (var n = 0; n < files; n++)
                {
                    copies.Add(context.CallActivityAsync<long>("CopyFile", (Name: $"f{n}", Size: n)));
                }

                return (await Task.WhenAll(copies)).Sum();
            })
            .AddActivityFunc<(string Name, int Size), long>("CopyFile", (_, file) => Task.FromResult((long)file.Size)));
        Assert.Equal(190, await hub.ResultAsync<long>(await hub.Client.ScheduleNewOrchestrationInstanceAsync("Backup", 20)));
    }

    [Fact]
    public async Task Monitor_that_polls_with_timers_until_something_is_ready()
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks
            .AddOrchestratorFunc<string, string>("Monitor", async (context, job) =>
            {
                var expiry = context.CurrentUtcDateTime.AddMinutes(1);
                var logger = context.CreateReplaySafeLogger("Monitor");
                while (context.CurrentUtcDateTime < expiry)
                {
                    if (await context.CallActivityAsync<string>("GetStatus", job) == "Completed")
                    {
                        logger.LogInformation("{Job} is done", job);
                        return "done";
                    }

                    await context.CreateTimer(context.CurrentUtcDateTime.AddMilliseconds(30), CancellationToken.None);
                }

                return "expired";
            })
            .AddActivityFunc<string, string>("GetStatus", (_, _) => Interlocked.Increment(ref polls) < 4 ? "Running" : "Completed"));
        Assert.Equal("done", await hub.ResultAsync<string>(await hub.Client.ScheduleNewOrchestrationInstanceAsync("Monitor", "job-1")));
        Assert.Equal(4, polls);
        Assert.Single(hub.Log.Written, line => line.Contains("job-1 is done", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, "processed")]
    [InlineData(false, "escalated")]
    public async Task Human_interaction_with_a_durable_timeout(bool answered, string expected)
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks
            .AddOrchestratorFunc<TimeSpan, string>("Approval", async (context, patience) =>
            {
                await context.CallActivityAsync("RequestApproval");
                using var timeoutCts = new CancellationTokenSource();
                var timeout = context.CreateTimer(context.CurrentUtcDateTime.Add(patience), timeoutCts.Token);
                var approval = context.WaitForExternalEvent<bool>("ApprovalEvent");
                if (approval == await Task.WhenAny(approval, timeout))
                {
                    timeoutCts.Cancel();
                    return approval.Result ? "processed" : "refused";
                }

                return "escalated";
            })
            .AddActivityFunc("RequestApproval", _ => { }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Approval", answered ? TimeSpan.FromHours(72) : TimeSpan.FromMilliseconds(50));
        if (answered)
        {
            await hub.Client.RaiseEventAsync(id, "approvalevent", true);
        }

        Assert.Equal(expected, await hub.ResultAsync<string>(id));
    }

    [Fact]
    public async Task Eternal_aggregator_that_continues_as_new_and_loses_no_event()
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks.AddOrchestratorFunc<int, int>("Counter", async (context, sum) =>
        {
            context.SetCustomStatus(sum);
            var add = await context.WaitForExternalEvent<int>("add");
            if (add > 0)
            {
                context.ContinueAsNew(sum + add);
            }

            return sum;
        }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Counter", 0, new StartOrchestrationOptions { Tags = new Dictionary<string, string> { ["kind"] = "sum" } });
        await Task.WhenAll(Enumerable.Range(1, 20).Select(n => hub.Client.RaiseEventAsync(id, "add", n)));
        await hub.UntilAsync(id, one => one.ReadCustomStatusAs<int>() == 210);
        await hub.Client.RaiseEventAsync(id, "add", 0);
        Assert.Equal(210, await hub.ResultAsync<int>(id));
        Assert.Equal("sum", (await hub.Client.GetInstanceAsync(id))!.Tags["kind"]);
    }

    [Fact]
    public async Task Retries_by_a_policy_and_by_a_handler()
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks
            .AddOrchestratorFunc("Retrying", async context =>
            {
                var policy = new RetryPolicy(5, TimeSpan.FromMilliseconds(10)) { HandleFailure = failure => failure.IsCausedBy<IOException>() };
                var first = await context.CallActivityAsync<int>("Flaky", 3, TaskOptions.FromRetryPolicy(policy));
                var second = await context.CallActivityAsync<int>("Flaky", 6, TaskOptions.FromRetryHandler(async retry =>
                {
                    await retry.OrchestrationContext.CreateTimer(TimeSpan.FromMilliseconds(10), retry.CancellationToken);
                    return retry.LastAttemptNumber < 5 && retry.LastFailure.IsCausedBy<Exception>();
                }));
                try
                {
                    await context.CallActivityAsync("Wrong", TaskOptions.FromRetryPolicy(policy));
                    return "no failure";
                }
                catch (TaskFailedException failed)
                {
                    return $"{first} {second} {failed.FailureDetails.ErrorType}";
                }
            })
            .AddActivityFunc<int, int>("Flaky", (_, until) => Interlocked.Increment(ref flaky) is var run && run < until ? throw new FileNotFoundException("not yet") : run)
            .AddActivityFunc("Wrong", _ => throw new ArgumentException("never")));
        Assert.Equal("3 6 System.ArgumentException", await hub.ResultAsync<string>(await hub.Client.ScheduleNewOrchestrationInstanceAsync("Retrying")));
    }

    [Fact]
    public async Task Sub_orchestrations_send_events_to_their_parent()
    {
        await using var hub = await TestHub.StartAsync(tasks => tasks
            .AddOrchestratorFunc("Parent", async context =>
            {
                var child = context.CallSubOrchestratorAsync<string>("Child", "x", new TaskOptions().WithInstanceId($"{context.InstanceId}-child"));
                var hello = await context.WaitForExternalEvent<string>("hello");
                return $"{hello} {await child}";
            })
            .AddOrchestratorFunc<string, string>("Child", (context, input) =>
            {
                context.SendEvent(context.Parent!.InstanceId, "hello", context.InstanceId);
                return input + context.Parent.Name;
            }));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent", new StartOrchestrationOptions("p"));
        Assert.Equal("p-child xParent", await hub.ResultAsync<string>("p"));
    }
}
