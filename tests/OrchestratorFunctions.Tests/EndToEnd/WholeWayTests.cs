using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd;

public sealed class WholeWayTests
{
    [Fact]
    public async Task An_idea_becomes_approved_built_and_validated_software()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToReportGateAsync();
        await app.Ada.PressAsync("Approve");
        await app.Ada.WaitForAsync("is completed");

        Assert.Equal("COMPLETED", await app.ReadAsync<string>("select status from projects"));
        Assert.Equal(["prime", "plan-feature-github", "execute-github", "validate"], app.StandIns.Scar.Runs.Select(run => run.Command));
        Assert.Equal("VISION APPROVED, PLAN APPROVED, REPORT APPROVED", await app.ReadAsync<string>("select string_agg(kind || ' ' || status, ', ' order by created_at) from gates"));
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from gates where acknowledged_at is null"));
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from inbox where status <> 'DONE'"));
        Assert.Equal(3L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_granted'"));
    }

    [Fact]
    public async Task It_goes_on_over_a_restart_at_every_gate()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        await app.RestartAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.PressAsync("Approve");
        await app.WaitForGateAsync("Plan, version 1");
        await app.RestartAsync();
        await app.Ada.PressAsync("Approve");
        await app.WaitForGateAsync("Report, version 1");
        await app.RestartAsync();
        await app.Ada.PressAsync("Approve");
        await app.Ada.WaitForAsync("is completed");
        Assert.Equal(4, app.StandIns.Scar.Runs.Count);
    }

    [Fact]
    public async Task Without_a_model_the_interviewer_asks_six_questions_and_the_vision_holds_the_answers()
    {
        await using var app = await OrchestratorApp.StartAsync(("AI_PROVIDER", "offline"));
        await app.ToVisionGateAsync();
        var vision = await app.ReadAsync<string>("select markdown from documents where kind = 'VISION'");
        Assert.Contains("order bread the evening before", vision, StringComparison.Ordinal);
        Assert.Contains("eight of ten orders", vision, StringComparison.Ordinal);
        Assert.Empty(app.StandIns.OpenAi.Calls);
    }

    [Fact]
    public async Task Without_a_repository_the_workflow_asks_and_waits_for_it()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        await app.Ada.PressAsync("Approve");
        await app.Ada.WaitForAsync("Where shall I build it?");
        Assert.Empty(app.StandIns.Scar.Runs);
        await app.Ada.SayAsync($"/repo https://github.com/{Journey.Repository}.git");
        await app.WaitForGateAsync("Plan, version 1");
    }

    [Fact]
    public async Task Stop_cancels_whatever_the_workflow_is_doing()
    {
        await using var app = await OrchestratorApp.StartAsync();
        app.StandIns.Scar.HoldRuns();
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.PressAsync("Approve");
        await app.UntilAsync("select count(*) from scar_executions where status = 'RUNNING'", 1L);
        await app.Ada.SayAsync("/stop");
        await app.Ada.WaitForAsync("may still finish");
        await app.Ada.WaitForAsync("is cancelled");
        app.StandIns.Scar.ReleaseRuns();
        Assert.Equal("CANCELLED", await app.ReadAsync<string>("select status from projects"));
        Assert.Single(app.StandIns.Scar.Runs);
    }

    [Fact]
    public async Task Polling_brings_the_same_updates_where_Telegram_cannot_reach_us()
    {
        await using var app = await OrchestratorApp.StartAsync(("TELEGRAM_UPDATES", "polling"), ("TELEGRAM_WEBHOOK_SECRET", null));
        using var ada = new TelegramPerson(app.StandIns.Telegram, app: null, OrchestratorApp.AdaId);
        await ada.SayAsync("/start");
        await ada.WaitForAsync("turn an idea into software");
    }
}
