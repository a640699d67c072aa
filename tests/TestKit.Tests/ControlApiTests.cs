using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TestKit.Tests;

/// <summary>What other processes can tell the stand-ins.</summary>
public sealed class ControlApiTests : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private StandIns standIns = null!;

    public async Task InitializeAsync() => standIns = await StandIns.StartAsync();

    public async Task DisposeAsync()
    {
        http.Dispose();
        await standIns.DisposeAsync();
    }

    [Fact]
    public async Task A_failure_is_ordered_happens_and_is_listed()
    {
        await PostAsync($"{standIns.Scar.Address}/control/fail", new { next = 1, status = 502, on = "/health", body = "bad gateway" });

        using var failed = await http.GetAsync($"{standIns.Scar.Address}/health");
        using var healed = await http.GetAsync($"{standIns.Scar.Address}/health");

        Assert.Equal((502, 200), ((int)failed.StatusCode, (int)healed.StatusCode));
        var calls = await http.GetFromJsonAsync<JsonArray>($"{standIns.Scar.Address}/control/calls");
        Assert.Equal([502, 200], calls!.Select(call => call!["status"]!.GetValue<int>()));
    }

    [Fact]
    public async Task The_agent_takes_its_script_over_HTTP_and_forgets_it_in_a_restart()
    {
        await PostAsync($"{standIns.Scar.Address}/control/script", new { command = "prime", say = new[] { "I know it now." }, fail = "NoCredit" });
        foreach (var message in new[] { "/repo demo-app", "/command-invoke prime" })
        {
            await PostAsync($"{standIns.Scar.Address}/test/message", new { conversationId = "c", message });
        }

        await standIns.Scar.Changes.UntilAsync(() => standIns.Scar.Sent("c").Count == 4, "the run's words");
        Assert.Equal("Credit balance is too low", standIns.Scar.Sent("c")[2]);
        await PostAsync($"{standIns.Scar.Address}/control/restart", new { });
        Assert.Empty(standIns.Scar.Sent("c"));
    }

    [Fact]
    public async Task A_person_can_be_played_from_outside()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.MapPost("/webhooks/telegram", () => Results.Ok());
        await app.StartAsync();

        await PostAsync($"{standIns.Telegram.Address}/control/say", new { app = app.Urls.Single(), user = 42, text = "hello" });

        var chat = await http.GetFromJsonAsync<JsonObject>($"{standIns.Telegram.Address}/control/chats/42");
        Assert.Equal("Ada: hello", chat!["history"]![0]!.GetValue<string>());
    }

    [Fact]
    public void The_settings_name_every_address()
    {
        Assert.Equal($"{standIns.OpenAi.Address}/v1", standIns.Environment["OPENAI_BASE_URL"]);
        Assert.Equal(standIns.Scar.Address, standIns.Environment["SCAR_BASE_URL"]);
        Assert.All(standIns.Environment, setting => Assert.NotEmpty(setting.Value));
    }

    private async Task PostAsync(string address, object body)
    {
        using var response = await http.PostAsJsonAsync(address, body);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }
}
