using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TestKit.Http;

namespace TestKit.Telegram;

/// <summary>How updates travel: the webhook's registration, or the queue that getUpdates reads.</summary>
internal sealed partial class Updates(Signal changes)
{
    private readonly Lock gate = new();
    private readonly List<JsonObject> queue = [];
    private string url = "";
    private JsonNode? allowed;

    public string WebhookUrl => url;

    public string? WebhookSecret { get; private set; }

    public string? LastError { get; set; }

    public void Enqueue(JsonObject update)
    {
        lock (gate)
        {
            queue.Add(update);
        }

        changes.Pulse();
    }

    public BotAnswer SetWebhook(BotParameters call)
    {
        var address = call.Text("url") ?? "";
        if (address.Length > 0 && (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || !(uri.Scheme == Uri.UriSchemeHttps || uri.IsLoopback)))
        {
            return BotAnswer.Bad("bad webhook: An HTTPS URL must be provided for webhook");
        }

        var secret = call.Text("secret_token");
        if (secret is not null && !Secret().IsMatch(secret))
        {
            return BotAnswer.Bad("secret token contains unallowed characters");
        }

        (url, WebhookSecret, allowed) = (address, secret, call.Node("allowed_updates")?.DeepClone());
        return Forget(call);
    }

    public BotAnswer DeleteWebhook(BotParameters call)
    {
        (url, WebhookSecret) = ("", null);
        return Forget(call);
    }

    public BotAnswer Info()
    {
        var info = new JsonObject { ["url"] = url, ["has_custom_certificate"] = false, ["pending_update_count"] = Pending(0).Count, ["max_connections"] = 40 };
        if (allowed is not null)
        {
            info["allowed_updates"] = allowed.DeepClone();
        }

        if (LastError is not null)
        {
            info["last_error_date"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            info["last_error_message"] = LastError;
        }

        return BotAnswer.Ok(info);
    }

    /// <summary>A long poll: answers at once when something is there, else waits up to "timeout" seconds. An offset confirms all before it.</summary>
    public async Task<BotAnswer> GetAsync(BotParameters call, CancellationToken cancellationToken)
    {
        if (url.Length > 0)
        {
            return new BotAnswer(409, null, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
        }

        var offset = call.Number("offset") ?? 0;
        lock (gate)
        {
            queue.RemoveAll(update => Number(update) < offset);
        }

        try
        {
            await changes.UntilAsync(() => cancellationToken.IsCancellationRequested || Pending(offset).Count > 0, "updates", TimeSpan.FromSeconds(Math.Min(call.Number("timeout") ?? 0, 50)));
        }
        catch (TimeoutException)
        {
            // An empty poll.
        }

        return BotAnswer.Ok(new JsonArray([.. Pending(offset).Take((int)Math.Clamp(call.Number("limit") ?? 100, 1, 100)).Select(update => update.DeepClone())]));
    }

    private BotAnswer Forget(BotParameters call)
    {
        if (call.Flag("drop_pending_updates"))
        {
            lock (gate)
            {
                queue.Clear();
            }
        }

        return BotAnswer.Yes;
    }

    private List<JsonObject> Pending(long offset)
    {
        lock (gate)
        {
            return [.. queue.Where(update => Number(update) >= offset)];
        }
    }

    // A test may write the number as int or as long.
    private static long Number(JsonObject update) => long.Parse(update["update_id"]!.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,256}\z")]
    private static partial Regex Secret();
}
