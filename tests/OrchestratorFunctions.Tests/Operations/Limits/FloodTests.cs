using System.Net;
using System.Text;
using OrchestratorFunctions.Tests.EndToEnd;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.Operations.Limits;

/// <summary>Too much, from strangers and from people.</summary>
public sealed class FloodTests
{
    [Fact]
    public async Task Forged_requests_beyond_the_limit_get_429_and_a_verified_one_from_the_same_address_still_gets_through()
    {
        await using var app = await OrchestratorApp.StartAsync(("DEFAULT_RATE_LIMIT", "5/minute"));
        using var http = new HttpClient();
        var answers = new List<HttpResponseMessage>();
        for (var number = 0; number < 8; number++)
        {
            answers.Add(await PostAsync(http, app, "wrong"));
        }

        Assert.Equal([401, 401, 401, 401, 401, 429, 429, 429], answers.Select(answer => (int)answer.StatusCode));
        Assert.InRange(int.Parse(answers[7].Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        await app.Ada.SayAsync("/help");
        await app.Ada.WaitForAsync("Tell me your idea");
        foreach (var path in new[] { "/health", "/health/ready" })
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(app.Address, path))).StatusCode);
        }

        // In the trail with a count, not with a row for each.
        await app.UntilAsync("select sum((details ->> 'count')::int) from audit_entries where action = 'rate_limited' and details ->> 'reason' = 'Rate limit exceeded' and result = 'failed' and ip_address = '127.0.0.1'", 3L);
        await app.UntilAsync("select sum((details ->> 'count')::int) from audit_entries where action = 'webhook_refused' and details ->> 'reason' like 'signature verification%'", 5L);
        answers.ForEach(answer => answer.Dispose());
    }

    [Fact]
    public async Task A_forged_header_makes_nobody_another_client_unless_the_proxy_is_trusted()
    {
        await using (var app = await OrchestratorApp.StartAsync(("DEFAULT_RATE_LIMIT", "1/minute")))
        {
            using var http = new HttpClient();
            Assert.Equal(new[] { 401, 429 }, new[] { await StatusAsync(http, app, "203.0.113.1"), await StatusAsync(http, app, "203.0.113.2") });
        }

        await using (var app = await OrchestratorApp.StartAsync(("DEFAULT_RATE_LIMIT", "1/minute"), ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")))
        {
            using var http = new HttpClient();
            // With a port as Azure writes it, through a second trusted proxy, and with what the client itself put in front.
            Assert.Equal(
                new[] { 401, 401, 429, 429 },
                new[] { await StatusAsync(http, app, "203.0.113.1:50123"), await StatusAsync(http, app, "203.0.113.2, 10.0.0.7"), await StatusAsync(http, app, "203.0.113.2"), await StatusAsync(http, app, "198.51.100.9, 203.0.113.2") });
        }
    }

    [Fact]
    public async Task A_blocked_address_gets_403_within_seconds_of_the_verb_and_probes_stay_answered()
    {
        await using var app = await OrchestratorApp.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        using var http = new HttpClient();
        Assert.Equal(401, await StatusAsync(http, app, "203.0.113.9"));
        await app.Get<OrchestratorFunctions.Operations.Live.LiveSettingStore>().SetAsync("BLOCKED_IPS", "203.0.113.0/24", "operator:test", default);
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (await StatusAsync(http, app, "203.0.113.9") != 403)
        {
            Assert.True(DateTime.UtcNow < end, "it was never blocked");
            await Task.Delay(50);
        }

        Assert.Equal(401, await StatusAsync(http, app, "198.51.100.1"));
        using var probe = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Address, "/health"));
        probe.Headers.Add("X-Forwarded-For", "203.0.113.9");
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(probe)).StatusCode);
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'setting_changed' and actor = 'operator:test' and details ->> 'value' = '203.0.113.0/24'"));
    }

    [Fact]
    public async Task A_person_who_writes_too_much_is_told_once_and_the_buttons_still_work()
    {
        await using var app = await OrchestratorApp.StartAsync(("PERSON_RATE_LIMIT", "2/minute"));
        foreach (var text in new[] { "/help", "/help", "/help", "/help" })
        {
            await app.Ada.SayAsync(text);
        }

        await app.Ada.WaitForAsync("too much at once");
        Assert.Equal(2L, await app.ReadAsync<long>("select count(*) from inbox"));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from outbox where domain_key like '%:limit'"));
        Assert.Equal(200, (await app.Ada.PressTokenAsync("unknown-button-token")).Status);
        Assert.Equal(3L, await app.ReadAsync<long>("select count(*) from inbox"));
    }

    [Fact]
    public async Task A_strangers_presses_are_limited_like_words_and_leave_no_more_rows()
    {
        await using var app = await OrchestratorApp.StartAsync(("PERSON_RATE_LIMIT", "2/minute"));
        using var stranger = new TelegramPerson(app.StandIns.Telegram, app.Address, OrchestratorApp.StrangerId);
        for (var number = 0; number < 5; number++)
        {
            Assert.Equal(200, (await stranger.PressTokenAsync("unknown-button-token")).Status);
        }

        Assert.Equal(2L, await app.ReadAsync<long>("select count(*) from inbox"));
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from outbox"));
    }

    [Fact]
    public async Task A_client_that_sends_its_body_drop_by_drop_is_cut_off_and_one_with_huge_headers_is_refused()
    {
        await using var app = await OrchestratorApp.StartAsync();
        using var slow = new System.Net.Sockets.TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, app.Address.Port);
        var head = $"POST /webhooks/telegram HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: {app.StandIns.Telegram.WebhookSecret}\r\nContent-Length: 1000\r\n\r\n{{";
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        var answer = await new StreamReader(slow.GetStream()).ReadToEndAsync(deadline.Token);
        Assert.True(answer.Length == 0 || answer.Contains(" 408 ", StringComparison.Ordinal), answer);

        using var http = new HttpClient();
        using var large = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Address, "/health"));
        large.Headers.Add("X-Large", new string('x', 20_000));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await http.SendAsync(large)).StatusCode);
    }

    private static async Task<int> StatusAsync(HttpClient http, OrchestratorApp app, string forwardedFor)
    {
        using var answer = await PostAsync(http, app, "wrong", forwardedFor);
        return (int)answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, OrchestratorApp app, string secret, string? forwardedFor = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Address, "/webhooks/telegram")) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", secret);
        if (forwardedFor is not null)
        {
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        }

        return await http.SendAsync(request);
    }
}
