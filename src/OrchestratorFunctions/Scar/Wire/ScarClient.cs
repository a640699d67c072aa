using System.Net.Http.Headers;
using System.Text.Json;
using DurableTask;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Scar.Wire;

/// <summary>One message that the coding agent wrote; the order of a list is the order of its array, since times can be equal.</summary>
internal sealed record ScarMessage(string Message, string Timestamp);

/// <summary>The conversations that the coding agent works on or has queued.</summary>
internal sealed record ScarLoad(IReadOnlySet<string> Busy)
{
    public bool Lists(string conversationId) => Busy.Contains(conversationId);
}

/// <summary>
/// The coding agent's HTTP interface. Each call has 30 s. What is not a plain answer becomes a <see cref="ScarException"/> (worth another
/// try), or a <see cref="PermanentFailureException"/> when the request itself is refused.
/// </summary>
internal sealed class ScarClient(HttpClient http)
{
    /// <summary>Deadline of one call.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Queues <paramref name="message"/>. Success says only that: queued, before any work.</summary>
    public Task SendAsync(string conversationId, string message, CancellationToken cancellationToken) =>
        CallAsync<Answer>(HttpMethod.Post, "test/message", new { conversationId, message }, cancellationToken);

    /// <summary>Everything that the agent wrote in a conversation; empty when it does not know the id.</summary>
    public async Task<IReadOnlyList<ScarMessage>> MessagesAsync(string conversationId, CancellationToken cancellationToken) =>
        (await CallAsync<Listing>(HttpMethod.Get, $"test/messages/{Uri.EscapeDataString(conversationId)}", body: null, cancellationToken)).Messages
        ?? throw Unreadable("its list of messages has no messages");

    /// <summary>Asks for a message per finished block. The setting is one for the whole agent and lost at its restart, so it is set before each command.</summary>
    public Task UseStreamAsync(CancellationToken cancellationToken) =>
        CallAsync<Answer>(HttpMethod.Put, "test/mode", new { mode = "stream" }, cancellationToken);

    /// <summary>What the agent has under way. An entry with nothing queued does not count.</summary>
    public async Task<ScarLoad> LoadAsync(CancellationToken cancellationToken)
    {
        var load = await CallAsync<Concurrency>(HttpMethod.Get, "health/concurrency", body: null, cancellationToken);
        var active = load.ActiveConversationIds ?? throw Unreadable("its concurrency report has no active conversations");
        return new ScarLoad(active.Concat((load.QueuedByConversation ?? []).Where(queue => queue.QueuedMessages > 0).Select(queue => queue.ConversationId)).ToHashSet());
    }

    private async Task<T> CallAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(Json.Write(body), new MediaTypeHeaderValue("application/json", "utf-8"));
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return (int)response.StatusCode switch
            {
                200 => Json.Read<T>(text),
                >= 500 or 408 or 429 => throw new ScarException(ScarFault.Broken, $"the coding agent answered {(int)response.StatusCode}"),
                // The body may be an HTML page with a stack trace: only the status is passed on.
                var status => throw new PermanentFailureException($"the coding agent refused {method} /{path.Split('/')[0]} with status {status}"),
            };
        }
        catch (JsonException fault)
        {
            throw Unreadable("its answer is not JSON", fault);
        }
        catch (HttpRequestException fault)
        {
            throw fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
                ? new ScarException(ScarFault.Refused, "the coding agent cannot be reached", fault)
                : new ScarException(ScarFault.NoAnswer, "the connection to the coding agent broke", fault);
        }
        catch (OperationCanceledException fault) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ScarException(ScarFault.NoAnswer, $"the coding agent did not answer within {Deadline.TotalSeconds:0} s", fault);
        }
    }

    private static ScarException Unreadable(string what, Exception? fault = null) => new(ScarFault.Unreadable, $"this does not look like the coding agent: {what}", fault);

    private sealed record Answer(bool Success);

    private sealed record Listing(IReadOnlyList<ScarMessage>? Messages);

    private sealed record Concurrency(IReadOnlyList<string>? ActiveConversationIds, IReadOnlyList<Queue>? QueuedByConversation);

    private sealed record Queue(string ConversationId, int QueuedMessages);
}
