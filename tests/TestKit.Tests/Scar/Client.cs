using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using TestKit.Scar;

namespace TestKit.Tests.Scar;

/// <summary>Speaks to SCAR as a client must: send, then look.</summary>
internal sealed class Client(ScarStandIn scar) : IDisposable
{
    public HttpClient Http { get; } = new() { BaseAddress = new Uri(scar.Address) };

    public async Task PostAsync(string conversation, string message)
    {
        using var response = await Http.PostAsJsonAsync("/test/message", new { conversationId = conversation, message });
        Assert.Equal(200, (int)response.StatusCode);
    }

    public async Task<IReadOnlyList<string>> ListAsync(string conversation)
    {
        var answer = await Http.GetFromJsonAsync<JsonNode>($"/test/messages/{Uri.EscapeDataString(conversation)}");
        return [.. answer!["messages"]!.AsArray().Select(message => message!["message"]!.GetValue<string>())];
    }

    /// <summary>Sends, and returns all that came before the fence behind it.</summary>
    public async Task<IReadOnlyList<string>> AskAsync(string conversation, params string[] messages)
    {
        var before = scar.Sent(conversation).Count;
        foreach (var message in messages)
        {
            await PostAsync(conversation, message);
        }

        var fence = $"Unknown command: /x-{Guid.NewGuid():N}";
        await PostAsync(conversation, fence["Unknown command: ".Length..]);
        await scar.Changes.UntilAsync(() => scar.Sent(conversation).Any(text => text.StartsWith(fence, StringComparison.Ordinal)), "the fence");
        return [.. (await ListAsync(conversation)).Skip(before).SkipLast(1)];
    }

    public async Task<(int Status, string Type, string Body)> RawAsync(HttpMethod method, string path, string? body = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, type) };
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => Http.Dispose();
}
