using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TestKit.Models;

namespace TestKit.Tests.Models;

public sealed class ModelStandInTests : IAsyncLifetime
{
    private static readonly object Tool = new { type = "function", function = new { name = "offer_vision", description = "", parameters = new { type = "object", properties = new { } } } };
    private static readonly object Hello = new { role = "user", content = "hello" };
    private readonly OpenAiStandIn openAi = new();
    private readonly AnthropicStandIn anthropic = new();
    private readonly HttpClient http = new();

    public async Task InitializeAsync()
    {
        await openAi.StartAsync();
        await anthropic.StartAsync();
        http.DefaultRequestHeaders.Authorization = new("Bearer", openAi.Key);
        http.DefaultRequestHeaders.Add("x-api-key", anthropic.Key);
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await openAi.DisposeAsync();
        await anthropic.DisposeAsync();
    }

    [Fact]
    public async Task OpenAi_answers_with_words_or_with_a_tool_call()
    {
        var said = await ChatAsync(new { model = "m", messages = new[] { Hello } });
        Assert.Equal("stop", said["choices"]![0]!["finish_reason"]!.GetValue<string>());
        Assert.Contains("?", said["choices"]![0]!["message"]!["content"]!.GetValue<string>(), StringComparison.Ordinal);

        openAi.AnswerNext(ModelReply.Call("offer_vision"));
        var called = await ChatAsync(new { model = "m", messages = new[] { Hello }, tools = new[] { Tool } });
        Assert.Equal("tool_calls", called["choices"]![0]!["finish_reason"]!.GetValue<string>());
        Assert.Equal("{}", called["choices"]![0]!["message"]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>());
        Assert.Equal(2, openAi.Requests.Count);
    }

    [Fact]
    public async Task OpenAi_streams_in_pieces_that_end_with_DONE()
    {
        openAi.AnswerNext(ModelReply.Say("a long answer that comes in more than one piece"));
        using var response = await http.PostAsJsonAsync($"{openAi.Address}/v1/chat/completions", new { model = "m", stream = true, messages = new[] { Hello } });
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("data: [DONE]", events[^1]);
        Assert.Equal("a long answer that comes in more than one piece", string.Concat(events[..^1].Select(line => JsonNode.Parse(line[6..])!["choices"]![0]!["delta"]!["content"]?.GetValue<string>())));
    }

    [Fact]
    public async Task Anthropic_answers_with_blocks_and_reads_tool_results()
    {
        anthropic.AnswerNext(ModelReply.Call("offer_vision", text: "Let me offer it."));
        var tools = new[] { new { name = "offer_vision", input_schema = new { type = "object" } } };
        var called = await MessageAsync(new { model = "m", max_tokens = 10, messages = new[] { Hello }, tools });
        Assert.Equal("tool_use", called["stop_reason"]!.GetValue<string>());

        var result = new { type = "tool_result", tool_use_id = called["content"]![1]!["id"]!.GetValue<string>(), content = "offered" };
        var said = await MessageAsync(new { model = "m", max_tokens = 10, tools, messages = new object[] { Hello, new { role = "assistant", content = called["content"] }, new { role = "user", content = new[] { result } } } });

        Assert.Contains("Generate vision", said["content"]![0]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_401_and_limits_come_with_the_seconds_to_wait()
    {
        openAi.RefuseNext(1, 429, retryAfter: 2);
        using var busy = await http.PostAsJsonAsync($"{openAi.Address}/v1/chat/completions", new { model = "m", messages = new[] { Hello } });
        Assert.Equal((429, 2), ((int)busy.StatusCode, (int)busy.Headers.RetryAfter!.Delta!.Value.TotalSeconds));

        http.DefaultRequestHeaders.Authorization = new("Bearer", "wrong");
        using var stranger = await http.GetAsync($"{openAi.Address}/v1/models");
        Assert.Equal(401, (int)stranger.StatusCode);
    }

    [Fact]
    public async Task What_the_vendor_refuses_is_refused_and_noted()
    {
        object loose = new { type = "json_schema", json_schema = new { name = "x", strict = true, schema = new { type = "object", properties = new { a = new { type = "string" } } } } };
        Assert.Contains("additionalProperties", (await ChatAsync(new { model = "m", messages = new[] { Hello }, response_format = loose }))["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await ChatAsync(new { model = "m", messages = new[] { new { role = "tool", content = "x", tool_call_id = "1" } } });
        Assert.Equal(2, openAi.Unexpected.Count);
    }

    [Fact]
    public async Task Broken_answers_and_cut_connections_come_on_request()
    {
        openAi.AnswerNext(ModelReply.Body("{\"choices\":[]}"));
        Assert.Empty((await ChatAsync(new { model = "m", messages = new[] { Hello } }))["choices"]!.AsArray());
        openAi.Trouble.Cut();
        await Assert.ThrowsAsync<HttpRequestException>(() => ChatAsync(new { model = "m", messages = new[] { Hello } }));
    }

    [Fact]
    public async Task A_held_call_is_answered_after_the_release()
    {
        openAi.Trouble.Hold();
        var call = ChatAsync(new { model = "m", messages = new[] { Hello } });
        Assert.Empty(openAi.Requests);

        openAi.Trouble.Release();

        Assert.NotNull((await call)["choices"]);
    }

    private async Task<JsonNode> ChatAsync(object body) => await PostAsync($"{openAi.Address}/v1/chat/completions", body);

    private async Task<JsonNode> MessageAsync(object body) => await PostAsync($"{anthropic.Address}/v1/messages", body);

    private async Task<JsonNode> PostAsync(string address, object body)
    {
        using var response = await http.PostAsJsonAsync(address, body);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
