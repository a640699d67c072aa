using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The main job on the second engine: through the Functions host, whose handlers die on the way.</summary>
[Collection("Kills two")]
public sealed class UnderTheFunctionsHostTests
{
    [Fact]
    public async Task An_idea_becomes_software_while_handlers_are_killed_and_the_host_restarts()
    {
        await using var app = await OrchestratorApp.StartUnderHostAsync(("AI_PROVIDER", "offline"), ("LOG_LEVEL", "DEBUG"));
        Assert.All(await ProbeScenarios.HeadsAsync(app.Address), answer => Assert.Equal(System.Net.HttpStatusCode.OK, answer));
        await app.ToVisionGateAsync();
        await app.Stage.Http.KillAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.WaitForAsync("works in");

        // In the middle of a command: the agent works, the process that waits for it dies.
        app.StandIns.Scar.HoldRuns();
        await app.Ada.PressAsync("Approve");
        await app.UntilAsync("select count(*) from scar_executions where status = 'RUNNING'", 1L);
        await app.Stage.Durable.KillAsync();
        app.StandIns.Scar.ReleaseRuns();
        await app.WaitForGateAsync("Plan, version 1", TimeSpan.FromSeconds(60));

        // The whole host goes, and comes back with its hub somewhere else.
        var before = app.Stage.Host.ExtensionAddress;
        await app.RestartAsync();
        Assert.NotEqual(before, app.Stage.Host.ExtensionAddress);
        await app.Ada.PressAsync("Approve");
        await app.WaitForGateAsync("Report, version 1");

        // A process that is told to end must not end with 0: the host would never start it again.
        await app.Stage.Durable.TerminateAsync();
        await app.Ada.PressAsync("Approve");
        await app.Ada.WaitForAsync("is completed", TimeSpan.FromSeconds(30));

        Assert.Equal(200, app.Stage.Durable.LastExitCode);
        Assert.Equal("COMPLETED", await app.ReadAsync<string>("select status from projects"));
        Assert.Equal(["prime", "plan-feature-github", "execute-github", "validate"], app.StandIns.Scar.Runs.Select(run => run.Command));
        Assert.Equal("VISION APPROVED, PLAN APPROVED, REPORT APPROVED", await app.ReadAsync<string>("select string_agg(kind || ' ' || status, ', ' order by created_at) from gates"));
        await app.UntilAsync("select count(*) from gates where acknowledged_at is null", 0L);
        await app.UntilAsync("select (select count(*) from inbox where status <> 'DONE') + (select count(*) from outbox where status <> 'SENT')", 0L);
        Assert.Equal(3L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_granted'"));
        Assert.Empty(app.Stage.Host.Queues.Poison);
        Assert.True(app.Stage.Host.Queues.Sent > 0, $"no nudge went through the queue, though the HTTP functions cannot know the hub:\n{app.Stage.Log}");
        Assert.DoesNotContain("SYSTEM_KEY", app.Stage.Log, StringComparison.Ordinal);
        Assert.Contains("The task hub is at", app.Stage.Log, StringComparison.Ordinal);

        // What the host failed for good is taken back by itself, and what was said meanwhile is answered.
        await app.UntilAsync("select count(*) from inbox where status <> 'DONE'", 0L);
        await app.Stage.Host.FailAsync($"conversation:telegram:{OrchestratorApp.AdaId}");
        var rewound = await app.ReadAsync<long>("select count(*) from audit_entries where action = 'instance_rewound'");
        var heard = app.Ada.Chat.Messages.Count(message => message.FromBot);
        await app.Ada.SayAsync("And now something new: a page for the opening hours");
        await app.Ada.WaitForAsync(chat => chat.Messages.Count(message => message.FromBot) > heard, "an answer of the conversation that had failed", TimeSpan.FromSeconds(30));
        Assert.Equal(rewound + 1, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'instance_rewound'"));
    }
}
