using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OrchestratorFunctions.Tests.EndToEnd;

namespace OrchestratorFunctions.Tests.Api;

/// <summary>The operator's verbs over HTTP: the same route, the same answers on both engines, for admins only.</summary>
public sealed class OperatorCallsTests
{
    private const string Admin = "admin-token-with-more-than-32-characters";
    private const string Viewer = "viewer-token-with-more-than-32-characters";
    private static readonly string Conversation = $"conversation:telegram:{OrchestratorApp.AdaId}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_operator_looks_at_instances_and_acts_on_them(bool underHost)
    {
        (string, string?)[] settings = [("AI_PROVIDER", "offline"), ("API_TOKENS", $"{Admin},viewer:{Viewer}"), ("DEFAULT_RATE_LIMIT", "1000/minute")];
        await using var app = underHost ? await OrchestratorApp.StartUnderHostAsync(settings) : await OrchestratorApp.StartAsync(settings);
        await app.Ada.SayAsync("A page where my customers order bread");
        await app.Ada.WaitForAsync(chat => chat.Messages.Any(message => message.FromBot), "a reply", TimeSpan.FromSeconds(30));

        // Closed: to nobody, to others than admins, to what is no verb or no call.
        Assert.Equal(401, (await CallAsync(app, null, "list", "{}")).Status);
        Assert.Equal(401, (await CallAsync(app, "orch_unknown", "terminate", $$"""{"id":"{{Conversation}}"}""")).Status);
        Assert.Equal(403, (await CallAsync(app, Viewer, "list", "{}")).Status);
        Assert.Equal(404, (await CallAsync(app, Admin, "start", "{}")).Status);
        Assert.Equal(400, (await CallAsync(app, Admin, "list", "not json")).Status);
        Assert.Equal(400, (await CallAsync(app, Admin, "purge", """{"older-than":"1d"}""")).Status);
        Assert.Equal(413, (await CallAsync(app, Admin, "list", new string(' ', 70_000))).Status);
        Assert.Equal(422, (await CallAsync(app, Admin, "show", "{}")).Status);
        Assert.Equal(422, (await CallAsync(app, Admin, "list", """{"size":0}""")).Status);
        Assert.Equal(422, (await CallAsync(app, Admin, "purge", "{}")).Status);
        Assert.Equal(422, (await CallAsync(app, Admin, "raise-event", $$"""{"id":"{{Conversation}}","name":"DurableTask.Wake"}""")).Status);
        Assert.Equal(422, (await CallAsync(app, Admin, "show", """{"id":"a\u0000"}""")).Status);
        Assert.Equal(422, (await CallAsync(app, Admin, "list", """{"prefix":"a\u0000"}""")).Status);
        foreach (var status in new[] { "\"completed,failed\"", "\"3\"", "3", "99", "null", "{}" })
        {
            Assert.Equal(422, (await CallAsync(app, Admin, "list", $$"""{"status":[{{status}}]}""")).Status);
            Assert.Equal(422, (await CallAsync(app, Admin, "purge", $$"""{"prefix":"x","status":["failed",{{status}}]}""")).Status);
        }

        Assert.Equal(422, (await CallAsync(app, Admin, "purge", """{"prefix":"","dry_run":true}""")).Status);
        Assert.Equal(422, (await CallAsync(app, Admin, "purge", $$"""{"id":"{{Conversation}}","status":["failed"],"dry_run":true}""")).Status);
        Assert.Equal(404, (await CallAsync(app, Admin, "purge", """{"id":"nobody","dry_run":true}""")).Status);
        Assert.Equal(404, (await CallAsync(app, Admin, "show", """{"id":"nobody"}""")).Status);
        Assert.Equal(404, (await CallAsync(app, Admin, "suspend", """{"id":"nobody"}""")).Status);

        var listed = (await CallAsync(app, Admin, "list", """{"prefix":"conversation:","status":["running"]}""")).Answer["instances"]!.AsArray();
        Assert.Equal(Conversation, (string)Assert.Single(listed)!["id"]!);
        Assert.Single((await CallAsync(app, Admin, "list", """{"prefix":"conversation:","since":"2026-01-01T00:00:00Z","until":"9999-01-01T00:00:00Z"}""")).Answer["instances"]!.AsArray());
        Assert.Empty((await CallAsync(app, Admin, "list", """{"prefix":"conversation:","since":"9999-01-01T00:00:00Z"}""")).Answer["instances"]!.AsArray());
        Assert.Empty((await CallAsync(app, Admin, "list", """{"prefix":"conversation:","until":"2026-01-01T00:00:00Z"}""")).Answer["instances"]!.AsArray());
        var shown = (await CallAsync(app, Admin, "show", $$"""{"id":"{{Conversation}}"}""")).Answer;
        Assert.Equal("ConversationOrchestrator", (string)shown["name"]!);
        Assert.NotEmpty(shown["history"]!.AsArray());

        Assert.Equal(409, (await CallAsync(app, Admin, "rewind", $$"""{"id":"{{Conversation}}"}""")).Status);
        await DoAsync(app, "suspend", """,  "reason":"a look" """, "Suspended");
        await DoAsync(app, "resume", "", "Running");
        await DoAsync(app, "raise-event", """, "name":"nudge", "payload":null""", "Running");
        Assert.Equal(409, (await CallAsync(app, Admin, "purge", $$"""{"id":"{{Conversation}}"}""")).Status);
        await DoAsync(app, "terminate", """, "reason":"enough" """, "Terminated");
        Assert.Equal(1, (int)(await CallAsync(app, Admin, "purge", """{"prefix":"conversation:","dry_run":true}""")).Answer["would_be_deleted"]!);
        Assert.Equal(1, (int)(await CallAsync(app, Admin, "purge", $$"""{"id":"{{Conversation}}"}""")).Answer["deleted"]!);
        Assert.Equal(404, (await CallAsync(app, Admin, "show", $$"""{"id":"{{Conversation}}"}""")).Status);

        // Every attempt to change something is in the trail, what only looks is not, and neither is a token.
        Assert.Equal(
            "purge, purge, purge, raise-event, raise-event, resume, rewind, suspend, suspend, terminate",
            await app.ReadAsync<string>("select string_agg(details ->> 'verb', ', ' order by details ->> 'verb') from audit_entries where action = 'instance_operated' and actor = 'token:environment'"));
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from audit_entries e where e::text like '%-token-with-%'"));
        // The person whose conversation it was may be forgotten, and the entries stay.
        Assert.Equal(0L, await app.ReadAsync<long>($"select count(*) from audit_entries e where e.action = 'instance_operated' and e.details::text like '%{OrchestratorApp.AdaId}%'"));
        if (underHost)
        {
            Assert.Contains("AdminInstances", app.Stage.Host.Invoked);
            Assert.DoesNotContain("-token-with-", app.Stage.Log, StringComparison.Ordinal);
        }
    }

    private static async Task DoAsync(OrchestratorApp app, string verb, string more, string becomes)
    {
        Assert.Equal(200, (await CallAsync(app, Admin, verb, $$"""{"id":"{{Conversation}}"{{more}}}""")).Status);
        var end = DateTime.UtcNow.AddSeconds(20);
        string status;
        while ((status = (string)(await CallAsync(app, Admin, "show", $$"""{"id":"{{Conversation}}"}""")).Answer["status"]!) != becomes)
        {
            Assert.True(DateTime.UtcNow < end, $"after {verb} it is {status}");
            await Task.Delay(25);
        }
    }

    private static async Task<(int Status, JsonObject Answer)> CallAsync(OrchestratorApp app, string? token, string verb, string body)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"/api/instances/{verb}", UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("json", answer.Content.Headers.ContentType?.MediaType ?? $"no content type: {text}", StringComparison.Ordinal);
        var read = JsonNode.Parse(text)!.AsObject();
        if (!answer.IsSuccessStatusCode)
        {
            // As every other route says what is wrong.
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            Assert.All(["title", "detail", "trace_id"], name => Assert.NotEmpty((string)read[name]!));
        }

        return ((int)answer.StatusCode, read);
    }
}
