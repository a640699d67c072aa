using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using DurableTask.Telemetry;
using DurableTask.Wire;

namespace DurableTask.AzureFunctions.Tests.Invocations;

/// <summary>What a real host sent (Samples), and what is no such thing.</summary>
public sealed class CapturedInvocationTests : IAsyncLifetime
{
    private readonly List<string> taken = [];
    private readonly HttpClient http = new();
    private HostedApp? app;

    public async Task InitializeAsync() => app = await HostedApp.StartAsync(
        new DurableTaskRegistry().AddOrchestrator<OrcClient>().AddActivity<ActClient>(),
        new FunctionTriggers()
            .AddTimer("tick", "*/59 * * * * *", (_, _) => Task.CompletedTask)
            .AddQueue("queued", "captured", "AzureWebJobsStorage", (_, text, _) =>
            {
                taken.Add(text);
                return text == "poison" ? throw new InvalidOperationException("no") : Task.CompletedTask;
            })
            .AddHttp(new HttpFunction("starter", "starter", ["POST"]), (_, request, _) => Task.FromResult(
                new WrappedAnswer(202, $"{request.Method} {request.Body} by {request.Headers["user-agent"]}", new Dictionary<string, string> { ["X-My"] = "1" }))));

    public async Task DisposeAsync()
    {
        await app!.DisposeAsync();
        http.Dispose();
    }

    [Fact]
    public async Task A_captured_episode_is_answered_in_base64()
    {
        var (status, answer) = await SendAsync("OrcClient", Sample("http-OrcClient.txt"));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("ActClient", Response(answer).Actions.Single().ScheduleTask.Name);
        Assert.Equal("oc1", Response(answer).InstanceId);
    }

    [Fact]
    public async Task A_captured_activity_answers_its_envelope_as_a_string()
    {
        var (_, answer) = await SendAsync("ActClient", Sample("http-ActClient.txt"));
        Assert.Equal("""{"ok":true,"result":"v of oc1"}""", answer.GetProperty("ReturnValue").GetString());
    }

    [Fact]
    public async Task An_activity_is_part_of_the_trace_in_which_the_host_calls_it()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        ConcurrentQueue<Activity> ended = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is DurableTaskTelemetry.ActivitySourceName or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        http.DefaultRequestHeaders.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        await SendAsync("ActClient", Sample("http-ActClient.txt"));
        Assert.Equal(Trace, Assert.Single(ended, one => one.OperationName == "activity:ActClient" && one.TraceId.ToHexString() == Trace).TraceId.ToHexString());
    }

    [Fact]
    public async Task A_captured_message_and_a_captured_tick_are_taken()
    {
        var (_, answer) = await SendAsync("queued", Sample("http-queued.txt"));
        Assert.Equal(JsonValueKind.Object, answer.GetProperty("Outputs").ValueKind);
        Assert.Equal("v", JsonDocument.Parse(taken.Single()).RootElement.GetProperty("k").GetString());
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("tick", Sample("http-tick.txt"))).Status);
    }

    [Fact]
    public async Task A_captured_request_is_unwrapped_and_its_answer_wrapped()
    {
        var (_, answer) = await SendAsync("starter", Sample("http-starter.txt"));
        var response = answer.GetProperty("Outputs").GetProperty("res");
        Assert.Equal(202, response.GetProperty("statusCode").GetInt32());
        Assert.Equal("""POST {"a":1} by curl/7.88.1""", response.GetProperty("body").GetString());
        Assert.Equal("1", response.GetProperty("headers").GetProperty("X-My").GetString());
    }

    [Fact]
    public async Task A_header_of_several_lines_is_heard_as_a_whole()
    {
        // Or what a proxy added behind the caller's own line would not be seen.
        var (_, answer) = await SendAsync("starter", """{"Data":{"req":{"Method":"POST","Headers":{"User-Agent":["one","two"]},"Params":{},"Body":"x"}},"Metadata":{}}""");
        Assert.Equal("POST x by one, two", answer.GetProperty("Outputs").GetProperty("res").GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_message_that_cannot_be_handled_is_given_back() =>
        Assert.Equal(HttpStatusCode.InternalServerError, (await SendAsync("queued", """{"Data":{"item":"\"poison\""},"Metadata":{}}""")).Status);

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"Data\":{}}")]
    [InlineData("{\"Data\":{\"context\":null}}")]
    [InlineData("{\"Data\":{\"context\":42}}")]
    [InlineData("{\"Data\":{\"context\":\"\\\"*** no base64 ***\\\"\"}}")]
    [InlineData("{\"Data\":{\"context\":\"\\\"/////w==\\\"\"}}")]
    [InlineData("{\"Data\":{\"context\":\"\\\"\\\"\"}}")]
    public async Task Trouble_with_an_episode_makes_the_host_send_it_again(string body)
    {
        var (status, answer) = await SendAsync("OrcClient", body);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(Response(answer).RequiresHistory);
    }

    [Fact]
    public async Task An_orchestrator_of_another_version_of_the_app_is_left_to_it() =>
        Assert.True(Response((await SendAsync("Unknown", """{"Data":{"context":"\"AAAA\""}}""")).Answer).RequiresHistory);

    [Theory]
    [InlineData("Unknown", "{\"Data\":{\"input\":\"1\"}}", 404)]
    [InlineData("ActClient", "not json", 400)]
    [InlineData("queued", "{\"Data\":{}}", 400)]
    [InlineData("starter", "{\"Data\":{\"req\":1}}", 400)]
    public async Task Trouble_elsewhere_fails_the_invocation_with_a_reason(string function, string body, int status)
    {
        var (answered, answer) = await SendAsync(function, body);
        Assert.Equal(status, (int)answered);
        Assert.NotEmpty(answer.GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task The_hosts_key_is_in_no_log()
    {
        await SendAsync("OrcClient", Sample("http-OrcClient.txt"));
        Assert.Contains(app!.Log.Written, line => line.Contains("127.0.0.1:38499", StringComparison.Ordinal));
        Assert.DoesNotContain(app.Log.Written, line => line.Contains("SYSTEM_KEY", StringComparison.Ordinal));
    }

    private static string Sample(string file)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Samples", file)).ReplaceLineEndings("\n");
        var body = text[(text.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        return body[..body.IndexOf("\n---- RESPONSE", StringComparison.Ordinal)];
    }

    private static OrchestratorResponse Response(JsonElement answer) => OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(answer.GetProperty("ReturnValue").GetString()!));

    private async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(string function, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri(app!.Handler, function), content);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    private sealed class OrcClient : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) => context.CallActivityAsync<string>(nameof(ActClient), input);
    }

    private sealed class ActClient : TaskActivity<string, string>
    {
        public override Task<string> RunAsync(TaskActivityContext context, string input) => Task.FromResult($"{input} of {context.InstanceId}");
    }
}
