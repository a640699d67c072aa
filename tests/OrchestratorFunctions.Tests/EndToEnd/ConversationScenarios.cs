using Dapper;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The scenarios of talk.</summary>
public sealed class ConversationScenarios
{
    [Fact]
    public async Task Scenario_38_long_talk()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.Ada.SayAsync("I want a page where people order bread");
        await app.UntilAsync("select count(*) from messages", 2L);
        await using (var connection = await app.Database.DataSource.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                """
                insert into messages (address, project_id, topic_id, role, content, inbox_id, created_at)
                select m.address, m.project_id, m.topic_id, case when n % 2 = 0 then 'USER' else 'ASSISTANT' end, 'old message number ' || n, -n, now()
                from messages m, generate_series(1, 498) n where m.role = 'USER'
                """);
        }

        await app.Ada.SayAsync("this is the message number five hundred");
        await app.UntilAsync("select count(*) from inbox where status = 'DONE'", 2L);
        var asked = app.StandIns.OpenAi.Calls.Last(call => call.Body.Contains("five hundred", StringComparison.Ordinal));
        Assert.Contains("old message number 498", asked.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("old message number 100\"", asked.Body, StringComparison.Ordinal);

        await app.Ada.SayAsync("/reset");
        await app.Ada.WaitForAsync("A new topic");
        await app.Ada.SayAsync("something about a florist instead");
        await app.UntilAsync("select count(*) from inbox where status = 'DONE'", 4L);
        var after = app.StandIns.OpenAi.Calls.Last(call => call.Body.Contains("florist", StringComparison.Ordinal));
        Assert.DoesNotContain("old message number", after.Body, StringComparison.Ordinal);
        Assert.Equal(502L + 2, await app.ReadAsync<long>("select count(*) from messages"));
    }

    [Fact]
    public async Task Scenario_39_returning_user()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.Ada.SayAsync("/start");
        await app.Ada.WaitForAsync("What would you like to have?");
        await app.Ada.SayAsync("I want a page where people order bread");
        await app.UntilAsync("select count(*) from inbox where status = 'DONE'", 2L);
        await app.RestartAsync();
        await app.Ada.SayAsync("and they pay in the shop");
        await app.UntilAsync("select count(*) from inbox where status = 'DONE'", 3L);
        await app.Ada.SayAsync("/start");
        await app.Ada.WaitForAsync("The projects of this chat");

        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from projects"));
        Assert.Equal(2L, await app.ReadAsync<long>("select count(*) from messages where role = 'USER'"));
    }

    [Fact]
    public async Task Scenario_17_model_vendor_down()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.StandIns.OpenAi.StopAsync();
        await app.Ada.SayAsync("I want a page where people order bread");
        await app.Ada.WaitForAsync("my language model does not answer");
        await app.Ada.SayAsync("/status");
        await app.Ada.WaitForAsync("talking about the idea");
        await app.StandIns.OpenAi.StartAsync();
        await app.UntilAsync("select count(*) from messages", 2L, TimeSpan.FromSeconds(30));

        Assert.Equal(1, app.Ada.Chat.Messages.Count(message => message.Text.Contains("does not answer", StringComparison.Ordinal)));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from messages where role = 'USER'"));
    }
}
