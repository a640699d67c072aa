using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FunctionsHost.Front;

/// <summary>The storage account's queues, as far as the app and the host use them: creating one, and sending to it. Only queues that were created take messages.</summary>
public sealed class QueueStandIn
{
    private const string Account = "standin";
    private readonly ConcurrentDictionary<string, ConcurrentQueue<(string Text, int Dequeued)>> queues = new(StringComparer.Ordinal);

    /// <summary>What was set aside after its last failure.</summary>
    public ConcurrentQueue<string> Poison { get; } = new();

    /// <summary>How many messages were sent.</summary>
    public int Sent => sent;

    private int sent;

    /// <summary>The connection string of the account, at the address of whoever maps it.</summary>
    public static string ConnectionString(Uri address) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Convert.ToBase64String(Encoding.UTF8.GetBytes("a stand-in's key is no secret"))};QueueEndpoint={new Uri(address, Account)}";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut($"/{Account}/{{queue}}", (string queue) => Results.StatusCode(queues.TryAdd(queue, new()) ? StatusCodes.Status201Created : StatusCodes.Status204NoContent));
        routes.MapPost($"/{Account}/{{queue}}/messages", async (string queue, HttpRequest request) =>
        {
            var body = await XDocument.LoadAsync(request.Body, LoadOptions.None, request.HttpContext.RequestAborted);
            if (!queues.TryGetValue(queue, out var messages))
            {
                request.HttpContext.Response.Headers["x-ms-error-code"] = "QueueNotFound";
                return Results.Text("<?xml version=\"1.0\"?><Error><Code>QueueNotFound</Code><Message>The specified queue does not exist.</Message></Error>", "application/xml", statusCode: StatusCodes.Status404NotFound);
            }

            // The host reads messages as base64; anything else would be poison.
            messages.Enqueue((Encoding.UTF8.GetString(Convert.FromBase64String(body.Root!.Element("MessageText")!.Value)), 0));
            Interlocked.Increment(ref sent);
            var now = DateTime.UtcNow.ToString("R", CultureInfo.InvariantCulture);
            return Results.Text(
                $"<?xml version=\"1.0\"?><QueueMessagesList><QueueMessage><MessageId>{Guid.NewGuid()}</MessageId><InsertionTime>{now}</InsertionTime><ExpirationTime>{now}</ExpirationTime><PopReceipt>x</PopReceipt><TimeNextVisible>{now}</TimeNextVisible></QueueMessage></QueueMessagesList>",
                "application/xml", statusCode: StatusCodes.Status201Created);
        });
    }

    internal IEnumerable<(string Text, int Dequeued)> Take(string queue)
    {
        while (queues.GetOrAdd(queue, _ => new()).TryDequeue(out var message))
        {
            yield return (message.Text, message.Dequeued + 1);
        }
    }

    internal void GiveBack(string queue, string text, int dequeued)
    {
        if (dequeued >= 5)
        {
            Poison.Enqueue(text);
        }
        else
        {
            queues[queue].Enqueue((text, dequeued));
        }
    }
}
