using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The scenarios of what comes in from Telegram.</summary>
public sealed class IngestScenarios
{
    [Fact]
    public async Task Scenario_21_Telegram_redelivery()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var update = app.Ada.MessageUpdate(Written("I want a page where people order bread"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => app.Ada.PostAsync((JsonObject)update.DeepClone())));
        await app.UntilAsync("select count(*) from inbox where status = 'DONE'", 1L);
        await app.Ada.PostAsync(update);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from messages where role = 'USER'"));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from outbox where domain_key like 'inbox:%:reply'"));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from projects"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task Scenario_21_a_missing_or_wrong_secret_is_refused_and_nothing_is_stored(string secret)
    {
        await using var app = await OrchestratorApp.StartAsync();
        var update = app.Ada.MessageUpdate(Written("hello"));
        Assert.Equal(401, (await app.Ada.PostAsync(update, secret)).Status);
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from inbox"));
    }

    [Fact]
    public async Task Scenario_22_edited_message_sticker_channel_post_no_text_and_a_very_long_text()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var plain = app.Ada.MessageUpdate(Written("hello"));
        await PostAsync(app, plain, update => Move(update, "edited_message"));
        await PostAsync(app, plain, update => Move(update, "channel_post"));
        await PostAsync(app, plain, update => update["message"]!.AsObject().Remove("text"));
        await PostAsync(app, plain, update =>
        {
            update["message"]!.AsObject().Remove("text");
            update["message"]!["sticker"] = new JsonObject { ["file_id"] = "x", ["file_unique_id"] = "y", ["type"] = "regular", ["width"] = 1, ["height"] = 1, ["is_animated"] = false, ["is_video"] = false };
        });
        await PostAsync(app, plain, update => update["message"]!["text"] = new string('x', 100_000));
        await PostAsync(app, plain, update =>
        {
            update.Remove("message");
            update["some_new_update_type"] = new JsonObject { ["a"] = 1 };
        });

        await app.Ada.WaitForAsync("I do not see changes to old messages");
        await app.Ada.WaitForAsync("I can read text only");
        await app.Ada.WaitForAsync("That is too long for me");
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from inbox"));
    }

    [Theory]
    [InlineData("{", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("[]", "application/json", HttpStatusCode.UnprocessableEntity)]
    [InlineData("null", "application/json", HttpStatusCode.UnprocessableEntity)]
    [InlineData("{\"update_id\":\"x\"}", "application/json", HttpStatusCode.UnprocessableEntity)]
    [InlineData("{\"update_id\":1}", "application/json", HttpStatusCode.OK)]
    [InlineData("{\"update_id\":1}", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task Bad_bodies_are_named_and_never_a_fault_of_ours(string body, string type, HttpStatusCode expected)
    {
        await using var app = await OrchestratorApp.StartAsync();
        using var http = new HttpClient();
        foreach (var path in new[] { "/webhooks/telegram", "/webhooks/telegram/" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Address, path)) { Content = new StringContent(body, Encoding.UTF8, type) };
            request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", app.StandIns.Telegram.WebhookSecret);
            using var answer = await http.SendAsync(request);
            Assert.Equal(expected, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_stranger_hears_once_how_to_be_let_in_and_nothing_else_happens()
    {
        await using var app = await OrchestratorApp.StartAsync();
        using var stranger = new TelegramPerson(app.StandIns.Telegram, app.Address, OrchestratorApp.StrangerId, name: "Mallory");
        await stranger.SayAsync("hello");
        await stranger.SayAsync("/start");
        await stranger.WaitForAsync($"Your Telegram id is {OrchestratorApp.StrangerId}");
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from inbox"));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from outbox"));
        Assert.Empty(app.StandIns.OpenAi.Calls);
    }

    private static ShownMessage Written(string text) => new(77, FromBot: false, "Ada", text, []) { SentAt = DateTimeOffset.UnixEpoch.AddYears(55) };

    private static async Task PostAsync(OrchestratorApp app, JsonObject template, Action<JsonObject> change)
    {
        var update = (JsonObject)template.DeepClone();
        update["update_id"] = app.Ada.MessageUpdate(Written("x"))["update_id"]!.GetValue<int>();
        change(update);
        Assert.Equal(200, (await app.Ada.PostAsync(update)).Status);
    }

    private static void Move(JsonObject update, string to)
    {
        var message = update["message"]!;
        update.Remove("message");
        update[to] = message;
    }
}
