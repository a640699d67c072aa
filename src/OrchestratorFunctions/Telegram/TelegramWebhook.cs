using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace OrchestratorFunctions.Telegram;

/// <summary><c>POST /webhooks/telegram</c>. 2xx is said only after the commit; what is not 2xx, Telegram sends again.</summary>
internal sealed class TelegramWebhook(IOptions<TelegramOptions> options, TelegramIntake intake, ILogger<TelegramWebhook> logger)
{
    private const int LargestBody = 1024 * 1024;
    private const string SecretHeader = "X-Telegram-Bot-Api-Secret-Token";

    public async Task<IResult> ReceiveAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!options.Value.IsConfigured || options.Value.WebhookSecret is not { } secret)
        {
            return Problem(StatusCodes.Status503ServiceUnavailable, "Telegram is not configured: set TELEGRAM_BOT_TOKEN and TELEGRAM_WEBHOOK_SECRET.");
        }

        if (request.ContentLength > LargestBody)
        {
            return TooLarge();
        }

        var given = request.Headers[SecretHeader].ToString();
        if (!IsOurs(given, secret) && (options.Value.PreviousWebhookSecret is not { } previous || !IsOurs(given, previous)))
        {
            return Problem(StatusCodes.Status401Unauthorized, "The secret token is missing or wrong.");
        }

        if (!request.HasJsonContentType())
        {
            return Problem(StatusCodes.Status415UnsupportedMediaType, "The body must be application/json.");
        }

        if (await ReadBodyAsync(request, cancellationToken) is not { } body)
        {
            return TooLarge();
        }

        return Parse(body, out var update) ?? await StoreAsync(update!, cancellationToken);
    }

    private async Task<IResult> StoreAsync(Update update, CancellationToken cancellationToken)
    {
        try
        {
            return await intake.ReceiveAsync(update, cancellationToken) is { } press
                ? Results.Json(new { method = "answerCallbackQuery", callback_query_id = press.CallbackId, text = press.Toast })
                : Results.Ok();
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.LogError("Update {UpdateId} could not be stored, Telegram sends it again: {Reason}", update.Id, fault.Message);
            return Problem(StatusCodes.Status503ServiceUnavailable, "The update could not be stored. Send it again.");
        }
    }

    // Well-formed JSON that is no update is the sender's fault (422); not even JSON is a broken request (400).
    private static ProblemHttpResult? Parse(byte[] body, out Update? update)
    {
        update = null;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("update_id", out var id) || id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out _))
            {
                return Problem(StatusCodes.Status422UnprocessableEntity, "The body is not a Telegram update: update_id is missing.");
            }
        }
        catch (JsonException)
        {
            return Problem(StatusCodes.Status400BadRequest, "The body is not JSON.");
        }

        try
        {
            update = JsonSerializer.Deserialize<Update>(body, JsonBotAPI.Options)!;
            return null;
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, "The body is not a Telegram update.");
        }
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (body.Length + read > LargestBody)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    // Hashes have one length, so comparing them tells neither the secret's length nor its beginning.
    private static bool IsOurs(string given, string secret) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static ProblemHttpResult TooLarge() => Problem(StatusCodes.Status413PayloadTooLarge, "The body is larger than 1 MiB.");

    private static ProblemHttpResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
