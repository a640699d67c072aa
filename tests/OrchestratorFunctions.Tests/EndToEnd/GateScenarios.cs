using System.Text.Json.Nodes;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The scenarios of vision and gates.</summary>
public sealed class GateScenarios
{
    [Fact]
    public async Task Scenario_1_idea_to_gate()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var gate = await app.ToVisionGateAsync();

        Assert.Equal(["Approve", "Change"], gate.Buttons.Select(button => button.Label));
        Assert.All(app.Ada.Chat.Messages, message => Assert.InRange(message.Text.Length, 1, 4096));
        await app.Ada.SayAsync("/status");
        await app.Ada.WaitForAsync("vision review");
        Assert.Equal(1, await app.ReadAsync<int>("select document_version from gates where status = 'PENDING'"));
        Assert.Equal(
            await app.ReadAsync<string>("select sha256 from documents where kind = 'VISION'"), await app.ReadAsync<string>("select document_sha256 from gates"));
        Assert.Contains(app.Ada.Chat.Messages, message => message.FromBot && message.Text.Contains("What It Is", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Scenario_2_approve_once()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.WaitForAsync("works in");
        await app.Ada.PressAsync("Approve");

        Assert.Contains(app.Ada.Chat.Toasts, toast => toast.Text.Contains("approved", StringComparison.Ordinal));
        await app.Ada.WaitForAsync(chat => chat.Messages.Any(message => message.Text.Contains("Vision, version 1 — approved by Ada on", StringComparison.Ordinal) && !message.Buttons.Any()), "the decision in place of the buttons");
        await app.WaitForGateAsync("Plan, version 1");
        Assert.Single(app.StandIns.Scar.Runs, run => run.Command == "prime");
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_granted' and details ->> 'sha256' = (select sha256 from documents where kind = 'VISION')"));
    }

    [Fact]
    public async Task Scenario_3_double_tap_on_two_devices()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var gate = await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.WaitForAsync("works in");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Ada.PressAsync(gate, "Approve")));

        Assert.Single(answers, answer => answer.Body.Contains("Vision, version 1: approved", StringComparison.Ordinal));
        Assert.Equal(19, answers.Count(answer => answer.Body.Contains("Already approved by Ada at", StringComparison.Ordinal)));
        Assert.DoesNotContain(answers, answer => answer.Body.Contains("fail", StringComparison.OrdinalIgnoreCase));
        await app.WaitForGateAsync("Plan, version 1");
        Assert.Single(app.StandIns.Scar.Runs, run => run.Command == "prime");
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_granted'"));
    }

    [Fact]
    public async Task Scenario_5_change_with_reason()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var first = await app.ToVisionGateAsync();
        await app.Ada.PressAsync("Change");
        await app.Ada.WaitForAsync("What should be different");
        await app.Ada.SayAsync("no payments in the MVP");
        var second = await app.WaitForGateAsync("Vision, version 2");

        Assert.Contains("payments", await app.ReadAsync<string>("select markdown from documents where kind = 'VISION' and version = 2"), StringComparison.OrdinalIgnoreCase);
        var pressed = await app.Ada.PressAsync(first, "Approve");
        Assert.Contains("Outdated: see version 2", pressed.Body, StringComparison.Ordinal);
        Assert.Equal("REJECTED, PENDING", await app.ReadAsync<string>("select string_agg(status, ', ' order by created_at) from gates"));
        Assert.Equal("no payments in the MVP", await app.ReadAsync<string>("select reason from gates where status = 'REJECTED'"));
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Scenario_6_rework_limit()
    {
        await using var app = await OrchestratorApp.StartAsync(("REWORK_LIMIT", "1"));
        await app.ToVisionGateAsync();
        await ChangeAsync(app, "make it blue");
        await app.WaitForGateAsync("Vision, version 2");
        await ChangeAsync(app, "make it green");
        await app.Ada.WaitForAsync("Let us talk it over");

        Assert.Equal("BRAINSTORMING", await app.ReadAsync<string>("select status from projects"));
        Assert.Equal(2L, await app.ReadAsync<long>("select count(*) from documents"));
        await app.TalkUntilOfferedAsync();
        await app.Ada.PressAsync("Generate vision");
        await app.WaitForGateAsync("Vision, version 3");
    }

    [Fact]
    public async Task Scenario_7_free_text_at_a_gate()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        var heard = app.Ada.Chat.Messages.Count(message => message.FromBot);
        await app.Ada.SayAsync("no, stop, why the schema?");
        await app.Ada.WaitForAsync(chat => chat.Messages.Count(message => message.FromBot) > heard, "an answer");
        await app.Ada.SayAsync("yes, approve it, go ahead");
        await app.UntilAsync("select count(*) from inbox where status <> 'DONE'", 0L);

        Assert.Equal("PENDING", await app.ReadAsync<string>("select status from gates"));
        Assert.Empty(app.StandIns.Scar.Runs);
    }

    [Fact]
    public async Task Scenario_8_stranger_in_a_group()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var gate = await app.ToVisionGateAsync();
        using var stranger = new TelegramPerson(app.StandIns.Telegram, app.Address, OrchestratorApp.StrangerId, OrchestratorApp.AdaId, "Mallory");
        var pressed = await stranger.PressAsync(gate, "Approve");
        using var colleague = new TelegramPerson(app.StandIns.Telegram, app.Address, OrchestratorApp.AdaId + 1, OrchestratorApp.AdaId, "Bob");
        var alsoPressed = await colleague.PressAsync(gate, "Approve");

        Assert.Contains("Only Ada can decide this", pressed.Body, StringComparison.Ordinal);
        Assert.Contains("Only Ada can decide this", alsoPressed.Body, StringComparison.Ordinal);
        Assert.Equal("PENDING", await app.ReadAsync<string>("select status from gates"));
        Assert.Equal(1L, await app.ReadAsync<long>($"select count(*) from audit_entries e join audit_people p on e.actor = 'person:' || p.id where result = 'denied' and p.person = 'telegram:{OrchestratorApp.StrangerId}'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("approve:4f9f7f54-0000-0000-0000-000000000000")]
    [InlineData("\u0000\u0001\uFFFF'; drop table gates; --")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Scenario_9_foreign_gate_id(string data)
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        var pressed = await app.Ada.PressTokenAsync(data);

        Assert.Equal(200, pressed.Status);
        Assert.Contains("I do not know this button", pressed.Body, StringComparison.Ordinal);
        Assert.Equal("PENDING", await app.ReadAsync<string>("select status from gates"));
    }

    [Fact]
    public async Task Scenario_10_deadline()
    {
        // Half a minute stands for days; the rule is the same.
        await using var app = await OrchestratorApp.StartAsync(("GATE_REMINDER_HOURS", "0.0005"), ("GATE_DEADLINE_HOURS", "0.0015"));
        var gate = await app.ToVisionGateAsync();
        await app.Ada.WaitForAsync("waits for a decision");
        await app.Ada.WaitForAsync("Say /continue and I ask again");
        Assert.Equal("PAUSED", await app.ReadAsync<string>("select status from projects"));
        Assert.Contains("Already expired", (await app.Ada.PressAsync(gate, "Approve")).Body, StringComparison.Ordinal);
        await app.Ada.SayAsync("/continue");
        await app.UntilAsync("select count(*) from gates", 2L);
    }

    [Fact]
    public async Task Scenario_12_no_bypass()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToPlanGateAsync();
        for (var i = 0; i < 5; i++)
        {
            await app.Ada.SayAsync("/continue");
        }

        await app.Ada.WaitForAsync(chat => chat.Messages.Count(message => message.Text.Contains("Plan, version 1 waits for a decision", StringComparison.Ordinal)) == 5, "five answers that name the gate");
        Assert.Equal("PENDING", await app.ReadAsync<string>("select status from gates where kind = 'PLAN'"));
        Assert.DoesNotContain(app.StandIns.Scar.Runs, run => run.Command == "execute-github");
    }

    [Fact]
    public async Task Scenario_13_plan_gate_shows_the_plan()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var gate = await app.ToPlanGateAsync();

        Assert.Equal(["prime", "plan-feature-github"], app.StandIns.Scar.Runs.Select(run => run.Command));
        var plan = await app.ReadAsync<string>("select markdown from documents where kind = 'PLAN'");
        var shown = app.Ada.Chat.Messages.Where(message => message.FromBot && message.Id < gate.Id).ToArray();
        Assert.Contains(shown, message => message.Text.Contains("Branch:", StringComparison.Ordinal));
        Assert.NotEmpty(plan);
        Assert.Equal(
            await app.ReadAsync<string>("select sha256 from documents where kind = 'PLAN'"), await app.ReadAsync<string>("select document_sha256 from gates where kind = 'PLAN'"));
        await app.Ada.PressAsync(gate, "Approve");
        await app.UntilAsync("select count(*) from scar_executions where command = 'EXECUTE'", 1L);
    }

    [Fact]
    public async Task A_rejected_plan_is_made_again_with_the_reason()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToPlanGateAsync();
        await ChangeAsync(app, "use fewer steps please");
        await app.WaitForGateAsync("Plan, version 2");
        Assert.Equal(2, app.StandIns.Scar.Runs.Count(run => run.Command == "plan-feature-github"));
        Assert.DoesNotContain(app.StandIns.Scar.Runs, run => run.Command == "execute-github");
    }

    [Fact]
    public async Task The_pending_list_shows_every_open_gate_with_its_buttons()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync("/pending");
        var again = await app.Ada.WaitForAsync("waits for a decision");
        await app.Ada.PressAsync(again, "Approve");
        await app.Ada.WaitForAsync(chat => chat.Messages.Count(message => message.Text.Contains("approved by Ada", StringComparison.Ordinal)) == 2, "both messages updated");
    }

    private static async Task ChangeAsync(OrchestratorApp app, string reason)
    {
        await app.Ada.PressAsync("Change");
        await app.UntilAsync("select count(*) from owed_reasons", 1L);
        await app.Ada.SayAsync(reason);
    }
}
