using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using OrchestratorFunctions.Api;
using OrchestratorFunctions.Tests.EndToEnd;

namespace OrchestratorFunctions.Tests.Api;

/// <summary>The API over real HTTP: who may, and that a decision there is the decision of a button.</summary>
public sealed class ApiTests
{
    private const string Environment = "environment-token-with-more-than-32-characters";

    [Fact]
    public async Task An_approver_sees_the_gate_and_its_document_decides_it_once_and_the_workflow_goes_on()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        using var http = await HttpAsync(app, ApiRole.Approver, $"telegram:{OrchestratorApp.AdaId}");
        var gates = (await http.GetFromJsonAsync<JsonArray>("/api/gates"))!;
        var id = (string)gates.Single()!["id"]!;
        var gate = (await http.GetFromJsonAsync<JsonObject>($"/api/gates/{id}"))!;
        Assert.Equal(("VISION", "PENDING", 1), ((string)gate["kind"]!, (string)gate["status"]!, (int)gate["version"]!));
        Assert.StartsWith("# ", (string)gate["document"]!, StringComparison.Ordinal);
        Assert.Equal(id, (string)(await http.GetFromJsonAsync<JsonArray>("/api/projects"))!.Single()!["open_gate"]!);

        Assert.Equal(422, await DecideAsync(http, id, "maybe"));
        Assert.Equal(422, await DecideAsync(http, id, "change"));
        Assert.Equal(404, await DecideAsync(http, Guid.Empty.ToString(), "approve"));
        Assert.Equal([200, 409], (await Task.WhenAll(DecideAsync(http, id, "approve"), DecideAsync(http, id, "approve"))).Order());
        await app.Ada.WaitForAsync("Where shall I build it?");
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_granted' and details ->> 'via' = 'api'"));
    }

    [Fact]
    public async Task A_token_does_what_its_role_allows_until_it_expires_or_is_revoked()
    {
        await using var app = await OrchestratorApp.StartAsync(("API_TOKENS", $"{Environment},viewer:viewer-{Environment}"), ("DEFAULT_RATE_LIMIT", "1000/minute"));
        using var nobody = new HttpClient { BaseAddress = app.Address };
        Assert.Equal(401, await GetAsync(nobody, "/api/projects"));
        Assert.Equal(401, await GetAsync(With(app, "orch_unknown"), "/api/projects"));
        Assert.Equal(401, await GetAsync(With(app, new string('x', 5000)), "/api/projects"));

        using var viewer = With(app, $"viewer-{Environment}");
        Assert.Equal(200, await GetAsync(viewer, "/api/projects"));
        Assert.Equal(403, await GetAsync(viewer, "/api/audit"));
        Assert.Equal(403, await DecideAsync(viewer, Guid.Empty.ToString(), "approve"));
        using var admin = With(app, Environment);
        Assert.Equal(200, await GetAsync(admin, "/api/audit"));
        // Nobody decides without being a person.
        Assert.Equal(403, await DecideAsync(admin, Guid.Empty.ToString(), "approve"));

        var store = app.Get<ApiTokenStore>();
        var token = ApiAccess.NewToken();
        var id = await store.AddAsync("short", ApiAccess.Hash(token), ApiRole.Viewer, null, TimeSpan.FromDays(1), "operator:test", default);
        using var made = With(app, token);
        Assert.Equal(200, await GetAsync(made, "/api/projects"));
        Assert.True(await store.RevokeAsync(id, "operator:test", default));
        Assert.False(await store.RevokeAsync(id, "operator:test", default));
        Assert.Equal(401, await GetAsync(made, "/api/projects"));

        var old = ApiAccess.NewToken();
        await store.AddAsync("old", ApiAccess.Hash(old), ApiRole.Viewer, null, TimeSpan.FromMilliseconds(1), "operator:test", default);
        using var expired = With(app, old);
        Assert.Equal(401, await GetAsync(expired, "/api/projects"));
        Assert.Equal(0L, await app.ReadAsync<long>($"select count(*) from api_tokens t where t::text like '%{token}%'"));
        Assert.Equal(3L, await app.ReadAsync<long>("select count(*) from audit_entries where action in ('token_created', 'token_revoked') and actor = 'operator:test'"));
    }

    [Fact]
    public async Task Somebody_whom_the_operator_lets_in_no_more_decides_by_token_no_more()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        await app.RestartAsync(("TELEGRAM_ALLOWED_USERS", $"{OrchestratorApp.AdaId + 1}"));
        using var http = await HttpAsync(app, ApiRole.Approver, $"telegram:{OrchestratorApp.AdaId}");
        var id = await app.ReadAsync<Guid>("select id from gates");
        Assert.Equal(409, await DecideAsync(http, id.ToString(), "approve"));
        Assert.Equal("PENDING", await app.ReadAsync<string>("select status from gates"));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_denied' and details ->> 'via' = 'api'"));
    }

    [Fact]
    public async Task What_is_wrong_with_a_request_is_the_callers_fault_and_only_a_missing_right_counts_against_the_limit()
    {
        await using var app = await OrchestratorApp.StartAsync(("API_TOKENS", $"{Environment},approver:approver-{Environment}:telegram:{OrchestratorApp.AdaId},viewer:viewer-{Environment}"), ("DEFAULT_RATE_LIMIT", "2/minute"));
        using var admin = With(app, Environment);
        Assert.Equal(200, await GetAsync(admin, "/api/audit?person=a%00b"));
        Assert.Equal(400, await GetAsync(admin, "/api/audit?project=none"));
        using var approver = With(app, $"approver-{Environment}");
        var gate = $"/api/gates/{Guid.Empty}";
        foreach (var (body, type, status) in new[]
        {
            ("{\"decision\":\"approve\"}", "application/json; charset=utf-7", 404), ("{\"decision\":\"approve\"}", "application/json; charset=none", 404), ("{\"decision\":\"approve\"}", "text/plain", 400),
            ("{\"decision\":\"change\",\"reason\":\"\\ud800\"}", "application/json", 400), ("{\"decision\":\"change\",\"reason\":\"\\u0000\"}", "application/json", 422), ("null", "application/json", 400), ("[]", "application/json", 400),
            (new string('[', 100_000), "application/json", 400),
        })
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            using var answer = await approver.PostAsync(new Uri($"{gate}/decision", UriKind.Relative), content);
            Assert.Equal((body, status), (body, (int)answer.StatusCode));
        }

        using var viewer = With(app, $"viewer-{Environment}");
        Assert.Equal(new[] { 403, 403, 429 }, new[] { await GetAsync(viewer, "/api/audit"), await GetAsync(viewer, "/api/audit"), await GetAsync(viewer, "/api/audit") });
        Assert.Equal(200, await GetAsync(viewer, "/api/projects"));
    }

    [Theory]
    [InlineData("short", "less than 32")]
    [InlineData("king:0123456789012345678901234567890123", "role of viewer")]
    [InlineData("1:0123456789012345678901234567890123", "role of viewer")]
    [InlineData("approver:0123456789012345678901234567890123", "decides for a person")]
    public void A_faulty_token_is_named_by_its_place(string tokens, string fault)
    {
        var found = Assert.Single(new ApiOptions { Tokens = tokens }.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(new object())));
        Assert.Contains("API_TOKENS, entry 1", found.ErrorMessage!, StringComparison.Ordinal);
        Assert.Contains(fault, found.ErrorMessage!, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789", found.ErrorMessage!, StringComparison.Ordinal);
    }

    private static async Task<HttpClient> HttpAsync(OrchestratorApp app, ApiRole role, string person)
    {
        var token = ApiAccess.NewToken();
        await app.Get<ApiTokenStore>().AddAsync("test", ApiAccess.Hash(token), role, person, TimeSpan.FromDays(1), "operator:test", default);
        return With(app, token);
    }

    private static HttpClient With(OrchestratorApp app, string token) => new() { BaseAddress = app.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private static async Task<int> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        return (int)answer.StatusCode;
    }

    private static async Task<int> DecideAsync(HttpClient http, string gate, string decision)
    {
        using var body = new StringContent($$"""{"decision":"{{decision}}"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"/api/gates/{gate}/decision", UriKind.Relative), body);
        return (int)answer.StatusCode;
    }
}
