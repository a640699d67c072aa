namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>What the runbook says of clocks that jump: deadlines may come early or late, and nothing is lost or done twice.</summary>
public sealed class ClockScenarios
{
    [Fact]
    public async Task A_process_whose_clock_is_ahead_takes_leases_over_and_nothing_is_said_twice()
    {
        await using var app = await OrchestratorApp.StartAsync();
        app.StandIns.OpenAi.Trouble.Hold();
        await app.Ada.SayAsync(Journey.Answers[0]);
        await app.UntilAsync("select count(*) from durable.activities where worker is not null and epoch = 1", 1L);

        // By its clock the lease ran out an hour ago.
        await using (var other = await app.StartAnotherAsync(new JumpingClock { Ahead = TimeSpan.FromHours(1) }))
        {
            await app.UntilAsync("select count(*) from durable.activities where worker is not null and epoch >= 2", 1L);
            app.StandIns.OpenAi.Trouble.Release();
            await app.UntilAsync("select count(*) from inbox where status = 'DONE'", 1L);
            await app.UntilAsync("select (select count(*) from durable.activities) + (select count(*) from outbox where status <> 'SENT')", 0L);
            await other.StopAsync();
        }

        await SaidOnceAsync(app, messages: 2);

        // Who is left has the true time, and answers at once all the same.
        await app.Ada.SayAsync(Journey.Answers[1]);
        await app.UntilAsync("select count(*) from inbox where status = 'DONE'", 2L);
        await app.UntilAsync("select count(*) from outbox where status <> 'SENT'", 0L);
        await SaidOnceAsync(app, messages: 4);
    }

    [Fact]
    public async Task A_clock_that_passes_a_deadline_and_is_put_back_pauses_the_project_once_and_hinders_nothing_afterwards()
    {
        await using var app = await OrchestratorApp.StartAsync(("AI_PROVIDER", "offline"));
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.WaitForAsync("works in");

        // Short of the reminder nothing happens, though everything that waits looks at the new time.
        app.Clock.Ahead = TimeSpan.FromHours(47);
        await app.Ada.SayAsync("/status");
        await app.Ada.WaitForAsync("vision review");
        Assert.Equal("PENDING", await app.ReadAsync<string>("select status from gates where reminded_at is null"));

        app.Clock.Ahead = TimeSpan.FromHours(73);
        await app.Ada.WaitForAsync("Say /continue and I ask again");
        await app.UntilAsync("select count(*) from durable.instances where instance_id like 'project:%' and updated_at > now() + interval '72 hours'", 1L);
        app.Clock.Ahead = TimeSpan.Zero;
        await app.Ada.SayAsync("/continue");
        await app.UntilAsync("select count(*) from gates where status = 'PENDING'", 1L);
        await app.WaitForGateAsync("Vision, version 1");
        await app.Ada.PressAsync("Approve");
        await app.WaitForGateAsync("Plan, version 1");
        await app.Ada.PressAsync("Approve");
        await app.WaitForGateAsync("Report, version 1");
        await app.Ada.PressAsync("Approve");
        await app.Ada.WaitForAsync("is completed");

        Assert.Equal("VISION EXPIRED, VISION APPROVED, PLAN APPROVED, REPORT APPROVED", await app.ReadAsync<string>("select string_agg(kind || ' ' || status, ', ' order by status = 'APPROVED', created_at) from gates"));
        Assert.Equal("approval_expired 1, approval_granted 3", await app.ReadAsync<string>("select string_agg(action || ' ' || times, ', ' order by action) from (select action, count(*) as times from audit_entries where action like 'approval%' group by action) of"));
        Assert.Equal(["prime", "plan-feature-github", "execute-github", "validate"], app.StandIns.Scar.Runs.Select(run => run.Command));
    }

    [Fact]
    public async Task A_clock_that_goes_ahead_and_back_while_the_agent_works_neither_gives_the_command_up_nor_sends_it_again()
    {
        await using var app = await OrchestratorApp.StartAsync(("AI_PROVIDER", "offline"));
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.WaitForAsync("works in");
        app.StandIns.Scar.HoldRuns();
        await app.Ada.PressAsync("Approve");
        await app.UntilAsync("select count(*) from scar_executions where status = 'RUNNING'", 1L);

        // SCAR_TIMEOUT_SECONDS is half an hour. The command is looked at by the new time, and goes on.
        app.Clock.Ahead = TimeSpan.FromMinutes(20);
        await app.UntilAsync("select count(*) from durable.instances where instance_id like 'scar:%' and updated_at > now() + interval '15 minutes'", 1L);
        app.Clock.Ahead = TimeSpan.Zero;

        // Its next look is set by the clock that was ahead, and comes when that time does.
        await app.UntilAsync("select count(*) from durable.timers where instance_id like 'scar:%' and fire_at > now() + interval '15 minutes'", 1L);
        app.StandIns.Scar.ReleaseRuns();
        await app.Ada.SayAsync("/status");
        await app.UntilAsync("select count(*) from inbox where status <> 'DONE'", 0L);
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from scar_executions where status = 'RUNNING'"));
        app.Clock.Ahead = TimeSpan.FromMinutes(21);
        await app.WaitForGateAsync("Plan, version 1");
        Assert.Equal(["prime", "plan-feature-github"], app.StandIns.Scar.Runs.Select(run => run.Command));
        Assert.Equal("VISION APPROVED, PLAN PENDING", await app.ReadAsync<string>("select string_agg(kind || ' ' || status, ', ' order by created_at) from gates"));
    }

    // What is stored is what was said, and what was said has come.
    private static async Task SaidOnceAsync(OrchestratorApp app, long messages)
    {
        Assert.Equal(messages, await app.ReadAsync<long>("select count(*) from messages"));
        Assert.Equal(await app.ReadAsync<long>("select count(*) from outbox"), app.Ada.Chat.Messages.Count(message => message.FromBot));
    }
}
