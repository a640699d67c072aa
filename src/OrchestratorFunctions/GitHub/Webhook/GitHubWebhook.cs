using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Network;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>
/// <c>POST /webhooks/github</c>. 202 is said only after the commit, also for a repeated delivery; 204 means that such events are not taken.
/// GitHub tries once and does not repeat by itself: what is answered 503 is found by the sweep of failed deliveries.
/// </summary>
internal sealed class GitHubWebhook(IOptions<GitHubOptions> options, EventReader reader, BodyReader bodies, DeliveryStore store, EventNudge nudge, HookAddresses addresses, ILogger<GitHubWebhook> logger)
{
    private const int LongestId = 100;

    public async Task<IResult> ReceiveAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var secrets = options.Value.Secrets;
        if (secrets.Count == 0)
        {
            return Problem(StatusCodes.Status503ServiceUnavailable, "GitHub is not configured: set GITHUB_WEBHOOK_SECRET.");
        }

        if (!addresses.Allows(request.HttpContext.Connection.RemoteIpAddress))
        {
            logger.LogDebug("GitHub webhook: {Address} is none of GitHub's addresses", request.HttpContext.Connection.RemoteIpAddress);
            return Problem(StatusCodes.Status403Forbidden, "This address is none of GitHub's.");
        }

        if (request.ContentLength > BodyReader.Largest)
        {
            return Refuse(request, StatusCodes.Status413PayloadTooLarge);
        }

        var signature = Header(request, WebhookSignature.Header);
        if (WebhookSignature.JudgeForm(signature) is { } malformed)
        {
            return Refuse(malformed);
        }

        using var read = await bodies.ReadAsync(request, cancellationToken);
        if (read.Refused is { } status)
        {
            return Refuse(request, status);
        }

        var body = read.Bytes;
        if (WebhookSignature.Judge(body.Span, signature, secrets) is var verdict and not SignatureVerdict.Valid)
        {
            return Refuse(verdict);
        }

        if (WebhookBody.Json(body, request.ContentType) is not { } json)
        {
            return Problem(StatusCodes.Status415UnsupportedMediaType, "The body must be application/json or application/x-www-form-urlencoded.");
        }

        if (Header(request, "X-GitHub-Event") is not { Length: > 0 and <= LongestId } name || Header(request, "X-GitHub-Delivery") is not { Length: > 0 and <= LongestId } id)
        {
            return Problem(StatusCodes.Status400BadRequest, "The headers X-GitHub-Event and X-GitHub-Delivery are needed.");
        }

        try
        {
            return await StoreAsync(name, id, body, Payload.Read(json.Span), cancellationToken);
        }
        catch (JsonException)
        {
            return Problem(StatusCodes.Status400BadRequest, "The body is not a JSON object of GitHub's form.");
        }
    }

    private async Task<IResult> StoreAsync(string name, string id, ReadOnlyMemory<byte> body, Payload payload, CancellationToken cancellationToken)
    {
        var meaning = reader.Read(name, payload);
        if (meaning is GitHubEvent.Unknown)
        {
            return Results.NoContent();
        }

        var ignored = meaning switch
        {
            GitHubEvent.Ignored(var reason) => reason,
            GitHubEvent.Ping => "a ping",
            _ => null,
        };
        try
        {
            var delivery = new NewDelivery(id, SHA256.HashData(body.Span), DeliverySubject.KeyOf(name, payload), name, payload.Action, DeliverySubject.QueueOf(payload), ignored is null ? payload.Write() : null, ignored);
            if (await store.AcceptAsync(delivery, cancellationToken) && ignored is null)
            {
                await nudge.ForAsync(delivery.Queue);
            }

            return Results.StatusCode(StatusCodes.Status202Accepted);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.LogError("GitHub delivery {DeliveryId} could not be stored: {Reason}", id, fault.Message);
            return Problem(StatusCodes.Status503ServiceUnavailable, "The delivery could not be stored. Deliver it again.");
        }
    }

    // The warning is written around us, once for each client beyond its limit: a flood of forgeries must not push everything else out of the log.
    private ProblemHttpResult Refuse(SignatureVerdict verdict)
    {
        logger.LogDebug("GitHub webhook: the signature is {Verdict}", verdict);
        return Problem(StatusCodes.Status401Unauthorized, verdict switch
        {
            SignatureVerdict.Missing => $"The header {WebhookSignature.Header} is missing.",
            SignatureVerdict.Malformed => $"The header {WebhookSignature.Header} is not sha256= and 64 hex digits.",
            _ => "The signature does not fit the body and our secret.",
        });
    }

    // A header that is given twice is none that we could trust.
    private static string? Header(HttpRequest request, string name) => request.Headers[name] is { Count: 1 } values ? values[0]?.Trim() : null;

    private static ProblemHttpResult Refuse(HttpRequest request, int status)
    {
        if (status != StatusCodes.Status503ServiceUnavailable)
        {
            return Problem(status, status == StatusCodes.Status413PayloadTooLarge ? "The body is larger than 25 MiB." : "The body did not come in time.");
        }

        request.HttpContext.Response.Headers.RetryAfter = "30";
        return Problem(status, "Too many large deliveries at once. Deliver it again.");
    }

    private static ProblemHttpResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
